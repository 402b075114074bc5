/** The settings of a reply, their limits and what they mean. */
import type { PaneId } from './protocol';
import * as shape from './shape';

export interface Field {
  key: 'temperature' | 'topK' | 'topP' | 'minP' | 'repeatPenalty' | 'repeatLast' | 'maxTokens';
  label: string;
  hint: string;
  min: number;
  max: number;
  step: number;
}

export const FIELDS: readonly Field[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    hint: '0 always takes the likeliest word',
    min: 0,
    max: 2,
    step: 0.05,
  },
  {
    key: 'topP',
    label: 'Top p',
    hint: 'the likeliest words up to this share',
    min: 0.05,
    max: 1,
    step: 0.05,
  },
  { key: 'topK', label: 'Top k', hint: 'so many words at most; 0 = all', min: 0, max: 200, step: 1 },
  { key: 'minP', label: 'Min p', hint: 'no word below this share of the best', min: 0, max: 0.5, step: 0.01 },
  { key: 'repeatPenalty', label: 'Repetition penalty', hint: '1 = none', min: 1, max: 2, step: 0.05 },
  { key: 'repeatLast', label: 'Penalty reaches back', hint: 'tokens', min: 0, max: 1024, step: 16 },
  { key: 'maxTokens', label: 'Longest reply', hint: 'tokens', min: 16, max: 1024, step: 16 },
];

/** Short enough to be typed and read out. */
export const LARGEST_SEED = 2 ** 32 - 1;

const members: { [K in Field['key']]: shape.Check<number> } & {
  seed: shape.Check<number>;
  apart: shape.Check<boolean | null>;
} = {
  temperature: limits('temperature'),
  topK: limits('topK'),
  topP: limits('topP'),
  minP: limits('minP'),
  repeatPenalty: limits('repeatPenalty'),
  repeatLast: limits('repeatLast'),
  maxTokens: limits('maxTokens'),
  seed: shape.within(0, LARGEST_SEED),
  /** Pane B has a seed of its own. Earlier versions kept no word of it. */
  apart: shape.nullable(shape.flag),
};

export const settingsShape = shape.object(members);
export type Settings = shape.Checked<typeof settingsShape>;

export const DEFAULTS: Readonly<Settings> = {
  temperature: 0.5,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repeatPenalty: 1.1,
  repeatLast: 64,
  maxTokens: 192,
  seed: 1,
  apart: false,
};

/** The seed that a pane's reply is sampled with. B's own is as far from A's as can be: Regenerate counts through A's. */
export function seedOf(pane: PaneId, seed: number, { apart }: Pick<Settings, 'apart'>): number {
  const seeds = LARGEST_SEED + 1;
  return pane === 'B' && apart ? (seed + seeds / 2) % seeds : seed;
}

function limits(key: Field['key']): shape.Check<number> {
  const field = FIELDS.find((f) => f.key === key);
  return field ? shape.within(field.min, field.max) : shape.number;
}
