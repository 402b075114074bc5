/** What a persona's evidence says, in the words of a careful reader. */
import { share } from './numbers';
import type { Estimate, Evidence, Measurement, Pole } from './protocol';

/** The first test is the persona's headline; the strongest control is what it must beat. */
export function headline(evidence: Evidence): string[] {
  const [test] = evidence.tests;
  if (!test) return [];
  const parts: string[] = [];
  if (test.auc) parts.push(`Held-out AUC ${estimate(test.auc)}`);
  const control = strongest(evidence.controls ?? []);
  if (control?.auc) parts.push(`strongest control ${share(control.auc.value, 3)} (${control.name})`);
  const ratio = [test, ...evidence.tests].find((t) => t.ppl_ratio)?.ppl_ratio;
  if (ratio) parts.push(`perplexity ×${Math.max(ratio.plus, ratio.minus).toFixed(2)}`);
  return parts;
}

/** A figure with its interval, or with the draws that it is the mean of. */
export function estimate({ value, low, high, draws }: Estimate): string {
  if (low !== null && high !== null) return `${share(value, 3)} (${share(low)} to ${share(high)})`;
  if (draws !== null && draws.length > 1)
    return `${share(value, 3)} (${draws.map((d) => share(d)).join(', ')})`;
  return share(value, 3);
}

/** What a pole's mask does, and no more than that. */
export function effect({ name, description }: Pole): string {
  return description || `Statements that people label “${name}” become more likely.`;
}

function strongest(controls: readonly Measurement[]): Measurement | undefined {
  return controls.filter((c) => c.auc).toSorted((a, b) => (b.auc?.value ?? 0) - (a.auc?.value ?? 0))[0];
}
