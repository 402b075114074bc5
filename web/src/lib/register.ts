import type { Started } from './protocol';

/**
 * Keeps the page itself for visits without a network, once there is a model to use it with. What is kept is what
 * this visit has used: the document, its assets and the engine, with the personas of the library, but not the model,
 * which OPFS holds. Assets that are used later are kept as well, as long as the site has this version.
 */
export function keepPage(engine: Started): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  void (async () => {
    try {
      await navigator.serviceWorker.register('./sw.js', { type: 'classic', updateViaCache: 'none' });
      const { active } = await navigator.serviceWorker.ready;
      active?.postMessage({ type: 'keep', urls: used(engine) });
    } catch {
      // Without it the page needs the network at the next visit: nothing to tell a visitor about.
    }
  })();
}

function used(engine: Started): string[] {
  const base = new URL('./', document.baseURI).href;
  const resources = performance.getEntriesByType('resource').map((entry) => entry.name);
  const own = [base, ...resources, ...fetched(engine).map((file) => base + file)];
  return [...new Set(own.map((url) => url.split('#')[0] ?? url))].filter(
    (url) => url.startsWith(base) && !url.startsWith(`${base}model/`),
  );
}

/** What the worker fetches, which the page's own list does not hold, and may fetch later. */
function fetched({ variant, files }: Started): string[] {
  return ['wasm/wasm_exec.js', `wasm/masque.${variant}.wasm`, 'icon.svg', ...files];
}
