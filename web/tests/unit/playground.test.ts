import { beforeEach, expect, test, vi } from 'vitest';
import { Playground } from '../../src/lib/playground.svelte';
import { persona } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

let worker: FakeWorker;
let playground: Playground;

const replaceState = vi.fn();

beforeEach(() => {
  Object.assign(globalThis, { location: new URL('http://x.test/?workers=1#p=x'), history: { replaceState } });
  replaceState.mockClear();
  worker = new FakeWorker();
  playground = new Playground(() => worker, 'http://x.test/');
  playground.session.client = clientOf(worker);
  playground.session.phase = 'ready';
  playground.session.family = 'chatml';
});

test.each([
  ['', 'Long'],
  ['Something else', 'Something else'],
])(
  'a message that is refused comes back to be mended: beside "%s", there is "%s"',
  async (meanwhile, then) => {
    playground.draft = 'Long';
    const done = playground.send();
    expect(playground.draft).toBe('');
    playground.draft = meanwhile;
    worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' });
    await done;
    expect(playground.draft).toBe(then);
  },
);

test('a link leaves the address once it has been taken up, and stays there when it can’t be', async () => {
  const broken = playground.open({ link: '#p=x' });
  worker.tell({ type: 'failed', id: worker.last('persona').id, message: 'The link is damaged.' });
  await broken;
  expect(replaceState).not.toHaveBeenCalled();

  playground.gallery.personas = [persona];
  const opened = playground.open({ link: '#p=x' });
  worker.tell({ type: 'persona', id: worker.last('persona').id, persona });
  await opened;
  expect(replaceState).toHaveBeenCalledWith(null, '', '/?workers=1');
});

test('while the engine is at something long, a persona that is opened waits, and this is told at once', async () => {
  playground.session.task = 'Calibrating';
  const opened = playground.open({ text: '{}' });
  expect(playground.news).toBe('The persona opens when the engine is free.');
  worker.tell({ type: 'failed', id: worker.last('persona').id, message: 'It is no persona.' });
  await opened;
  expect([playground.news, playground.problem]).toEqual(['', 'It is no persona.']);
});

test.each([
  ['', 'wrong.gguf is no model: it is empty.'],
  ['PK and so on', 'wrong.gguf is no model: a GGUF file begins with “GGUF”.'],
])('a file of "%s" costs nobody the model that runs', async (content, words) => {
  await playground.take([new File([content], 'wrong.gguf')]);
  expect(playground.problem).toBe(words);
  expect(playground.session.phase).toBe('ready');
  expect(worker.asked).toEqual([]);

  void playground.take([new File(['GGUF and so on'], 'right.gguf')]);
  await vi.waitFor(() => expect(worker.last('load').source.kind).toBe('file'));
});
