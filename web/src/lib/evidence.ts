/** What a persona's evidence says, in the words of a careful reader. */
import { percent, share } from './numbers';
import type { Estimate, Evidence, Measurement, Pole } from './protocol';
import { FEW } from './statements';

/**
 * What is measured, as the engine's documents spell it (masks/topic.go): on which set of statements, by which measure
 * (none: by how likely the masks make them), and of which kind of control (none: of the masks themselves). The tests
 * of both read masks/testdata/topics.json.
 */
const MEASURES = new Map([
  ['matched', 'Unseen statements matched in length and negation'],
  ['yesno', 'Asked whether it would say them (Yes/No)'],
  ['replies', 'Sampled replies'],
  ['replies-by-statements', 'Sampled replies, judged by statements'],
]);
const CONTROLS = new Map([
  ['shuffled', 'Label-shuffled masks'],
  ['random', 'Random masks of the same size'],
  ['wanda', 'Plain Wanda'],
  ['prompt', 'Prompt alone'],
  ['fewshot', 'Few-shot prompt alone'],
  ['words', 'Words alone, no model'],
  ['prompt+mask', 'Prompt and mask together'],
]);
/** No mask is in these. */
const MASKLESS = ['prompt', 'fewshot', 'words'];

/** What knows the trait without a mask's help, or beside one: no control, whatever list it stands in. */
export function rival({ kind }: Topic): boolean {
  return kind !== null && [...MASKLESS, 'prompt+mask'].includes(kind);
}

/** What a measurement is called beside others on the same statements. What has no words here is its own. */
export function label({ name, measure, kind }: Topic & { name: string }): string {
  const how = measure === null ? '' : (MEASURES.get(measure) ?? measure);
  if (kind === null) return how || name;
  const control = CONTROLS.get(kind) ?? kind;
  return how ? `${control}, ${how.toLowerCase()}` : control;
}

type Topic = Pick<Measurement, 'measure' | 'kind'>;

/**
 * The first test is the persona's headline; the strongest of its controls is what it must beat, and what has no mask
 * and is stronger is its rival. A prompt together with the mask is neither: the mask is in it. Nor is what was measured in
 * another way: how far random masks' replies are apart is nothing that statements have to beat.
 */
export function headline(evidence: Evidence, strength: number): string[] {
  const [group] = groups(evidence);
  const test = group?.tests[0];
  if (!group || !test) return [];
  const parts: string[] = [];
  if (test.auc) parts.push(`Held-out AUC ${estimate(test.auc, test.n)}`);
  const alike = group.controls.filter((c) => c.measure === test.measure);
  const control = strongest(alike.filter((c) => !rival(c)));
  if (control) parts.push(`strongest control ${share(control.auc.value, 3)} (${control.name})`);
  const prompt = strongest(alike.filter(({ kind }) => kind !== null && MASKLESS.includes(kind)));
  if (prompt && prompt.auc.value > (control?.auc.value ?? 0))
    parts.push(`${prompt.name.toLowerCase()} ${share(prompt.auc.value, 3)}`);
  const ratio = [test, ...evidence.tests].find((t) => t.ppl_ratio)?.ppl_ratio;
  if (ratio) parts.push(`perplexity ×${Math.max(ratio.plus, ratio.minus).toFixed(2)}`);
  parts.push(`at ${percent(strength)} strength`);
  return parts;
}

/** The measurements on one set of statements. */
export interface Group {
  /** What the statements are called. */
  title: string;
  /** The test that is called so, too: that of the masks themselves. */
  head: Measurement | null;
  tests: Measurement[];
  controls: Measurement[];
}

/**
 * Tests with the controls that were measured on the same set of statements, by the names that they have there. A set
 * with one test and nothing beside it stands with the first.
 */
export function groups({ tests, controls }: Evidence): Group[] {
  const all = [...tests, ...(controls ?? [])];
  const [first] = tests;
  const plain = tests.filter((t) => t.set !== null && t.measure === null && t.kind === null);
  const heads = plain.filter(
    (t) =>
      t.set !== first?.set &&
      t === plain.find(({ set }) => set === t.set) &&
      all.some((m) => m !== t && m.set === t.set),
  );
  const found = heads.map((head): Group => {
    const own = (list: readonly Measurement[]): Measurement[] =>
      list.filter((m) => m.set === head.set).map((m) => (m === head ? m : named(m)));
    return { title: head.name, head, tests: own(tests), controls: own(controls ?? []) };
  });
  const rest = (m: Measurement): boolean => heads.every((head) => m.set !== head.set);
  const others: Group = {
    title: first?.name ?? '',
    head: first ?? null,
    tests: tests.filter(rest),
    controls: (controls ?? []).filter(rest),
  };
  return [others, ...found].filter((g) => g.tests.length + g.controls.length > 0);
}

function named(m: Measurement): Measurement {
  return { ...m, name: label(m) };
}

/** Whether so few statements were tested that an interval of theirs is none to rely on. */
export function few({ plus, minus }: Counts): boolean {
  return Math.min(plus, minus) < FEW;
}

/**
 * Whether an interval is without width only because few statements were tested, as in the engine's sentences. What
 * stands in its place, and beside one that has a width.
 */
export function unsure({ low, high }: Interval, n: Counts | null): boolean {
  return n !== null && few(n) && low !== null && low === high;
}
export const UNSURE = 'too few statements to tell how sure';

/** An interval in brackets after its figure, and whether it is one to rely on; `called` comes before it. */
export function surety({ low, high }: Interval, n: Counts | null, called: string): string {
  const parts: string[] = [];
  if (low !== null && high !== null && !unsure({ low, high }, n))
    parts.push(`${called}${share(low)} to ${share(high)}`);
  if (low !== null && n !== null && few(n)) parts.push(UNSURE);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

type Interval = Pick<Estimate, 'low' | 'high'>;
type Counts = NonNullable<Measurement['n']>;

/** A figure with its interval, or with the draws that it is the mean of; `n` is how many statements were tested. */
export function estimate({ value, low, high, draws }: Estimate, n: Counts | null): string {
  if (low === null && draws !== null && draws.length > 1)
    return `${share(value, 3)} (${draws.map((d) => share(d)).join(', ')})`;
  return `${share(value, 3)}${surety({ low, high }, n, '')}`;
}

/** What a pole's mask does, and no more than that. */
export function effect({ name, description }: Pole): string {
  return description || `Statements that people label “${name}” become more likely.`;
}

function strongest(controls: readonly Measurement[]): (Measurement & { auc: Estimate }) | undefined {
  return controls
    .flatMap((c) => (c.auc ? { ...c, auc: c.auc } : []))
    .toSorted((a, b) => b.auc.value - a.auc.value)[0];
}
