import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { Lab, MOST_DRAWS, SHARES } from '../../src/lib/lab.svelte';
import { engineEvent, type Cell, type ModelInfo } from '../../src/lib/protocol';
import { typed, within } from '../../src/lib/recipes';
import { readStudy, type StudyRecord } from '../../src/lib/study';
import { persona, units } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

const text = readFileSync(new URL('plots/study.jsonl', import.meta.url), 'utf8');
const [sample] = readStudy(text);
if (!sample) throw new Error('the study is empty');

let worker: FakeWorker;
let lab: Lab;
let model: ModelInfo;
let engine: ConstructorParameters<typeof Lab>[0] & { canSend: boolean };

beforeEach(() => {
  model = { recipes: [units], digest: 'd' } as unknown as ModelInfo;
  worker = new FakeWorker();
  const client = clientOf(worker);
  engine = { session: { client, model, family: 'chatml', task: '' }, notices: [], canSend: true };
  lab = new Lab(engine);
  const many = (word: string): string[] => Array.from({ length: 100 }, (_, i) => `${word} ${i}`);
  lab.set = { name: 'Liking', label: 'liking', plus: many('like'), minus: many('hate') };
  lab.choose('units');
});

/** A record as the engine sends it for a cell. */
function recordOf(cell: Cell, auc: number): StudyRecord {
  const key = JSON.stringify([cell.n, cell.gamma, cell.kind, cell.draw]);
  return {
    ...(sample as StudyRecord),
    ...cell,
    layers: [20, 29],
    key,
    auc: { value: auc, low: null, high: null },
  };
}

/** The engine measures the cell of a number. */
function explore(number: number, auc: number): void {
  const { id, cells } = worker.last('explore');
  const cell = cells[number];
  if (!cell) throw new Error(`no cell ${number}`);
  worker.tell({ type: 'explored', id, cell: number, record: recordOf(cell, auc), census: null });
}

function end(type: 'finished' | 'stopped'): void {
  worker.tell({ type, id: worker.last('explore').id });
}

test('the engine is taken while a run lasts, and nothing begins while it is at something else', async () => {
  engine.canSend = false;
  await lab.measure();
  expect(worker.asked.filter((r) => r.type === 'explore')).toEqual([]);
  engine.canSend = true;
  const measured = lab.measure();
  expect(engine.session.task).toBe('Measuring');
  end('finished');
  await measured;
  expect(engine.session.task).toBe('');
});

test('a setting is measured, added and chosen', async () => {
  lab.most = 40;
  const measured = lab.measure();
  const { plus, minus, cells, ...rest } = worker.last('explore');
  expect([plus.length, minus.length]).toEqual([40, 40]);
  expect(cells).toEqual([{ ...units, kind: 'mask', seed: 0, draw: 0 }]);
  expect(rest).toMatchObject({ ...SHARES, on: 'development', draws: MOST_DRAWS, family: 'chatml' });
  const { id } = worker.last('explore');
  worker.tell({ type: 'progress', id, step: 'own', what: 'calibrating', done: 3, total: 80 });
  expect(lab.run).toEqual({ what: 'calibrating', done: 3, total: 80 });
  explore(0, 0.9);
  end('finished');
  await measured;
  expect(lab.run).toBeNull();
  expect(lab.selected?.auc.value).toBe(0.9);
  expect(lab.comparable.length).toBe(1);
  expect(lab.pace).toBeGreaterThanOrEqual(0);
  expect(lab.labels.get(sample.statements)).toBe('liking');
});

test('what was measured before a cancel stays, and nothing is said of it as of a fault', async () => {
  const swept = lab.sweep([{ n: 20 }, { n: 50 }, { n: 100 }]);
  explore(0, 0.7);
  lab.cancel();
  expect(worker.last('stop').target).toBe(worker.last('explore').id);
  end('stopped');
  await swept;
  expect(lab.comparable.map((r) => r.n)).toEqual([20]);
  expect(lab.problem).toBe('');
  expect(lab.run).toBeNull();
});

test('controls are drawn on from where the last ones ended, some of both, and never too many', async () => {
  const once = lab.draw(2);
  const order = (): string[] => worker.last('explore').cells.map((c) => `${c.kind} ${c.draw}`);
  expect(order()).toEqual(['shuffled 0', 'random 0', 'shuffled 1', 'random 1']);
  explore(0, 0.5);
  explore(1, 0.4);
  explore(2, 0.6);
  end('stopped');
  await once;
  expect(lab.chosen).toBeNull(); // a control is not what was looked for
  const again = lab.draw(1);
  expect(order()).toEqual(['random 1', 'shuffled 2']);
  end('finished');
  await again;
  if (lab.settings) lab.settings.n = 20; // another setting has none yet
  const other = lab.draw(MOST_DRAWS + 5);
  expect(worker.last('explore').cells.length).toBe(2 * MOST_DRAWS);
  end('finished');
  await other;
});

test("a persona's settings are taken up", () => {
  if (!persona.settings) throw new Error('the persona has no settings');
  lab.like({ ...persona.settings, n: 30, layers: [3, 7] });
  expect(lab.settings).toMatchObject({ recipe: 'units', n: 30, layers: [3, 7] });
});

test("a record's settings are taken up and nothing else of it, where the model has them", () => {
  const small = { ...model, layers: 30, channels: 576, ffn: 1536 };
  Object.assign(engine.session, { model: small });
  const record = recordOf(
    { ...units, kind: 'mask', seed: 0, draw: 0, scope: 'both', n: 4800, gamma: 0.55 },
    0.9,
  );
  expect(lab.canLike(record)).toBe(true);
  lab.like(record);
  expect(lab.settings).toEqual({ ...units, scope: 'both', n: 4800, gamma: 0.55, layers: [20, 29] });
  lab.fit();
  expect(lab.settings?.n, 'they are fitted').toBe(4800);
  expect(lab.canLike({ ...record, layers: [20, 30] })).toBe(false);
  expect(lab.canLike({ ...record, recipe: 'other' })).toBe(false);
});

