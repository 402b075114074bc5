/** What outlives a visit, and what is told of another tab: with the effects that a component has. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Calibration } from '../../src/lib/calibration.svelte';
import { blankDraft } from '../../src/lib/draft.svelte';
import { Lab, OWN } from '../../src/lib/lab.svelte';
import { choiceOf } from '../../src/lib/gallery.svelte';
import { Playground } from '../../src/lib/playground.svelte';
import type { ModelInfo, PersonaInfo } from '../../src/lib/protocol';
import { persona, units } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

const stored = vi.hoisted(() => new Map<string, unknown>());
vi.mock('idb-keyval', () => ({
  createStore: () => undefined,
  get: async (key: string) => structuredClone(stored.get(key)),
  set: async (key: string, value: unknown) => void stored.set(key, structuredClone(value)),
  update: async () => {},
}));

vi.setConfig({ testTimeout: 60_000 });
const ends: (() => void)[] = [];
beforeEach(() => {
  const listens = { addEventListener() {}, removeEventListener() {} };
  Object.assign(globalThis, { ...listens, location: new URL('http://x.test/') });
  stored.clear();
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Runs what must be called while a component initialises. */
function within(initialise: () => void): void {
  ends.push($effect.root(initialise));
  flushSync();
}

function playground(): Playground {
  const worker = new FakeWorker();
  const made = new Playground(() => worker, 'http://x.test/');
  made.session.client = clientOf(worker);
  made.session.phase = 'ready';
  made.session.family = 'chatml';
  return made;
}

async function calibrates(own = playground()): Promise<Calibration & { notices: readonly string[] }> {
  const calibration = new Calibration(own);
  within(() => calibration.keepAll());
  await calibration.start();
  flushSync();
  return Object.assign(calibration, { notices: own.notices });
}

/** However busy the machine is. */
const soon = (holds: () => void): Promise<void> => vi.waitFor(holds, { timeout: 20_000 });
const kept = (key: string, text: string): Promise<void> =>
  soon(() => expect(JSON.stringify(stored.get(key))).toContain(text));

test('statements that another tab keeps over those of this one are told, where there are some', async () => {
  const [here, there, idle] = [await calibrates(), await calibrates(), await calibrates()];
  here.draft.texts.plus = 'I dare.';
  flushSync();
  await kept('calibrate', 'I dare.');
  there.draft.texts.plus = 'I jump.';
  flushSync();
  await kept('calibrate', 'I jump.');
  await soon(() =>
    expect(here.notices).toEqual([expect.stringContaining('Another tab has kept its statements')]),
  );
  expect(idle.notices, 'it has none to lose').toEqual([]);
});

describe('a visit with a persona of one’s own in the panes', () => {
  const mine: PersonaInfo = { ...persona, key: 'd'.repeat(64), mask: 'd'.repeat(64), name: 'Mine' };
  const workers: FakeWorker[] = [];
  let own: Playground;

  const started = (worker: FakeWorker | undefined): void =>
    worker?.tell({ type: 'started', version: '', variant: 'relaxed', library: [persona], files: [] });
  /** The engine is asked for the persona, and what it is asked by. */
  const asked = (worker: FakeWorker | undefined): Promise<number> =>
    vi.waitFor(() => worker?.last('persona').id ?? 0);
  const worn = (): (string | null)[] => [own.chosen.A.persona, own.chosen.B.persona];

  beforeEach(() => {
    stored.set('personas', [{ text: '{}', own: false }]);
    stored.set('choices', { A: choiceOf(mine, 'plus'), B: choiceOf(mine, 'minus') });
    workers.length = 0;
    const createWorker = (): FakeWorker => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    };
    own = new Playground(createWorker, 'http://x.test/');
    void own.start();
    started(workers[0]);
  });

  test('leaves what is chosen before the engine has read it', async () => {
    const id = await asked(workers[0]);
    own.chosen.A = choiceOf(persona, 'plus');
    workers[0]?.tell({ type: 'persona', id, persona: mine });
    await vi.waitFor(() => expect(own.session.phase).toBe('asleep'));
    expect(worn()).toEqual([persona.key, mine.key]);
  });

  test('shows none where it can’t be read', async () => {
    const id = await asked(workers[0]);
    workers[0]?.tell({ type: 'failed', id, message: 'It is no persona.' });
    await vi.waitFor(() => expect(own.session.phase).toBe('asleep'));
    expect([worn(), own.problem]).toEqual([[null, null], 'It is no persona.']);
  });

  test('leaves what is chosen before the engine dies over it, and the persona too', async () => {
    await asked(workers[0]);
    own.chosen.A = choiceOf(persona, 'plus');
    workers[0]?.tell({ type: 'crashed', message: 'The engine broke off.', alone: false });
    void own.session.restart();
    started(workers[1]);
    workers[1]?.tell({ type: 'persona', id: await asked(workers[1]), persona: mine });
    await vi.waitFor(() => expect(own.session.phase).toBe('asleep'));
    expect([worn(), own.problem]).toEqual([[persona.key, mine.key], '']);
    expect(own.gallery.owns(mine)).toBe(true);
  });
});

