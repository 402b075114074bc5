/** Tabs that keep the same for the next visit: the last one to write wins, which is told in the others, once. */

/**
 * `notice` is called once, when another tab has kept what goes by this name while this one holds some of its own.
 * Returns what tells the others that this one has.
 */
export function besideOthers(name: string, holds: () => boolean, notice: () => void): () => void {
  const tabs = new BroadcastChannel(`masque ${name}`);
  let told = false;
  tabs.addEventListener('message', () => {
    if (told || !holds()) return;
    told = true;
    notice();
  });
  return () => tabs.postMessage(null);
}
