/** A study: one measured setting a line, as `masque study` and the Lab write them. */
import { surety } from './evidence';
import { sentence } from './sentence';
import * as shape from './shape';
import { integer, share } from './numbers';

const estimate = shape.object({
  value: shape.within(0, 1),
  low: shape.nullable(shape.number),
  high: shape.nullable(shape.number),
});
const effect = shape.object({
  value: shape.number,
  low: shape.nullable(shape.number),
  high: shape.nullable(shape.number),
});
const poles = shape.object({ plus: shape.number, minus: shape.number });
const positive = shape.within(Number.MIN_VALUE, Number.MAX_VALUE);

const layers: shape.Check<[number, number]> = (value, path = 'value') => {
  const [first, last, ...more] = shape.list(shape.count, 2)(value, path);
  if (first === undefined || last === undefined || more.length > 0)
    throw new shape.ShapeError(path, 'the first and the last layer', value);
  return [first, last];
};

/** A recipe with its parameters, but for its layers. What a recipe has no use for is left out, and is null here. */
export const settings = {
  recipe: shape.text,
  phi: shape.nullable(shape.text),
  scope: shape.text,
  n: shape.nullable(shape.count),
  /** 1: units were scored where the statements' own tokens are predicted; else at those before as well. */
  own: shape.nullable(shape.number),
  kappa: shape.nullable(shape.number),
  ridge: shape.nullable(shape.number),
  rho: shape.nullable(shape.number),
  lambda: shape.nullable(shape.number),
  tau: shape.nullable(shape.number),
  gamma: shape.number,
};

const record = shape.object({
  key: shape.matching(/./, 'a key'),
  ...settings,
  layers,
  kind: shape.oneOf('mask', 'shuffled', 'random'),
  seed: shape.count,
  draw: shape.nullable(shape.count),
  on: shape.text,
  /** Part of the neutral texts that the cost is of; null is the test's, which earlier versions took on development, too. */
  neutral: shape.nullable(shape.text),
  model: shape.text,
  statements: shape.text,
  /** Of the split; earlier versions wrote none. */
  shares: shape.nullable(shape.object({ development: shape.within(0, 1), test: shape.within(0, 1) })),
  n_statements: shape.object({ plus: shape.count, minus: shape.count }),
  auc: estimate,
  d: shape.nullable(effect),
  p: shape.within(0, 1),
  ppl_ratio: shape.object({ plus: positive, minus: positive }),
  kl: poles,
});
export const studyRecord = record;
export type StudyRecord = shape.Checked<typeof record>;

/** A study has at most so many lines here: more marks than pixels show nothing. */
export const MOST_RECORDS = 20_000;

/**
 * Reads a study. A last line without its end is what a run that was cut short leaves behind, and is passed over.
 * Anything else that is no record is an error that names the line.
 */
export function readStudy(text: string): StudyRecord[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const half = lines.pop();
  if (half !== undefined && half.trim() !== '' && reads(half)) lines.push(half);
  const records = new Map<string, StudyRecord>();
  lines.forEach((line, i) => {
    if (line.trim() === '') return;
    if (records.size >= MOST_RECORDS) throw new Error(`The study has more than ${MOST_RECORDS} settings.`);
    try {
      const found = shape.parse(line, record, 'record');
      records.set(found.key, found);
    } catch (cause) {
      throw new Error(`Line ${i + 1} is no record of a study (${sentence(cause)}).`, { cause });
    }
  });
  if (records.size === 0) throw new Error('There is no record of a study in it.');
  return [...records.values()];
}

function reads(line: string): boolean {
  try {
    shape.parse(line, record);
    return true;
  } catch {
    return false;
  }
}

/** The records of both, each once; the later one of a key counts. */
export function merge(have: readonly StudyRecord[], more: readonly StudyRecord[]): StudyRecord[] {
  const records = new Map(have.map((r) => [r.key, r]));
  for (const r of more) records.set(r.key, r);
  return [...records.values()];
}

/** What a setting costs: the perplexity ratio of the worse pole. */
export function costOf(r: Pick<StudyRecord, 'ppl_ratio'>): number {
  return Math.max(r.ppl_ratio.plus, r.ppl_ratio.minus);
}

/** What must be the same for records to be comparable: the model, the statements of both parts, the neutral texts. */
export function studyOf({ model, statements, on, neutral, seed, shares }: StudyRecord): string {
  return [model, statements, on, neutral, seed, shares?.development, shares?.test].join(' ');
}

type Setting = Pick<
  StudyRecord,
  'recipe' | 'phi' | 'scope' | 'seed' | 'n' | 'own' | 'kappa' | 'ridge' | 'rho' | 'lambda' | 'tau' | 'gamma'
> & { layers: readonly number[] };

/** Whether a record is of these settings, whatever its kind. */
export function alike(a: StudyRecord, b: Setting): boolean {
  return (
    a.recipe === b.recipe &&
    (a.phi ?? '') === (b.phi ?? '') &&
    a.scope === b.scope &&
    a.layers[0] === b.layers[0] &&
    a.layers[1] === b.layers[1] &&
    a.seed === b.seed &&
    (['n', 'own', 'kappa', 'ridge', 'rho', 'lambda', 'tau', 'gamma'] as const).every(
      (key) => (a[key] ?? 0) === (b[key] ?? 0),
    )
  );
}

/** The mask that separates best among those that leave the model whole, else the best of all. */
export function bestOf(records: readonly StudyRecord[]): StudyRecord | undefined {
  const masks = records.filter((r) => r.kind === 'mask');
  const whole = masks.filter((r) => costOf(r) <= WHOLE);
  return (whole.length > 0 ? whole : masks).toSorted((a, b) => b.auc.value - a.auc.value)[0];
}

/** A mask that costs no more than this leaves the model as good as whole. */
export const WHOLE = 1.05;

const KINDS: Record<StudyRecord['kind'], string> = {
  mask: '',
  shuffled: 'labels shuffled, ',
  random: 'random mask, ',
};

/** The settings in one line: what was chosen, with the symbols of the formulas. */
export function settingsText(r: StudyRecord): string {
  const parameters = [
    ['n', r.n],
    ['own tokens', r.own === 1 ? '' : null],
    ['κ', r.n === null ? null : (r.kappa ?? 0)],
    ['ridge', r.n === null ? null : (r.ridge ?? 0)],
    ['ρ', r.rho],
    ['λ', r.recipe === 'tilt' ? (r.lambda ?? 0) : r.lambda],
    ['τ', r.tau],
    ['γ', r.gamma],
  ] as const;
  const words = [
    r.phi === null ? r.recipe : `${r.recipe} (${r.phi})`,
    r.scope,
    r.layers[0] === r.layers[1] ? `layer ${r.layers[0]}` : `layers ${r.layers[0]}–${r.layers[1]}`,
    ...parameters.flatMap(([symbol, value]) => (value === null ? [] : [`${symbol} ${value}`.trim()])),
  ];
  return `${KINDS[r.kind]}${words.join(', ')}`;
}

/** The result in one line. */
export function resultText(r: StudyRecord): string {
  const sure = surety(r.auc, r.n_statements, '95 % interval ');
  return `AUC ${share(r.auc.value, 3)}${sure}, perplexity ×${ratioText(r.ppl_ratio.plus)} / ×${ratioText(r.ppl_ratio.minus)}`;
}

export function ratioText(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : integer(ratio);
}
