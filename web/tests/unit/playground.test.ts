import { beforeEach, expect, test } from 'vitest';
import { Playground } from '../../src/lib/playground.svelte';
import { clientOf, FakeWorker } from './worker';

let worker: FakeWorker;
let playground: Playground;

beforeEach(() => {
  Object.assign(globalThis, { location: new URL('http://x.test/') });
  worker = new FakeWorker();
  playground = new Playground(() => worker, 'http://x.test/');
  playground.session.client = clientOf(worker);
  playground.session.phase = 'ready';
  playground.session.family = 'chatml';
});

test.each([
  ['', 'Long'],
  ['Something else', 'Something else'],
])('a message that is refused comes back to be mended: beside "%s", there is "%s"', async (meanwhile, then) => {
  playground.draft = 'Long';
  const done = playground.send();
  expect(playground.draft).toBe('');
  playground.draft = meanwhile;
  worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' });
  await done;
  expect(playground.draft).toBe(then);
});
