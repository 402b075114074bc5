/**
 * A scene in a link: what the two panes wear, how replies are sampled and a message to begin with. `#scene=1&…` has the
 * fields of a form, so that whoever teaches can change one by hand:
 *
 *     #scene=1&message=Hello&seed=5&a=plus+0.65+<mask>+<key>+<name>&b=none
 *
 * A persona is named by the first digits of its mask and of its key. One that is no library's comes along in a field
 * `p`, as after `#p=`. The panes stand last: a link that was cut short lacks one. Fields that are not known are ignored,
 * so that later pages may say more; what this one would misread takes another number than 1.
 */
import { integer } from './numbers';
import { PANES, type PaneId, type PoleId } from './protocol';
import { DEFAULTS, FIELDS, LARGEST_SEED, type Field, type Settings } from './sampling';

const VERSION = '1';
/** Hexadecimal, of a digest: 48 bits tell the personas of a gallery apart. */
export const DIGITS = 12;
/** In characters. A persona's is the engine's own limit of links. */
const LONGEST = { message: 2000, name: 60, persona: 32 << 10, scene: 96 << 10 };
const DAMAGED = 'The link in the address is damaged, probably cut short: ask for it again.';

/** A persona as a link names it. */
export interface Named {
  pole: PoleId;
  strength: number;
  /** The first digits of its masks' digest, and of its key, which changes with its evidence. */
  mask: string;
  key: string;
  name: string;
}

export interface Scene {
  panes: Record<PaneId, Named | null>;
  settings: Settings;
  /** To be typed, not sent; empty = none. */
  message: string;
  /** Personas that come along: what stands after `#p=`. */
  personas: string[];
}

/** What a link says nothing of is as in `DEFAULTS`: with others there, links would be of version 2. */
const NUMBERS: readonly (Pick<Field, 'min' | 'max' | 'step'> & { key: Field['key'] | 'seed' })[] = [
  { key: 'seed', min: 0, max: LARGEST_SEED, step: 1 },
  ...FIELDS,
];

export function encode({ panes, settings, message, personas }: Scene): string {
  if (message.length > LONGEST.message)
    throw new Error(`The message is too long for a link: ${integer(LONGEST.message)} characters at most.`);
  const fields = new URLSearchParams({ scene: VERSION });
  if (message !== '') fields.set('message', message);
  for (const { key } of NUMBERS) if (settings[key] !== DEFAULTS[key]) fields.set(key, decimal(settings[key]));
  if (settings.apart) fields.set('apart', '1');
  for (const persona of personas) fields.append('p', persona);
  for (const pane of PANES) fields.set(pane.toLowerCase(), written(panes[pane]));
  return `#${fields}`;
}

function written(worn: Named | null): string {
  if (!worn) return 'none';
  const { pole, strength, mask, key, name } = worn;
  return [pole, decimal(strength), mask, key, printable(name)].join(' ');
}

/** The scene in an address's fragment. What is wrong with it is thrown as a sentence for whoever follows the link. */
export function decode(fragment: string): Scene {
  if (fragment.length > LONGEST.scene) throw wrong(`it has more than ${integer(LONGEST.scene)} characters`);
  const fields = new URLSearchParams(fragment.slice(1));
  const version = fields.get('scene') ?? '';
  if (version !== VERSION)
    throw /^[1-9]\d{0,3}$/.test(version)
      ? wrong(`it is of version ${version}, and this page knows version ${VERSION}`)
      : new Error(DAMAGED);
  const message = (fields.get('message') ?? '').replaceAll(CONTROLS, '');
  if (message.length > LONGEST.message)
    throw wrong(`its message has more than ${integer(LONGEST.message)} characters`);
  const settings: Settings = { ...DEFAULTS, apart: fields.get('apart') === '1' };
  for (const { key, min, max, step } of NUMBERS) {
    const value = fields.get(key);
    if (value !== null) settings[key] = numeral(value, key, min, max, step >= 1);
  }
  const personas = fields.getAll('p').slice(0, PANES.length);
  if (personas.some((p) => p.length > LONGEST.persona || !/^[\w-]+$/.test(p))) throw new Error(DAMAGED);
  return { panes: { A: wornIn(fields, 'A'), B: wornIn(fields, 'B') }, settings, message, personas };
}

function wornIn(fields: URLSearchParams, pane: PaneId): Named | null {
  const field = fields.get(pane.toLowerCase());
  if (field === 'none') return null;
  const [pole, strength = '', mask = '', key = '', ...name] = (field ?? '').split(' ');
  if ((pole !== 'plus' && pole !== 'minus') || !DIGEST.test(mask) || !DIGEST.test(key))
    throw new Error(DAMAGED);
  return {
    pole,
    strength: numeral(strength, `strength in pane ${pane}`, 0, 1, false),
    mask,
    key,
    name: printable(name.join(' ')),
  };
}

const DIGEST = new RegExp(`^[0-9a-f]{${DIGITS}}$`);
/** But for tabs and ends of lines, which a message may have. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;

/** What the words about a persona may repeat of it. */
function printable(name: string): string {
  return name.replaceAll(/\s+/g, ' ').replaceAll(CONTROLS, '').trim().slice(0, LONGEST.name);
}

/** No exponent, and no more digits than a setting can need. */
function decimal(n: number): string {
  return String(Number(n.toFixed(6)));
}

function numeral(value: string, what: string, min: number, max: number, whole: boolean): number {
  const n = /^\d{1,10}(\.\d{1,6})?$/.test(value) ? Number(value) : NaN;
  if (n >= min && n <= max && (!whole || Number.isInteger(n))) return n;
  throw wrong(`its ${what} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
}

function wrong(why: string): Error {
  return new Error(`The scene in the address can’t be opened: ${why}.`);
}
