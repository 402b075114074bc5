import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ModelInfo, Started } from '../../src/lib/protocol';
import { Session } from '../../src/lib/session.svelte';
import { FakeWorker } from './worker';

const model = { name: 'M' } as ModelInfo;
const started = { type: 'started' } as Started;

beforeEach(() => void vi.stubGlobal('location', new URL('https://example.test/')));
afterEach(() => void vi.unstubAllGlobals());

test('a damaged model is loaded anew by another worker, and why is told while it loads', async () => {
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
