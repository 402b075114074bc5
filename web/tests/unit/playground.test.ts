import { beforeEach, describe, expect, test, vi } from 'vitest';
import { choiceOf } from '../../src/lib/gallery.svelte';
import { Playground } from '../../src/lib/playground.svelte';
import type { ModelInfo, PersonaInfo } from '../../src/lib/protocol';
import { persona } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

const curiosity: PersonaInfo = { ...persona, key: 'c'.repeat(64), mask: 'c'.repeat(64), name: 'Curiosity' };

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

describe('a link that is damaged', () => {
  const words =
    'persona: not a persona file: the link is damaged, probably cut short: illegal base64 data at input byte 2';
  const told = 'The link in the address is damaged, probably cut short: ask for it again.';

  beforeEach(async () => {
    const broken = playground.open({ link: '#p=x' });
    worker.tell({ type: 'failed', id: worker.last('persona').id, message: words });
    await broken;
  });

  test('is told in words for people, and dismissed for good', () => {
    expect(playground.problem).toBe(told);
    playground.dismiss();
    expect(playground.problem).toBe('');
    expect(replaceState).toHaveBeenCalledWith(null, '', '/?workers=1');
  });

  test('is not told of any more when the address is another', () => {
    playground.moved();
    expect(playground.problem).toBe('');
    playground.problem = 'Something else.';
    playground.moved();
    expect(playground.problem).toBe('Something else.');
  });
});

describe('a model that a persona does not fit', () => {
  const misfit = 'Extraversion was made for another model (M).';
  const worn = (): (string | null)[] => [
    playground.choices.A.persona,
    playground.choices.B.persona,
    playground.problem,
  ];

  /** A model is opened, for which one of the personas is or is not. */
  const open = async (fits: boolean): Promise<void> => {
    const loaded = playground.session.load();
    const personas = [
      { key: persona.key, fits, misfit: fits ? '' : misfit },
      { key: curiosity.key, fits: true, misfit: '' },
    ];
    worker.tell({ type: 'opened', id: worker.last('load').id, model: {} as ModelInfo, personas });
    await loaded;
  };

  beforeEach(async () => {
    Object.assign(globalThis, { location: new URL('http://x.test/') });
    playground = new Playground(() => worker, 'http://x.test/');
    void playground.start();
    worker.tell({
      type: 'started',
      version: '',
      variant: 'relaxed',
      library: [persona, curiosity],
      files: [],
    });
    await vi.waitFor(() => expect(playground.session.phase).toBe('asleep'));
    await open(false);
  });

  test('takes its masks off, and says why; they are back with their own model', async () => {
    expect(worn()).toEqual([null, null, misfit]);
    await open(true);
    expect(worn()).toEqual([persona.key, persona.key, '']);
    expect([playground.choices.A.pole, playground.choices.B.pole]).toEqual(['plus', 'minus']);
  });

  test('leaves what is chosen meanwhile, in its pane', async () => {
    playground.chosen.A = choiceOf(curiosity, 'minus');
    playground.problem = 'Something else.';
    await open(true);
    expect(worn()).toEqual([curiosity.key, persona.key, 'Something else.']);
  });

  test.each([
    ['a file of one leaves the panes as they are', { text: '{}' }, curiosity.key],
    ['with the link that the page was opened with, it waits for its own model', { link: '#p=x' }, null],
  ])('%s', async (_name, from, then) => {
    playground.wear(curiosity);
    const opening = playground.open(from, 'link' in from);
    worker.tell({
      type: 'persona',
      id: worker.last('persona').id,
      persona: { ...persona, fits: false, misfit },
    });
    await opening;
    expect(worn()).toEqual([then, then, misfit]);
  });
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

describe('a file that can’t be read', () => {
  /** As a browser gives a folder that is dropped, or a file that is gone. */
  const unreadable = (name: string): File => {
    const file = new File(['GGUF'], name);
    const gone = (): Promise<string> => Promise.reject(new DOMException('gone', 'NotFoundError'));
    return Object.assign(file, { text: gone, slice: () => Object.assign(new Blob(), { text: gone }) });
  };

  test.each(['folder', 'model.gguf'])('is told: %s', async (name) => {
    await playground.take([unreadable(name)]);
    expect(playground.problem).toMatch(new RegExp(`^${name} can't be read: `));
    expect(worker.asked).toEqual([]);
  });

  test('keeps no other from being taken, and is told beside what is wrong with those', async () => {
    playground.gallery.personas = [persona];
    const files = [
      unreadable('folder'),
      new File(['{}'], 'a.persona.json'),
      new File(['?'], 'b.persona.json'),
    ];
    const taken = playground.take(files);
    await vi.waitFor(() => worker.last('persona'));
    worker.tell({ type: 'persona', id: worker.last('persona').id, persona });
    await vi.waitFor(() => expect(worker.last('persona')).toMatchObject({ text: '?' }));
    worker.tell({ type: 'failed', id: worker.last('persona').id, message: 'It is no persona.' });
    await taken;
    expect(playground.problem).toMatch(/^folder can't be read: .*\. It is no persona\.$/);
  });
});

describe('a scene from a link', () => {
  const link = `#scene=1&message=Hi&seed=9&a=minus+0.3+${'c'.repeat(12)}+${'c'.repeat(12)}+Curiosity&b=none`;

  beforeEach(async () => {
    playground.gallery.personas = [curiosity, persona];
    playground.wear(persona);
    playground.draft = 'Half a thought';
    playground.conversation.restore([]);
    await playground.open({ link });
  });

  test('sets panes, sampling and message, and leaves the address', () => {
    expect(playground.chosen).toEqual({
      A: { persona: curiosity.key, pole: 'minus', strength: 0.3 },
      B: choiceOf(undefined, 'plus'),
    });
    expect([playground.settings.seed, playground.draft, playground.problem]).toEqual([9, 'Hi', '']);
    expect(playground.scene?.words).toMatch(
      /^The link has set a scene: introverted at 30 % in A, no mask in B\./,
    );
    expect(replaceState).toHaveBeenCalledWith(null, '', '/?workers=1');
    expect(worker.asked).toEqual([]);
  });

  test.each([
    ['Hi', 'Half a thought'],
    ['Hi there', 'Hi there'],
  ])('is undone, but for a message that somebody goes on with: "%s"', (draft, then) => {
    playground.draft = draft;
    playground.scene?.undo();
    expect([playground.chosen.A.persona, playground.settings.seed]).toEqual([persona.key, 1]);
    expect([playground.draft, playground.scene]).toEqual([then, null]);
  });

  test('has no way back once something is said', () => {
    void playground.send();
    expect(worker.last('generate').sampling.seed).toBe(9);
    expect(playground.scene).toBeNull();
  });

  test('has its way back still when the message is refused', async () => {
    const { scene } = playground;
    const done = playground.send();
    worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' });
    await done;
    expect(playground.scene).toBe(scene);
    playground.scene?.undo();
    expect([playground.chosen.A.persona, playground.draft]).toEqual([persona.key, 'Half a thought']);
  });

  test('that is damaged changes nothing, and stays in the address', async () => {
    replaceState.mockClear();
    await playground.open({ link: '#scene=1&seed=x&a=none&b=none' });
    expect(playground.problem).toContain('its seed must be a whole number');
    expect(playground.settings.seed).toBe(9);
    expect(replaceState).not.toHaveBeenCalled();
  });
});
