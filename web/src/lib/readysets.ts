/** The library's statements, for the tab: names at once, the statements of a set when it is chosen. */
import type { StatementSet } from './lab.svelte';

interface PairFile {
  name: string;
  poles: { plus: { label: string }; minus: { label: string } };
}

// The folder is a literal each time: Vite reads these calls when it builds.
const names = import.meta.glob<string>('../../../masks/library/statements/*/pair.json', {
  eager: true,
  import: 'name',
});
const pairs = import.meta.glob<PairFile>('../../../masks/library/statements/*/pair.json', {
  import: 'default',
});
const texts = import.meta.glob<string>('../../../masks/library/statements/*/{plus,minus}.txt', {
  query: '?raw',
  import: 'default',
});

export interface ReadySet {
  id: string;
  name: string;
}

export const readySets: readonly ReadySet[] = Object.entries(names)
  .map(([path, name]) => ({ id: path.slice(0, -'pair.json'.length), name }))
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

export async function readySet(id: string): Promise<StatementSet> {
  const [pair, plus, minus] = await Promise.all([
    pairs[`${id}pair.json`]?.(),
    texts[`${id}plus.txt`]?.(),
    texts[`${id}minus.txt`]?.(),
  ]);
  if (!pair || plus === undefined || minus === undefined) throw new Error(`There is no set ${id}.`);
  return { name: pair.name, label: pair.poles.plus.label, plus: statements(plus), minus: statements(minus) };
}

/** One statement a line. */
export function statements(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
