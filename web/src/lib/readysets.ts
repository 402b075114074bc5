/** The library's sentences as the Lab takes them: names at once, the statements of a set when it is chosen. */
import type { StatementSet } from './lab.svelte';
import { load, READY } from './sets';
import { lines } from './statements';

/** One set a trait: its sentences, which all have. */
export const readySets: readonly { id: string; name: string }[] = READY.filter(
  ({ id }) => !id.includes('.'),
).map(({ id, pair }) => ({ id, name: pair.name }));

export async function readySet(id: string): Promise<StatementSet> {
  const pair = READY.find((s) => s.id === id)?.pair;
  if (!pair) throw new Error(`There is no set ${id}.`);
  const { plus, minus } = await load(id);
  return { name: pair.name, label: pair.poles.plus.label, plus: statements(plus), minus: statements(minus) };
}

/** One statement a line. */
export function statements(text: string): string[] {
  return lines(text)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
