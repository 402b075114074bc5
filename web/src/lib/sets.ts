/** The library's statements, ready to start from. Their texts are fetched when one is chosen. */
import { later } from './later';
import { pairShape, type Pair, type PoleId } from './protocol';

const pairs = import.meta.glob<unknown>('../../../masks/library/statements/*/pair.json', {
  eager: true,
  import: 'default',
});
const texts = import.meta.glob<string>('../../../masks/library/statements/*/*.txt', {
  query: '?raw',
  import: 'default',
});

/** Styles that a pair's statements are written in, by the ends of their files' names. */
const STYLES: Record<string, string> = {
  '': 'sentences',
  items: 'questionnaire items',
  plain: 'plain statements',
  subtle: 'subtle statements',
};

export interface ReadySet {
  /** Folder and style: "extraversion", "extraversion.items". */
  id: string;
  pair: Pair;
  style: string;
}

const folderOf = (path: string): string => path.split('/').at(-2) ?? '';

/**
 * Every pair of files plus*.txt and minus*.txt, by the name of its pair. Compared by character: comparing as a language
 * does costs a start twenty milliseconds, and these names would stand in the same order.
 */
export const READY: readonly ReadySet[] = Object.entries(pairs)
  .flatMap(([path, value]) => {
    const pair = pairShape(value, path);
    const folder = folderOf(path);
    return stylesOf(folder).map((style) => ({
      id: style === '' ? folder : `${folder}.${style}`,
      pair,
      style: STYLES[style] ?? style,
    }));
  })
  .toSorted((a, b) => (a.pair.name < b.pair.name ? -1 : Number(a.pair.name > b.pair.name)));

function stylesOf(folder: string): string[] {
  return Object.keys(texts).flatMap((path) => {
    const style = /\/plus(?:\.([\w-]+))?\.txt$/.exec(path);
    return style && folderOf(path) === folder ? [style[1] ?? ''] : [];
  });
}

export async function load(id: string): Promise<Record<PoleId, string>> {
  const [folder, style] = id.split('.');
  const [plus, minus] = await Promise.all(
    (['plus', 'minus'] as const).map(async (pole) => {
      const name = `/${folder}/${pole}${style ? `.${style}` : ''}.txt`;
      const found = Object.entries(texts).find(([path]) => path.endsWith(name));
      if (!found) throw new Error(`There is no set ${id}.`);
      return (await later('These statements', found[1])).trim();
    }),
  );
  return { plus: plus ?? '', minus: minus ?? '' };
}