test('the recipe of masks and what is measured of them come back, the recipe for the model that it was of', async () => {
  const visit = (digest: string): Promise<Calibration> => {
    const own = playground();
    own.session.model = { recipes: [units], digest, layers: 30 } as unknown as ModelInfo;
    return calibrates(own);
  };
  const first = await visit('d');
  first.recipe = { ...units, n: 400, layers: [28, 29] };
  first.controls.random = 7;
  first.further.yesNo = true;
  flushSync();
  await kept('calibrate-form', '"n":400');
  const second = await visit('d');
  expect(second.recipe).toMatchObject({ n: 400, layers: [28, 29] });
  expect([second.controls.random, second.further.yesNo, second.further.shuffled]).toEqual([7, true, 5]);
  const { own: _, ...recipe } = units; // as it was kept before there was `own`
  stored.set('calibrate-form', { ...(stored.get('calibrate-form') as object), recipe });
  expect((await visit('d')).recipe).toEqual(units);
  const other = await visit('e');
  expect([other.recipe, other.settings]).toEqual([null, units]);
  expect(other.controls.random).toBe(7);
});

test('what masks were made from is known at the next visit, too, where it was kept alone', async () => {
  const draft = { ...blankDraft(), texts: { plus: 'I dare.', minus: 'I wait.' } };
  stored.set('calibrate-origin', { mask: 'm', draft });
  stored.set('calibrate-subject', { mask: 'm' });
  const calibration = await calibrates();
  calibration.other.texts.plus = 'I dare.';
  expect([calibration.knowsOrigin, calibration.seen]).toEqual([true, 1]);
  await soon(() => expect(stored.get('calibrate-origin')).toEqual([{ mask: 'm', draft }]));
  expect((await calibrates()).knowsOrigin).toBe(true);
});

test('an estimate of what can’t be made now is none', async () => {
  const own = playground();
  const calibration = new Calibration(own);
  calibration.estimate = { type: 'estimated', id: 1, from: 'pass', steps: [] };
  within(() => calibration.watch());
  await soon(() => expect(calibration.estimate).toBeNull());
});

test("the Lab's form comes back with its results, for the model that it was of", async () => {
  const model = {
    recipes: [units],
    digest: 'd',
    layers: 30,
    channels: 576,
    ffn: 1536,
  } as unknown as ModelInfo;
  const visit = async (opened: ModelInfo): Promise<Lab> => {
    const own = playground();
    own.session.model = opened;
    const lab = new Lab(own);
    within(() => lab.keepAll());
    await lab.start();
    lab.fit();
    flushSync();
    return lab;
  };
  const first = await visit(model);
  first.like({ ...units, n: 400, gamma: 0.55 });
  first.most = 40;
  first.on = 'test';
  await first.pick('extraversion', { name: '', label: '', plus: [], minus: [] });
  flushSync();
  await kept('lab-form', 'extraversion');
  const second = await visit(model);
  expect(second).toMatchObject({ source: 'extraversion', most: 40, on: 'test', set: null });
  expect(second.settings).toMatchObject({ n: 400, gamma: 0.55 });
  const { own: _, ...older } = { ...units, n: 50 }; // as they were kept before there was `own`
  const form = stored.get('lab-form') as object;
  stored.set('lab-form', { ...form, settings: older });
  expect((await visit(model)).settings).toEqual({ ...units, n: 50 });
  stored.set('lab-form', { ...form, settings: { ...older, own: null } }); // which is 0
  expect((await visit(model)).settings?.own).toBeNull();
  const other = await visit({ ...model, digest: 'e' });
  expect(other.settings).toEqual(units);
  expect(other.source).toBe('extraversion');
});

test('the Lab that another tab keeps over this one is told', async () => {
  const [own, others] = [playground(), playground()];
  const [here, there] = [new Lab(own), new Lab(others)];
  for (const lab of [here, there]) {
    within(() => lab.keepAll());
    await lab.start();
    flushSync();
  }
  here.own.plus = 'I dare.';
  here.source = OWN;
  flushSync();
  await kept('lab', 'I dare.');
  there.own.plus = 'I jump.';
  flushSync();
  await soon(() => expect(own.notices).toEqual([expect.stringContaining('Another tab has kept its Lab')]));
});