test('what was cleared comes back, beside what was measured since', async () => {
  const done = lab.sweep([{ n: 20 }, { n: 50 }]);
  explore(0, 0.7);
  explore(1, 0.8);
  end('finished');
  await done;
  const { chosen, shown } = lab;
  lab.clear();
  expect([lab.records.length, lab.chosen]).toEqual([0, null]);
  const again = lab.sweep([{ n: 20 }, { n: 100 }]);
  explore(0, 0.75);
  explore(1, 0.6);
  end('finished');
  await again;
  lab.undo();
  expect(lab.comparable.map((r) => r.auc.value).toSorted()).toEqual([0.6, 0.75, 0.8]);
  expect([lab.chosen, lab.shown]).toEqual([chosen, shown]);
  expect(lab.cleared).toBeNull();
});

test('settings are fitted to another model, and not to the same one again', () => {
  if (lab.settings) lab.settings.n = 20;
  lab.fit();
  expect(lab.settings?.n).toBe(20);
  model.digest = 'another';
  lab.fit();
  expect(lab.settings?.n).toBe(200);
});

test('one thing is measured at a time', async () => {
  const measured = lab.measure();
  await lab.measure();
  expect(worker.asked.length).toBe(1);
  end('finished');
  await measured;
});

test('a fault of the engine is told', async () => {
  const measured = lab.measure();
  worker.tell({ type: 'failed', id: worker.last('explore').id, message: 'n is 0.' });
  await measured;
  expect(lab.problem).toBe('n is 0.');
  expect(lab.run).toBeNull();
});

test('statements that are not there yet, or fail, are not measured: nor are the last ones in their name', async () => {
  const { set } = lab;
  if (!set) throw new Error('there are no statements');
  const picked = lab.pick('patience', Promise.resolve(set));
  expect(lab.canRun).toBe(false);
  await picked;
  expect([lab.source, lab.canRun]).toEqual(['patience', true]);
  await lab.pick('humour', Promise.reject(new Error('gone')));
  expect([lab.source, lab.canRun, lab.problem]).toEqual(['', false, 'gone']);
});

test('a number that was typed stays within its bounds, and the field shows it', () => {
  const bounds = { min: 0, max: 100, step: 0.1 };
  const typing = (n: number): unknown[] => {
    const field = { valueAsNumber: n, value: '' };
    let taken = -1;
    typed(
      bounds,
      3,
      (v) => (taken = v),
    )({ currentTarget: field } as unknown as Parameters<ReturnType<typeof typed>>[0]);
    return [taken, field.value];
  };
  expect(typing(99_999)).toEqual([100, '100']);
  expect(typing(0.5)).toEqual([0.5, '0.5']);
  expect(typing(NaN), 'nothing was typed').toEqual([3, '3']);
});

test('n is one that layers and scope have units for', () => {
  const small = { channels: 576, ffn: 1536 };
  const whole = { ...units, scope: 'both', layers: [0, 29], n: 4800 };
  const last = within(whole, { layers: [29, 29] }, small);
  expect(last.n).toBe(1600);
  expect(within(last, { scope: 'channels' }, small)).toMatchObject({
    scope: 'channels',
    layers: [29, 29],
    n: 560,
  });
  expect(within({ ...whole, n: 150 }, { scope: 'channels' }, small).n, 'what fits stays').toBe(150);
});

describe('a file', () => {
  const asFile = (content: string, name = 'grid.jsonl'): File => new File([content], name);

  test('is shown without a model, its best mask chosen', async () => {
    const bare = new Lab({
      session: { client: null, model: null, family: '', task: '' },
      notices: [],
      canSend: false,
    });
    await bare.take(asFile(text));
    expect(bare.comparable.length).toBe(readStudy(text).length);
    expect(bare.selected?.kind).toBe('mask');
    expect(bare.studies.length).toBe(1);
    await bare.measure().catch(() => {});
    expect(bare.run).toBeNull();
  });

  test('that is none is refused by its name, and what was there stays', async () => {
    await lab.take(asFile(text));
    await lab.take(asFile('hello\n', 'notes.jsonl'));
    expect(lab.problem).toMatch(/^notes\.jsonl: Line 1 is no record of a study/);
    expect(lab.records.length).toBe(readStudy(text).length);
  });

  test('of other statements stands beside what is shown, and is cleared alone', async () => {
    await lab.take(asFile(text));
    const other = text.replaceAll(sample.statements, 'f'.repeat(64)).replaceAll('"key":"', '"key":"x');
    await lab.take(asFile(other));
    expect(lab.studies.length).toBe(2);
    expect(lab.comparable.every((r) => r.statements === 'f'.repeat(64))).toBe(true);
    lab.clear();
    expect(lab.studies.length).toBe(1);
    expect(lab.comparable.length).toBe(readStudy(text).length);
  });

  test('that is saved reads as the same study', async () => {
    await lab.take(asFile(text));
    expect(readStudy(lab.lines)).toEqual(readStudy(text));
    // Member for member what masque study wrote, but for their order.
    const lines = (s: string): unknown[] =>
      s
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(lines(lab.lines)).toEqual(lines(text));
  });
});

test('a setting as the engine sends it has the shape of a line of a file', () => {
  const [line] = text.split('\n');
  const event = engineEvent({
    type: 'explored',
    id: 1,
    cell: 0,
    record: JSON.parse(line ?? ''),
    census: null,
  });
  expect(event).toMatchObject({ record: sample });
});
