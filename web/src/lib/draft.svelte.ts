/** What a visitor writes to make a persona of: statements of two poles, words for them, and settings. */
import * as shape from './shape';
import { LARGEST_SEED } from './sampling';
import { keptRecipe, pairShape, type Measures, type Pair, type PoleId } from './protocol';

const texts = shape.object({ plus: shape.text, minus: shape.text });
export type Texts = Record<PoleId, string>;

export const draftShape = shape.object({
  pair: pairShape,
  texts,
  holdout: shape.within(0, 0.9),
  seed: shape.within(0, LARGEST_SEED),
});
export type Draft = shape.Checked<typeof draftShape>;

/** What masks were made from, so that their controls can be made of the same, and tests of something else. */
const originShape = shape.object({ mask: shape.text, draft: draftShape });
export type Origin = shape.Checked<typeof originShape>;
/** Of so many masks it is kept: each may be hundreds of statements. */
export const MOST_ORIGINS = 20;
/** Earlier versions kept the last one alone. */
export const originsShape: shape.Check<Origin[]> = (value, path) =>
  Array.isArray(value) ? shape.list(originShape)(value, path) : [originShape(value, path)];

/** Statements of another kind, to test a persona on. */
export const otherShape = shape.object({ name: shape.text, texts });
export type Other = shape.Checked<typeof otherShape>;

/** What the poles are called wherever the visitor has not named them, as in the engine's warnings. */
export const POLES: Readonly<Record<PoleId, string>> = { plus: 'Plus pole', minus: 'Minus pole' };

const nameless = (): Pair['poles'][PoleId] => ({ name: '', description: '', prompt: '', label: '' });

export function blankPair(): Pair {
  return { name: '', description: '', poles: { plus: nameless(), minus: nameless() } };
}

export function blankDraft(): Draft {
  return { pair: blankPair(), texts: { plus: '', minus: '' }, holdout: 0.5, seed: 1 };
}

export const blankOther = (): Other => ({ name: '', texts: { plus: '', minus: '' } });

/** The words as a persona needs them: poles that were given no name have their sign, a trait its poles'. */
export function named(pair: Pair): Pair {
  const pole = (id: PoleId, sign: string): Pair['poles'][PoleId] => ({
    ...pair.poles[id],
    name: pair.poles[id].name.trim() || sign,
  });
  const poles = { plus: pole('plus', 'plus'), minus: pole('minus', 'minus') };
  return { ...pair, name: pair.name.trim() || `${poles.plus.name} – ${poles.minus.name}`, poles };
}

export const NOTHING: Readonly<Measures> = {
  own: false,
  yesNo: false,
  replies: 0,
  shuffled: 0,
  random: 0,
  prompts: false,
  fewShot: false,
  words: false,
  wanda: false,
};

const measuresShape: shape.Check<Measures> = shape.object({
  own: shape.flag,
  yesNo: shape.flag,
  replies: shape.count,
  shuffled: shape.count,
  random: shape.count,
  prompts: shape.flag,
  fewShot: shape.flag,
  words: shape.flag,
  wanda: shape.flag,
});

/** How masks are to be made and measured: `recipe` as it was set for the model `fitted`. */
export const formShape = shape.object({
  recipe: shape.nullable(keptRecipe),
  fitted: shape.text,
  controls: measuresShape,
  further: measuresShape,
});

/** How many undone changes are kept. */
const DEPTH = 30;

/** A way back from what replaces a text; typing has the browser's own. */
export class History<T> {
  private past = $state.raw<T[]>([]);

  get some(): boolean {
    return this.past.length > 0;
  }

  keep(value: T): void {
    this.past = [...this.past, structuredClone(value)].slice(-DEPTH);
  }

  back(): T | undefined {
    const last = this.past.at(-1);
    this.past = this.past.slice(0, -1);
    return last;
  }
}
