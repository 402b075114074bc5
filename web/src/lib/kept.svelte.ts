import type { Keeper } from './keep';

/**
 * Keeps what `read` gives whenever it changes, once `recalled` says that what an earlier visit left has been taken up:
 * that is kept already, or another tab has kept something else since. Must be called while a component initialises.
 */
export function keepChanges<T>(kept: Keeper<unknown>, recalled: () => boolean, read: () => () => T): void {
  let first = true;
  $effect(() => {
    const value = read();
    if (!recalled()) return;
    if (first) first = false;
    else kept.keep(value);
  });
}
