import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Manifest, ModelInfo, Started } from '../../src/lib/protocol';
import { Session } from '../../src/lib/session.svelte';
import { FakeWorker } from './worker';

const model = { name: 'M' } as ModelInfo;
const started = { type: 'started' } as Started;

beforeEach(() => {
  vi.stubGlobal('location', new URL('https://example.test/'));
  vi.stubGlobal('navigator', {}); // which Node.js has from version 21 on
});
afterEach(() => void vi.unstubAllGlobals());

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

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
    fits() {},
  });
  void session.start();
  return { session, workers };
}

/** The worker says how much of a model of nine bytes is stored, once it is asked. */
async function survey(worker: FakeWorker | undefined, stored: number): Promise<void> {
  const id = await vi.waitFor(() => worker?.last('survey').id ?? 0);
  worker?.tell({ type: 'surveyed', id, manifest: { size: 9 } as Manifest, stored, keeps: false });
}

const alone = { type: 'crashed', message: 'A worker could not be started.', alone: true } as const;
const goesOn = 'A worker could not be started. The page goes on with one, more slowly.';

test('where a worker dies before the program is up, the next program takes its place', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(alone);
  expect(workers[1]?.last('boot').workers).toBe(1);
  workers[1]?.tell(started);
  await survey(workers[1], 9);
  await vi.waitFor(() => expect(session.phase).toBe('loading'));
  expect(session.notices).toEqual([goesOn]);
  workers[1]?.tell({ type: 'opened', id: workers[1].last('load').id, model, personas: [] });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));
});

test('a model that nobody has asked for is not downloaded by the program that takes the place of another', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(alone);
  workers[1]?.tell(started);
  await survey(workers[1], 5);
  await vi.waitFor(() => expect(session.survey?.stored).toBe(5));
  await settled();
  expect([session.phase, session.notices, session.problem]).toEqual(['asleep', [goesOn], '']);
  expect(workers[1]?.asked.filter(({ type }) => type === 'load')).toEqual([]);
});

test.each([
  ['cancelled', 'cancelled'],
  ['impossible', 'failed'],
] as const)('nor is one whose load was %s', async (_what, type) => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  void session.load();
  session.cancel();
  const { id } = workers[0]?.last('load') ?? { id: 0 };
  workers[0]?.tell(type === 'failed' ? { type, id, message: 'No.' } : { type, id });
  await vi.waitFor(() => expect(session.phase).toBe('asleep'));
  workers[0]?.tell({ type: 'crashed', message: 'The engine broke off.', alone: false });
  void session.restart();
  workers[1]?.tell(started);
  await survey(workers[1], 0);
  await vi.waitFor(() => expect(session.survey?.stored).toBe(0));
  await settled();
  expect(session.phase).toBe('asleep');
});

test('a model that was being loaded when a worker died is loaded by the next program', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  void session.load(new File(['GGUF'], 'mine.gguf'));
  workers[0]?.tell(alone);
  workers[1]?.tell(started);
  await vi.waitFor(() => expect(workers[1]?.last('load').source.kind).toBe('file'));
  expect([session.phase, session.notices]).toEqual(['loading', [goesOn]]);
});

test('a file that is opened after a crash is loaded by a new program', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  workers[0]?.tell({ type: 'crashed', message: 'The engine broke off.', alone: false });
  expect(session.phase).toBe('crashed');
  const loaded = session.load(new File(['GGUF'], 'mine.gguf'));
  workers[1]?.tell(started);
  await vi.waitFor(() => expect(workers[1]?.last('load').source.kind).toBe('file'));
  workers[1]?.tell({ type: 'opened', id: workers[1].last('load').id, model, personas: [] });
  await loaded;
  expect([session.phase, session.file?.name, session.problem]).toEqual(['ready', 'mine.gguf', '']);
});

test('after a crash a file waits for a program that can be started', async () => {
  const { session, workers } = begin();
  workers[0]?.tell({ type: 'crashed', message: 'The engine broke off.', alone: false });
  const loaded = session.load(new File(['GGUF'], 'mine.gguf'));
  workers[1]?.tell({ type: 'crashed', message: 'Again.', alone: false });
  await loaded;
  expect([session.phase, session.problem]).toEqual(['crashed', 'Again.']);
  void session.restart();
  workers[2]?.tell(started);
  await vi.waitFor(() => expect(workers[2]?.last('load').source.kind).toBe('file'));
});

test('a damaged model is loaded anew by another worker, and why is told while it loads', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  void session.load();
  workers[0]?.tell({ type: 'opened', id: workers[0].last('load').id, model, personas: [] });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));

  workers[0]?.tell({ type: 'damaged', message: 'It was damaged.' });
  expect(workers[0]?.terminated).toBe(true);
  workers[1]?.tell(started);
  await vi.waitFor(() => expect(session.phase).toBe('loading'));
  expect(session.notices).toEqual(['It was damaged.']);
  workers[1]?.tell({ type: 'opened', id: workers[1].last('load').id, model, personas: [] });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));
  expect(session.notices).toEqual(['It was damaged.']);
});

test('what a load is at changes from storage to download to arranging, and never back', async () => {
  const { session, workers } = begin();
  const [worker] = workers;
  worker?.tell(started);
  void session.load();
  const id = worker?.last('load').id ?? 0;
  const told: string[] = [];
  const hear = (event: Parameters<FakeWorker['tell']>[0]): void => {
    worker?.tell(event);
    told.push(`${session.progress.from} ${session.progress.done}`);
  };
  const total = 9;
  hear({ type: 'fetch', id, done: 3, total, from: 'storage' });
  hear({ type: 'fetch', id, done: 5, total, from: 'network' });
  hear({ type: 'loading', id, done: 2, total });
  hear({ type: 'fetch', id, done: 5, total, from: 'storage' }); // the next part: nothing of it is stored
  hear({ type: 'fetch', id, done: 9, total, from: 'network' });
  hear({ type: 'loading', id, done: 4, total });
  hear({ type: 'loading', id, done: 7, total });
  expect(told).toEqual([
    'storage 3',
    'network 5',
    'network 5',
    'network 5',
    'network 9',
    'engine 4',
    'engine 7',
  ]);
});

test('a download of which nothing is stored is one from its beginning', () => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  void session.load();
  workers[0]?.tell({
    type: 'fetch',
    id: workers[0].last('load').id,
    done: 0,
    total: 9,
    from: 'storage',
  });
  expect(session.progress.from).toBe('network');
});

test('the default model can be loaded in the place of a file', async () => {
  const { session, workers } = begin();
  workers[0]?.tell(started);
  const file = new File(['GGUF'], 'mine.gguf');
  void session.load(file);
  workers[0]?.tell({ type: 'opened', id: workers[0].last('load').id, model, personas: [] });
  await vi.waitFor(() => expect(session.phase).toBe('ready'));
  expect(session.file?.name).toBe('mine.gguf');
  void session.load();
  expect(workers[0]?.last('load').source.kind).toBe('manifest');
  expect(session.file).toBeNull();
});
