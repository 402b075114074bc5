import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ModelInfo, Started } from '../../src/lib/protocol';
import { Session } from '../../src/lib/session.svelte';
import { FakeWorker } from './worker';

const model = { name: 'M' } as ModelInfo;
const started = { type: 'started' } as Started;

beforeEach(() => void vi.stubGlobal('location', new URL('https://example.test/')));
afterEach(() => void vi.unstubAllGlobals());

/** A session, and the workers that it has started so far. */
function begin(): { session: Session; workers: FakeWorker[] } {
  const workers: FakeWorker[] = [];
  const session = new Session({
    createWorker() {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
    base: 'https://example.test/',
    started: () => Promise.resolve(),
    persona() {},
  });
  void session.start();
  return { session, workers };
}

test('where a worker dies before the program is up, the next program takes its place', async () => {
  const { session, workers } = begin();
  workers[0]?.tell({ type: 'crashed', message: 'A worker could not be started.', alone: true });
  expect(workers[1]?.last('boot').workers).toBe(1);
  workers[1]?.tell(started);
  await vi.waitFor(() => expect(session.phase).toBe('loading'));
  expect(session.notices).toEqual(['A worker could not be started. The page goes on with one, more slowly.']);
  workers[1]?.tell({ type: 'opened', id: workers[1].last('load').id, model });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));
});

test('a damaged model is loaded anew by another worker, and why is told while it loads', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  void session.load();
  workers[0]?.tell({ type: 'opened', id: workers[0].last('load').id, model });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));

  workers[0]?.tell({ type: 'damaged', message: 'It was damaged.' });
  expect(workers[0]?.terminated).toBe(true);
  workers[1]?.tell(started);
  await vi.waitFor(() => expect(session.phase).toBe('loading'));
  expect(session.notices).toEqual(['It was damaged.']);
  workers[1]?.tell({ type: 'opened', id: workers[1].last('load').id, model });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));
  expect(session.notices).toEqual(['It was damaged.']);
});
