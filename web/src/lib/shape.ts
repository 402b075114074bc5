/**
 * Checks for values that come from outside: the engine's messages, the manifest, what an earlier visit stored.
 * A check returns the value with its type or throws a ShapeError that names the place. The types of the
 * protocol are derived from these checks, so that the two cannot part.
 */
export class ShapeError extends Error {
  constructor(
    readonly path: string,
    readonly expected: string,
    value: unknown,
  ) {
    super(`${path}: expected ${expected}, found ${describe(value)}`);
    this.name = 'ShapeError';
  }
}

export type Check<T> = (value: unknown, path?: string) => T;
export type Checked<C> = C extends Check<infer T> ? T : never;

const ROOT = 'value';

export const text: Check<string> = (value, path = ROOT) => {
  if (typeof value !== 'string') throw new ShapeError(path, 'a text', value);
  return value;
};

export const flag: Check<boolean> = (value, path = ROOT) => {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false', value);
  return value;
};

export const number: Check<number> = (value, path = ROOT) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ShapeError(path, 'a number', value);
  return value;
};

export const count: Check<number> = (value, path = ROOT) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new ShapeError(path, 'a whole number from 0', value);
  return value;
};

export function within(low: number, high: number): Check<number> {
  return (value, path = ROOT) => {
    const n = number(value, path);
    if (n < low || n > high) throw new ShapeError(path, `a number from ${low} to ${high}`, value);
    return n;
  };
}

export function matching(pattern: RegExp, what: string): Check<string> {
  return (value, path = ROOT) => {
    const s = text(value, path);
    if (!pattern.test(s)) throw new ShapeError(path, what, value);
    return s;
  };
}

export function literal<const T extends string | number>(wanted: T): Check<T> {
  return (value, path = ROOT) => {
    if (value !== wanted) throw new ShapeError(path, JSON.stringify(wanted), value);
    return wanted;
  };
}

export function oneOf<const T extends string>(...wanted: readonly T[]): Check<T> {
  return (value, path = ROOT) => {
    const found = wanted.find((w) => w === value);
    if (found === undefined)
      throw new ShapeError(path, wanted.map((w) => JSON.stringify(w)).join(' or '), value);
    return found;
  };
}

export function nullable<T>(inner: Check<T>): Check<T | null> {
  return (value, path = ROOT) => (value === null || value === undefined ? null : inner(value, path));
}

export function list<T>(inner: Check<T>, limit = 1 << 20): Check<T[]> {
  return (value, path = ROOT) => {
    if (!Array.isArray(value)) throw new ShapeError(path, 'a list', value);
    if (value.length > limit) throw new ShapeError(path, `a list of at most ${limit}`, value);
    return value.map((item: unknown, i) => inner(item, `${path}[${i}]`));
  };
}

type Members = Record<string, Check<unknown>>;
type Shaped<M extends Members> = { [K in keyof M]: Checked<M[K]> };

/** An object with these members. Members that are not named are dropped: a newer sender may say more. */
export function object<M extends Members>(members: M): Check<Shaped<M>> {
  return (value, path = ROOT) => {
    if (!isRecord(value)) throw new ShapeError(path, 'an object', value);
    const out: Record<string, unknown> = {};
    for (const key of Object.keys(members)) out[key] = members[key]?.(value[key], `${path}.${key}`);
    return out as Shaped<M>;
  };
}

type Variants = Record<string, Members>;
type Union<V extends Variants> = { [K in keyof V]: { type: K } & Shaped<V[K]> }[keyof V];

/** One of several objects that their member `type` tells apart. */
export function union<V extends Variants>(variants: V): Check<Union<V>> {
  const checks = new Map(Object.entries(variants).map(([type, members]) => [type, object(members)]));
  return (value, path = ROOT) => {
    if (!isRecord(value)) throw new ShapeError(path, 'an object', value);
    const type = text(value['type'], `${path}.type`);
    const check = checks.get(type);
    if (!check) throw new ShapeError(`${path}.type`, `one of ${[...checks.keys()].join(', ')}`, type);
    return { type, ...check(value, path) } as Union<V>;
  };
}

/** JSON text through a check; broken JSON is a ShapeError too. */
export function parse<T>(json: string, check: Check<T>, path = ROOT): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ShapeError(path, 'JSON', json);
  }
  return check(value, path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}
