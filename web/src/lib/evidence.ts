/** What a persona's evidence says, in the words of a careful reader. */
import { percent, share } from './numbers';
import type { Estimate, Evidence, Measurement, Pole } from './protocol';
import { FEW } from './statements';

/** What knows the trait without a mask's help, or beside one: no control, whatever list it stands in. */
export const RIVAL = /\bprompt\b/i;

/**
 * The first test is the persona's headline; the strongest of its controls is what it must beat, and a prompt that is
 * stronger is its rival. A prompt together with the mask is neither: the mask is in it.
 */
export function headline(evidence: Evidence, strength: number): string[] {
  const [group] = groups(evidence);
  const test = group?.tests[0];
  if (!group || !test) return [];
  const parts: string[] = [];
  if (test.auc) parts.push(`Held-out AUC ${estimate(test.auc, test.n)}`);
  const control = strongest(group.controls.filter((c) => !RIVAL.test(c.name)));
  if (control) parts.push(`strongest control ${share(control.auc.value, 3)} (${control.name})`);
  const rival = strongest(group.controls.filter((c) => /\bprompt alone$/i.test(c.name)));
  if (rival && rival.auc.value > (control?.auc.value ?? 0))
    parts.push(`${rival.name.toLowerCase()} ${share(rival.auc.value, 3)}`);
  const ratio = [test, ...evidence.tests].find((t) => t.ppl_ratio)?.ppl_ratio;
  if (ratio) parts.push(`perplexity ×${Math.max(ratio.plus, ratio.minus).toFixed(2)}`);
  parts.push(`at ${percent(strength)} strength`);
  return parts;
}

/** The measurements on one set of statements. */
export interface Group {
  /** What the statements are called. */
  title: string;
  tests: Measurement[];
  controls: Measurement[];
}

/**
 * Tests with the controls that were measured on the same statements. What was measured on another set says so at the
 * end of its name: "Prompt alone, items in another style" belongs to the test "Items in another style".
 */
export function groups({ tests, controls }: Evidence): Group[] {
  const found: Group[] = [];
  const all = [...tests, ...(controls ?? [])];
  // A test of another set gives its name to the controls on it; without any it stands with the others.
  const heads = tests.slice(1).filter(({ name }) => all.some((m) => setOf(m, name)));
  for (const head of [null, ...heads]) {
    const own = (m: Measurement): boolean =>
      head === null ? !heads.some((h) => m === h || setOf(m, h.name)) : m === head || setOf(m, head.name);
    found.push({
      title: head?.name ?? tests[0]?.name ?? '',
      tests: tests.filter(own).map((m) => bare(m, head)),
      controls: (controls ?? []).filter(own).map((m) => bare(m, head)),
    });
  }
  return found.filter((g) => g.tests.length + g.controls.length > 0);
}

const suffix = (name: string): string => `, ${name.charAt(0).toLowerCase()}${name.slice(1)}`;

function setOf(m: Measurement, name: string): boolean {
  return m.name.endsWith(suffix(name));
}

function bare(m: Measurement, head: Measurement | null): Measurement {
  if (head === null) return m;
  return m === head ? m : { ...m, name: m.name.slice(0, -suffix(head.name).length) };
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
