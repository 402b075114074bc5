/**
 * How far two next-token distributions part, as colour, height and words. The unit is the nat. Height is by
 * square root, so that small differences are seen beside large ones; colour is by the value itself, so that the large
 * ones are what the eye finds.
 */
import { scaleSequential, scaleSqrt } from 'd3-scale';
import { interpolateMagma } from 'd3-scale-chromatic';

export interface StripToken {
  text: string;
  /** null: not known (yet). */
  kl: number | null;
}

/** Measured through Extraversion: half of the tokens lie below 0.07 nats, one in a hundred above 0.5. */
export const TOP_NATS = 1;

// Magma is even in lightness and holds for the common colour blindnesses. Each theme starts at its own ground, so
// that no difference recedes and a large one stands out.
const onDark = scaleSequential((t: number) => interpolateMagma(0.18 + 0.74 * t))
  .domain([0, TOP_NATS])
  .clamp(true);
const onLight = scaleSequential((t: number) => interpolateMagma(0.9 - 0.7 * t))
  .domain([0, TOP_NATS])
  .clamp(true);
const height = scaleSqrt().domain([0, TOP_NATS]).range([0.12, 1]).clamp(true);

export function colour(kl: number, dark: boolean): string {
  return dark ? onDark(kl) : onLight(kl);
}

/** The same as a share of the strip's height: colour is never the only sign. */
export function extent(kl: number): number {
  return height(kl);
}

/** What a token's bar looks like, and what it says to a screen reader. */
export interface Bar {
  unknown: boolean;
  style: string;
  label: string;
}

/** The bars of one theme. A token keeps its bar, so that only those that change are drawn anew. */
export function bars(dark: boolean): (token: StripToken) => Bar {
  const known = new WeakMap<StripToken, Bar>();
  return (token) => {
    let bar = known.get(token);
    if (!bar) known.set(token, (bar = barOf(token, dark)));
    return bar;
  };
}

function barOf({ text, kl }: StripToken, dark: boolean): Bar {
  const label = `${spoken(text)}, ${nats(kl)}`;
  if (kl === null) return { unknown: true, style: '--extent: 0; --colour: transparent', label };
  return { unknown: false, style: `--extent: ${extent(kl)}; --colour: ${colour(kl, dark)}`, label };
}

export function nats(kl: number | null): string {
  return kl === null ? 'not measured' : `${kl.toFixed(2)} nats`;
}

/** A token for reading: its spaces and line ends made visible. */
export function visible(text: string): string {
  if (text === '') return '(part of a character)';
  return text
    .replaceAll('\n', '↵')
    .replaceAll('\t', '⇥')
    .replace(/^ /, '␣')
    .replace(/(?<=.) $/, '␣');
}

/** The same for a screen reader. */
export function spoken(text: string): string {
  const word = text.trim();
  if (word !== '') return word;
  if (text === '') return 'part of a character';
  return text.includes('\n') ? 'line break' : 'space';
}

/** The token where the two part most. */
export function furthest(tokens: readonly StripToken[]): { text: string; kl: number } | null {
  let best: { text: string; kl: number } | null = null;
  for (const { text, kl } of tokens) if (kl !== null && (best === null || kl > best.kl)) best = { text, kl };
  return best;
}

export function mean(tokens: readonly StripToken[]): number | null {
  const known = tokens.flatMap((t) => (t.kl === null ? [] : [t.kl]));
  return known.length === 0 ? null : known.reduce((sum, kl) => sum + kl, 0) / known.length;
}
