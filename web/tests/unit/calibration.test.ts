import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Calibration } from '../../src/lib/calibration.svelte';
import { blankDraft, blankPair, MOST_ORIGINS, named } from '../../src/lib/draft.svelte';
import { Gallery } from '../../src/lib/gallery.svelte';
import { about } from '../../src/lib/numbers';
import { Playground } from '../../src/lib/playground.svelte';
import type { PersonaInfo } from '../../src/lib/protocol';
import { load, READY } from '../../src/lib/sets';
import { total } from '../../src/lib/studyrun.svelte';
import { persona } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

vi.mock('../../src/lib/sets', { spy: true });

const bare: PersonaInfo = {
  ...persona,
  key: 'b'.repeat(64),
  mask: 'm'.repeat(64),
  evidence: null,
  sentence: '',
};
const measured: PersonaInfo = { ...bare, key: 'c'.repeat(64), evidence: persona.evidence };

let worker: FakeWorker;
let playground: Playground;
let calibration: Calibration;

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The engine answers what a persona's file says. */
async function exported(): Promise<void> {
  await settled();
  const { id, persona: key } = worker.last('export');
  worker.tell({ type: 'exported', id, name: 'x.persona.json', text: `{"key":"${key}"}` });
  await settled();
}

/** Masks are made, and nothing is measured. */
async function made(found = bare): Promise<void> {
  const done = calibration.make();
  const { id } = worker.last('calibrate');
  worker.tell({ type: 'made', id, persona: found });
  worker.tell({ type: 'finished', id });
  await exported();
  await done;
}

beforeEach(() => {
  Object.assign(globalThis, { location: new URL('http://x.test/') });
  worker = new FakeWorker();
  playground = new Playground(() => worker, 'http://x.test/');
  const client = clientOf(worker);
  playground.session.client = client;
  playground.session.phase = 'ready';
  playground.session.family = 'chatml';
  playground.gallery.personas = [persona];
  calibration = new Calibration(playground);
  calibration.draft.texts = { plus: 'I dare.\nI jump.', minus: 'I wait.' };
});

