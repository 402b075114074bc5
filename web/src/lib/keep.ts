/**
 * What a visit leaves for the next one, in IndexedDB. A browser that can't or won't keep it (private mode, a full
 * disk) costs the visitor the memory and nothing else.
 */
import { createStore, get, set, update, type UseStore } from 'idb-keyval';
import type { Check } from './shape';

/** The one that idb-keyval has by default. */
const store = createStore('keyval-store', 'keyval');
/** Commits at once: what has only been asked for is dropped with a page that is left. */
const committing: UseStore = (mode, act) =>
  store(mode, (objects) => {
    const done = act(objects);
    objects.transaction.commit();
    return done;
  });

export async function recall<T>(key: string, check: Check<T>): Promise<T | null> {
  try {
    const value: unknown = await get(key, store);
    return value === undefined ? null : check(value, key);
  } catch {
    return null; // unreadable, or of a version whose shape is another
  }
}

/** That something can't be kept, and why; `what` ends the sentence. */
export function unkept(cause: unknown, what: string): string {
  const full = cause instanceof Error && cause.name === 'QuotaExceededError';
  return `This browser ${full ? 'has no room to' : 'does not let this page'} keep ${what}.`;
}

export interface Keeper<T> {
  /**
   * Keeps what `value` gives, soon: a burst of changes is one look and one write. A page that is hidden or left may not
   * come back, so it keeps at once what waits.
   */
  keep(value: () => T): void;
}

const QUIET_MS = 250;
/** A reply that streams changes all the time: it is kept at this pace. */
const LONGEST_MS = 2000;
const LEAVING = ['pagehide', 'visibilitychange'];

/** With `merge`, what another tab has stored meanwhile has a say in what is. */
export function keeper<T>(
  key: string,
  failed: (cause: unknown) => void,
  merge?: (stored: unknown, own: T) => unknown,
): Keeper<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitingSince = 0;
  let latest: () => T;
  const write = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    for (const type of LEAVING) removeEventListener(type, leave);
    try {
      if (merge) await update<unknown>(key, (stored) => merge(stored, latest()), store);
      else await set(key, latest(), committing);
    } catch (cause) {
      failed(cause);
    }
  };
  const leave = ({ type }: Event): void => {
    if (type === 'pagehide' || document.hidden) void write();
  };
  return {
    keep(value) {
      latest = value;
      const now = performance.now();
      if (timer === undefined) {
        waitingSince = now;
        for (const type of LEAVING) addEventListener(type, leave);
      }
      clearTimeout(timer);
      timer = setTimeout(
        () => void write(),
        Math.max(0, Math.min(QUIET_MS, waitingSince + LONGEST_MS - now)),
      );
    },
  };
}
