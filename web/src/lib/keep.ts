/**
 * What a visit leaves for the next one, in IndexedDB. A browser that can't or won't keep it (private mode, a full
 * disk) costs the visitor the memory and nothing else.
 */
import { get, set, update } from 'idb-keyval';
import type { Check } from './shape';

export async function recall<T>(key: string, check: Check<T>): Promise<T | null> {
  try {
    const value: unknown = await get(key);
    return value === undefined ? null : check(value, key);
  } catch {
    return null; // unreadable, or of a version whose shape is another
  }
}

export interface Keeper<T> {
  /** Keeps what `value` gives, soon: a burst of changes is one look and one write. */
  keep(value: () => T): void;
}

const QUIET_MS = 250;
/** A reply that streams changes all the time: it is kept at this pace. */
const LONGEST_MS = 2000;

/** With `merge`, what another tab has stored meanwhile has a say in what is. */
export function keeper<T>(
  key: string,
  failed: (cause: unknown) => void,
  merge?: (stored: unknown, own: T) => T,
): Keeper<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitingSince = 0;
  let latest: () => T;
  const write = async (): Promise<void> => {
    timer = undefined;
    try {
      if (merge) await update<unknown>(key, (stored) => merge(stored, latest()));
      else await set(key, latest());
    } catch (cause) {
      failed(cause);
    }
  };
  return {
    keep(value) {
      latest = value;
      const now = performance.now();
      if (timer === undefined) waitingSince = now;
      clearTimeout(timer);
      timer = setTimeout(
        () => void write(),
        Math.max(0, Math.min(QUIET_MS, waitingSince + LONGEST_MS - now)),
      );
    },
  };
}