describe('a run', () => {
  test('asks for what is written, follows the steps and keeps the persona', async () => {
    calibration.draft.pair.poles.plus.name = ' Bold ';
    const done = calibration.make();
    const request = worker.last('calibrate');
    expect(request).toMatchObject({
      persona: '',
      plus: ['I dare.', 'I jump.'],
      minus: ['I wait.'],
      settings: null,
      holdout: 0.5,
      measures: { own: true, shuffled: 0 },
      pair: { name: 'Bold – minus', poles: { plus: { name: 'Bold' }, minus: { name: 'minus' } } },
    });
    expect(playground.session.task).toBe('Calibrating');
    expect(playground.canSend).toBe(false);

    expect(calibration.run.left).toBe('measuring how long it takes …');
    const { id } = request;
    worker.tell({
      type: 'estimated',
      id,
      from: 'pass',
      steps: [
        { step: 'make', seconds: 3 },
        { step: 'own', seconds: 1 },
      ],
    });
    worker.tell({ type: 'progress', id, step: 'make', what: 'calibrating', done: 1, total: 2 });
    calibration.run.elapsed = 1.5;
    expect(calibration.run.left).toBe('about 3 s left');
    for (const step of calibration.run.steps) step.seconds = 0.1;
    expect(calibration.run.left, 'nothing takes no time').toBe('measuring how long it takes …');
    Object.assign(calibration.run.steps[0] ?? {}, { seconds: 3 });
    Object.assign(calibration.run.steps[1] ?? {}, { seconds: 1 });
    expect(calibration.run.share).toBeCloseTo(3 / 8);
    calibration.run.elapsed = 100;
    expect(calibration.run.left).toBe('longer than expected');
    expect(calibration.run.share).toBeLessThan(3 / 4);
    worker.tell({ type: 'made', id, persona: bare });
    expect(calibration.persona?.key).toBe(bare.key);
    expect(calibration.knowsOrigin).toBe(true);
    await exported();
    expect(playground.gallery.brought).toEqual([{ text: `{"key":"${bare.key}"}`, own: true }]);

    playground.wear(bare);
    worker.tell({ type: 'progress', id, step: 'own', what: 'reading', done: 1, total: 4 });
    expect(calibration.run.steps.map((s) => s.state)).toEqual(['done', 'running']);
    worker.tell({ type: 'measured', id, was: bare.key, persona: measured });
    expect(calibration.persona?.evidence).not.toBeNull();
    expect(playground.choices.A.persona, 'whoever wears it goes on wearing it').toBe(measured.key);
    await exported();
    expect(playground.gallery.brought).toEqual([{ text: `{"key":"${measured.key}"}`, own: true }]);
    expect(playground.gallery.personas.map((p) => p.key)).toEqual([persona.key, measured.key]);

    worker.tell({ type: 'finished', id });
    await done;
    expect(playground.session.task).toBe('');
    expect(playground.canSend).toBe(true);

    // What is measured further is asked of the statements that it was made from, whatever was written since.
    calibration.draft = { ...calibration.draft, texts: { plus: 'Something else.', minus: '' } };
    void calibration.test();
    expect(worker.last('evaluate')).toMatchObject({
      persona: measured.key,
      plus: ['I dare.', 'I jump.'],
      on: '',
      measures: { own: false, shuffled: 5, random: 5, prompts: true },
    });
  });

  test('that is stopped loses nothing', async () => {
    const done = calibration.make();
    const { id } = worker.last('calibrate');
    calibration.run.stop();
    expect(worker.last('stop').target).toBe(id);
    worker.tell({ type: 'stopped', id });
    await done;
    expect(calibration.news).toContain('as they were');
    expect(calibration.draft.texts.minus).toBe('I wait.');
    expect(playground.session.task).toBe('');
  });

  test('that fails says why', async () => {
    const done = calibration.make();
    worker.tell({ type: 'failed', id: worker.last('calibrate').id, message: 'too few' });
    await done;
    expect(calibration.problem).toBe('too few');
    expect(calibration.canRun).toBe(true);
  });

  test('of masks for which nothing was held out is on other statements, and fails beside its own button', async () => {
    calibration.draft.holdout = 0;
    await made();
    expect([calibration.knowsOrigin, calibration.holdsOut]).toEqual([true, false]);
    calibration.other.texts = { plus: 'I sing.', minus: 'I rest.' };
    const tested = calibration.test();
    const request = worker.last('evaluate');
    expect(request).toMatchObject({ plus: ['I sing.'], minus: ['I rest.'], measures: { own: true } });
    worker.tell({ type: 'failed', id: request.id, message: 'too few' });
    await tested;
    expect([calibration.toldAt, calibration.problem]).toEqual(['test', 'too few']);
  });

  test('on other statements knows those that the masks were made from', async () => {
    await made();
    expect(calibration.seen).toBe(0);
    calibration.other.texts = { plus: 'I sing.\n I  wait. \n\n', minus: 'I jump.\nI rest.\nI jump.' };
    expect(calibration.seen, 'whichever pole they were of').toBe(2);
    calibration.look(persona.key);
    expect(calibration.seen, 'of another persona nothing is known').toBeNull();
  });

  test('knows it of each persona that was made here, not of the last alone', async () => {
    await made();
    calibration.draft.texts.plus = 'I sing.\nI dance.';
    const another = { ...bare, key: 'e'.repeat(64), mask: 'n'.repeat(64) };
    await made(another);
    calibration.other.texts = { plus: 'I dare.\nI jump.', minus: '' };
    expect([calibration.persona?.mask, calibration.seen]).toEqual([another.mask, 0]);
    calibration.look(bare.key);
    expect([calibration.knowsOrigin, calibration.holdsOut, calibration.seen]).toEqual([true, true, 2]);
    void calibration.test();
    expect(worker.last('evaluate').plus).toEqual(['I dare.', 'I jump.']);
  });

  test('forgets those of the oldest masks, of too many', async () => {
    for (let i = 0; i <= MOST_ORIGINS; i++) await made({ ...bare, key: `${i}`, mask: `mask ${i}` });
    const known = [0, 1, MOST_ORIGINS].map((i) => {
      calibration.look(`${i}`);
      return calibration.knowsOrigin;
    });
    expect(known).toEqual([false, true, true]);
  });

  test('compares a persona of the library with its ready set, once that is there', async () => {
    const { client } = playground.session;
    const ready = READY.find(({ id }) => id === 'extraversion');
    if (!client || !ready) throw new Error('there is no such set');
    const library = { ...persona, name: ready.pair.name };
    await playground.gallery.begin([library], client);
    await calibration.takeOther(ready.id);
    calibration.look(library.key);
    expect(calibration.seen).toBeNull();
    vi.mocked(load).mockRejectedValueOnce(new Error('gone'));
    await calibration.learnSource();
    expect(calibration.seen, 'nor is it guessed').toBeNull();
    await calibration.learnSource();
    expect(calibration.seen).toBeGreaterThan(200);
    await calibration.takeOther('extraversion.items');
    expect(calibration.seen).toBe(0);
  });

  test('on other statements names them and measures the masks', () => {
    calibration.look(persona.key);
    calibration.other = { name: ' Items ', texts: { plus: 'a', minus: 'b' } };
    void calibration.test();
    expect(worker.last('evaluate')).toMatchObject({
      persona: persona.key,
      on: 'Items',
      plus: ['a'],
      measures: { own: true },
    });
  });
});

