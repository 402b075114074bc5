import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { meaning, nullOf, verdict } from '../../src/lib/meaning';
import * as shape from '../../src/lib/shape';
import {
  alike,
  bestOf,
  costOf,
  merge,
  readStudy,
  resultText,
  settingsText,
  studyOf,
  type StudyRecord,
} from '../../src/lib/study';

/** What `masque study` wrote of the default model and 50 + 50 statements; see plots/README.md. */
const file = readFileSync(new URL('plots/study.jsonl', import.meta.url), 'utf8');
const records = readStudy(file);
const first = records.find((r) => r.recipe === 'units');
if (!first) throw new Error('the study is empty');
const make = (change: Partial<StudyRecord>): StudyRecord => ({
  ...first,
  key: JSON.stringify(change),
  ...change,
});
const auc = (value: number, low: number | null = null, high: number | null = null) => ({ value, low, high });

describe('a study', () => {
  test('is read line by line, and members that were left out are null', () => {
    expect(records.length).toBe(file.trim().split('\n').length);
    const tilt = records.find((r) => r.recipe === 'tilt');
    expect(tilt).toMatchObject({ n: null, phi: null, draw: null, kind: 'mask', on: 'development' });
  });

  test('keeps the ridge, which tells settings apart', () => {
    const line = JSON.stringify({ ...JSON.parse(file.split('\n')[2] ?? ''), key: 'ridged', ridge: 3 });
    const [ridged] = readStudy(line);
    expect(ridged).toMatchObject({ recipe: 'units', ridge: 3 });
    expect(alike(make({ ridge: 3 }), make({ ridge: null }))).toBe(false);
    expect(alike(make({ ridge: 0 }), make({ ridge: null }))).toBe(true);
  });

  test('keeps at which tokens units were scored, which tells settings apart', () => {
    const line = JSON.stringify({ ...JSON.parse(file.split('\n')[2] ?? ''), key: 'own', own: 1 });
    const [own] = readStudy(line);
    expect(own).toMatchObject({ recipe: 'units', own: 1 });
    expect(own && settingsText(own)).toContain(', own tokens, ');
    expect(alike(make({ own: 1 }), make({ own: null }))).toBe(false);
    expect(alike(make({ own: 0 }), make({ own: null }))).toBe(true);
  });

  test('is of one split: other shares or another seed leave other statements to measure on; so do other neutral texts', () => {
    const shares = { development: 0.2, test: 0.3 };
    expect(studyOf(make({ shares, n: 5, kind: 'random' }))).toBe(studyOf(make({ shares })));
    for (const other of [
      { shares: { development: 0.3, test: 0.2 } },
      { shares: null },
      { shares, seed: 1 },
      { shares, neutral: 'development' },
    ])
      expect(studyOf(make(other)), JSON.stringify(other)).not.toBe(studyOf(make({ shares })));
  });

  test('may end in half a line, which a run that was cut short leaves', () => {
    expect(readStudy(`${file}{"key":"abc","rec`)).toEqual(records);
    expect(readStudy(file.trimEnd())).toEqual(records); // whole, but without its end
    expect(readStudy(`\uFEFF${file.replaceAll('\n', '\r\n')}`)).toEqual(records);
  });

  test.each([
    ['', 'no record of a study'],
    ['{"key":"x"}\n', 'Line 1 is no record of a study (record.recipe: expected a text, found nothing)'],
    [`${file}hello\n`, `Line ${records.length + 1} is no record of a study (record: expected JSON`],
    [file.replace('"kind":"mask"', '"kind":"hat"'), 'record.kind: expected "mask" or'],
    [
      file.replace('"layers":[20,29]', '"layers":[20]'),
      'record.layers: expected the first and the last layer',
    ],
    [
      file.replace(/"ppl_ratio":\{"plus":[\d.]+/, '"ppl_ratio":{"plus":0'),
      'record.ppl_ratio.plus: expected a number from',
    ],
  ])('%# is refused with its line', (text, words) => {
    expect(() => readStudy(text)).toThrow(words);
  });

  test('joined with another has each record once, the later one', () => {
    const again = { ...first, p: 0.5 };
    const joined = merge(records, [again, make({ n: 7 })]);
    expect(joined.length).toBe(records.length + 1);
    expect(joined.find((r) => r.key === first.key)?.p).toBe(0.5);
  });
});

test('settings and results are said with their symbols', () => {
  const r = make({
    recipe: 'units',
    scope: 'channels',
    layers: [20, 29],
    n: 200,
    kappa: null,
    gamma: 0.5,
    kind: 'shuffled',
    auc: auc(0.9124, 0.85, 1),
    ppl_ratio: { plus: 1.014, minus: 49_836 },
  });
  expect(settingsText(r)).toBe('labels shuffled, units, channels, layers 20–29, n 200, κ 0, ridge 0, γ 0.5');
  expect(
    settingsText(
      make({
        recipe: 'contrastive-wanda',
        phi: 'relu',
        n: null,
        kappa: null,
        rho: 0.1,
        scope: 'all',
        layers: [3, 3],
        gamma: 0,
        kind: 'mask',
      }),
    ),
  ).toBe('contrastive-wanda (relu), all, layer 3, ρ 0.1, γ 0');
  expect(resultText(r)).toBe('AUC .912 (95 % interval .85 to 1.00), perplexity ×1.01 / ×49,836');
  expect(costOf(r)).toBe(49_836);
});

test('records are alike by their settings, whatever their kind and draw', () => {
  expect(alike(make({ kind: 'random', draw: 3 }), first)).toBe(true);
  for (const change of [
    { n: 7 },
    { gamma: 0.25 },
    { layers: [0, 3] as [number, number] },
    { seed: 4 },
    { scope: 'both' },
  ])
    expect(alike(make(change), first)).toBe(false);
});

test('the best is the best of those that leave the model whole', () => {
  const cheap = make({ kind: 'mask', auc: auc(0.8), ppl_ratio: { plus: 1, minus: 1.05 } });
  const dear = make({ kind: 'mask', auc: auc(0.99), ppl_ratio: { plus: 1.3, minus: 1 }, n: 1 });
  const control = make({ kind: 'random', auc: auc(1), ppl_ratio: { plus: 1, minus: 1 }, n: 2 });
  expect(bestOf([dear, control, cheap])).toBe(cheap);
  expect(bestOf([dear, control])).toBe(dear);
  expect(bestOf([control])).toBeUndefined();
});

describe('the sentence', () => {
  const own = make({ kind: 'mask', auc: auc(0.93, 0.86, 0.98), ppl_ratio: { plus: 1.02, minus: 1.01 } });

  test('says what is shown and no more', () => {
    expect(meaning(own, 'extraverted')).toBe(
      'With these settings the plus mask makes statements that people label extraverted more likely than the minus mask does: of 100 pairs of one such statement and an opposite one, 93 come out in the right order, where chance gives 50, with a 95 % interval from 86 to 98. Neutral text stays about as likely as before (perplexity ×1.02 and ×1.01).',
    );
    // As the figures beside it round.
    expect(meaning({ ...own, auc: auc(0.9, 0.855, 0.985) }, '')).toContain('interval from 86 to 99.');
    expect(resultText({ ...own, auc: auc(0.9, 0.855, 0.985) })).toContain('.86 to .99');
    expect(meaning({ ...own, ppl_ratio: { plus: 1.07, minus: 0.94 } }, '')).toContain(
      'neutral text becomes less likely with one of the masks (perplexity ×1.07 and ×0.94)',
    );
    expect(meaning({ ...own, ppl_ratio: { plus: 1.07, minus: 1.2 } }, '')).toContain(
      'less likely (perplexity',
    );
    const few = { ...own, auc: auc(1, 1, 1), n_statements: { plus: 6, minus: 6 } };
    expect(meaning(few, '')).toContain('where chance gives 50 (too few statements to tell how sure).');
    expect(resultText(few)).toContain('AUC 1.000 (too few statements to tell how sure), perplexity');
    // An interval that has a width is shown, and is no surer.
    const wide = { ...own, auc: auc(8 / 9, 0.56, 1), n_statements: { plus: 3, minus: 3 } };
    expect(meaning({ ...wide, p: 0.05 }, '')).toContain(
      'with a 95 % interval from 56 to 100 (too few statements to tell how sure).',
    );
    expect(resultText(wide)).toContain(
      'AUC .889 (95 % interval .56 to 1.00, too few statements to tell how sure), perplexity',
    );
    expect(meaning({ ...wide, p: 0.1 }, '')).toMatch(
      /were not shown .* Such an order comes by chance too often to show it \(p = \.100, above \.05\)\./,
    );
    expect(meaning({ ...own, auc: auc(0.6, 0.45, 0.7), p: 0.1 }, '')).not.toContain('by chance too often');
    expect(meaning({ ...own, auc: auc(0.6, 0.45, 0.7) }, '')).toContain(
      'were not shown to make statements of the plus pole',
    );
    expect(meaning({ ...own, auc: auc(1, 1, 1), p: 0.5, n_statements: { plus: 1, minus: 1 } }, '')).toContain(
      'were not shown to make',
    );
    expect(meaning({ ...own, auc: auc(0.2, 0.1, 0.3) }, '')).toContain('the wrong way round');
    expect(meaning({ ...own, ppl_ratio: { plus: 1, minus: 9 } }, '')).toContain('It breaks the model');
  });

  test('says what the engine says of the same figures', () => {
    const cases = shape.parse(
      readFileSync(new URL('../../../masks/study/testdata/separations.json', import.meta.url), 'utf8'),
      shape.list(
        shape.object({
          is: shape.oneOf('shown', 'reversed', 'not shown'),
          order: shape.count,
          interval: shape.nullable(shape.list(shape.count, 2)),
          few: shape.flag,
          chance: shape.nullable(shape.text),
          auc: shape.object({
            value: shape.number,
            low: shape.nullable(shape.number),
            high: shape.nullable(shape.number),
          }),
          n: shape.object({ plus: shape.count, minus: shape.count }),
          p: shape.number,
        }),
      ),
    );
    expect(cases.length).toBeGreaterThan(0);
    const verdicts = {
      shown: 'more likely than the minus mask does',
      reversed: 'the wrong way round',
      'not shown': 'were not shown to make',
    };
    for (const { is, order, interval, few, chance, n, ...figures } of cases) {
      const said = meaning(make({ ...figures, n_statements: n }), 'extraverted');
      for (const [other, words] of Object.entries(verdicts))
        expect(said.includes(words), `${words}: ${said}`).toBe(other === is);
      expect(said).toContain(`, ${order} come out in the right order`);
      expect(said.includes('95 % interval'), said).toBe(interval !== null);
      if (interval) expect(said).toContain(`95 % interval from ${interval.join(' to ')}`);
      expect(said.includes('too few statements to tell how sure'), said).toBe(few);
      expect(said.includes('(p = '), said).toBe(chance !== null);
      if (chance !== null) expect(said).toContain(`(p = ${chance}, above .05)`);
    }
  });

  test('sets it against its own controls alone', () => {
    const controls = Array.from({ length: 10 }, (_, k) =>
      make({ ...own, kind: k % 2 ? 'random' : 'shuffled', draw: k, auc: auc(0.4 + k / 50), key: `c${k}` }),
    );
    const foreign = make({ ...own, kind: 'random', n: 3, auc: auc(1), key: 'f' });
    const data = nullOf([own, ...controls, foreign], own);
    expect([data.shuffled.length, data.random.length]).toEqual([5, 5]);
    expect(verdict(own, data, '', 1)).toEqual([
      expect.stringContaining('93'),
      'None of 10 masks that know nothing of the trait reaches this mask.',
    ]);
    expect(verdict({ ...own, auc: auc(0.57) }, { ...data, own: auc(0.57) }, '', 6)).toEqual([
      expect.any(String),
      '1 of 10 masks that know nothing of the trait does as well as this mask or better.',
      expect.stringContaining('6 settings were tried here'),
    ]);
    expect(verdict(own, { ...data, own: auc(0.4) }, '', 1)[1]).toContain(
      'it has not been shown to hold the trait',
    );
  });
});