describe('of two personas with the same masks', () => {
  const twin: PersonaInfo = { ...persona, key: 'd'.repeat(64), name: 'Twin' };

  beforeEach(() => {
    playground.gallery.personas = [persona, twin];
    calibration.look(twin.key);
  });

  test('either is looked at, and found again by its masks when it is gone', () => {
    expect(calibration.persona?.name).toBe('Twin');
    playground.remove(twin);
    expect(calibration.persona?.name).toBe(persona.name);
    playground.removed?.undo();
    expect(calibration.persona?.name).toBe('Twin');
    calibration.look('');
    expect(calibration.persona).toBeUndefined();
  });

  test('the one that is measured stays at hand', async () => {
    calibration.other.texts = { plus: 'I sing.', minus: 'I rest.' };
    const done = calibration.test();
    const { id, persona: key } = worker.last('evaluate');
    expect(key).toBe(twin.key);
    worker.tell({ type: 'measured', id, was: key, persona: { ...twin, key: 'e'.repeat(64) } });
    worker.tell({ type: 'finished', id });
    expect(calibration.persona?.key).toBe('e'.repeat(64));
    await exported();
    await done;
  });
});

test('clearing and replacing can be undone', () => {
  calibration.draft.pair.poles.plus.name = 'bold';
  calibration.replace({ plus: 'New.' });
  calibration.clear();
  expect(calibration.draft.texts).toEqual({ plus: '', minus: '' });
  expect(calibration.draft.pair.poles.plus.name).toBe('');
  calibration.undo();
  expect(calibration.draft.texts).toEqual({ plus: 'New.', minus: 'I wait.' });
  expect(calibration.draft.pair.poles.plus.name).toBe('bold');
  calibration.undo();
  expect(calibration.draft.texts.plus).toBe('I dare.\nI jump.');
  expect(calibration.history.some).toBe(false);
  calibration.undo(); // and nothing happens
});

test('words that were typed before any statement come back, too', () => {
  calibration.draft = blankDraft();
  calibration.replace({ plus: 'Ready.' });
  expect(calibration.history.some, 'of nothing there is nothing to undo').toBe(false);
  calibration.draft = blankDraft();
  calibration.draft.pair.poles.plus.name = 'bold';
  calibration.replace({ plus: 'Ready.' }, blankPair());
  calibration.undo();
  expect(calibration.draft.pair.poles.plus.name).toBe('bold');
});

test('of two sets that are asked for, the later one stands', async () => {
  const [first, second] = READY;
  if (!first || !second) throw new Error('there are no sets');
  await Promise.all([
    calibration.take(first.id),
    calibration.take(second.id),
    calibration.takeOther(first.id),
  ]);
  expect(calibration.draft.pair.name).toBe(second.pair.name);
  expect(calibration.other.name).toContain(first.pair.name);
  expect(calibration.draft.texts.plus).toBe((await load(second.id)).plus);
  calibration.undo(); // the earlier one was never there
  expect(calibration.draft.texts.plus).toBe('I dare.\nI jump.');
});

test('a set that can’t be fetched is told beside its choice', async () => {
  const [first] = READY;
  if (!first) throw new Error('there are no sets');
  vi.mocked(load).mockRejectedValue(new Error('gone'));
  await calibration.takeOther(first.id);
  expect([calibration.toldAt, calibration.problem]).toEqual(['other', 'gone']);
  await calibration.take(first.id);
  expect([calibration.toldAt, calibration.problem]).toEqual(['draft', 'gone']);
  vi.mocked(load).mockRestore();
  await calibration.take(first.id);
  expect(calibration.problem).toBe('');
});

test('a library persona that was measured here takes the place of the library’s at the next visit', async () => {
  const mine: PersonaInfo = { ...persona, key: 'd'.repeat(64) };
  const answer = async (gallery: Gallery, own: boolean): Promise<string[]> => {
    const client = playground.session.client;
    if (!client) throw new Error('no client');
    gallery.recall([{ text: '{}', own }]);
    const begun = gallery.begin([persona], client);
    worker.tell({ type: 'persona', id: worker.last('persona').id, persona: mine });
    await begun;
    return gallery.personas.map((p) => p.key);
  };
  expect(await answer(new Gallery(), true)).toEqual([mine.key]);
  // What came from elsewhere does not: anybody can write evidence into a file.
  expect(await answer(new Gallery(), false)).toEqual([persona.key, mine.key]);
});

test('words and times', () => {
  expect(named(blankPair()).name).toBe('plus – minus');
  expect(about(0.2)).toBe('1 s');
  expect(about(23)).toBe('25 s');
  expect(about(170)).toBe('3 min');
  expect(about(89 * 60)).toBe('89 min');
  expect(about(90 * 60)).toBe('1 h 30 min');
  expect(about(283 * 60)).toBe('4 h 40 min');
  expect(about(118 * 60)).toBe('2 h');
  expect(total([{ seconds: 1 }, { seconds: 2 }])).toBe(3);
  expect(total([{ seconds: 1 }, { seconds: null }])).toBeNull();
});
