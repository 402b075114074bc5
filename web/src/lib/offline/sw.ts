/**
 * The service worker: answers for the page when the network can't. Names with a hash never change, so they come
 * from the cache first, and stay there once they were fetched, as long as the site has this version; all else asks the
 * network first, so that a new version is seen at once.
 */
declare const self: ServiceWorkerGlobalScope;

const CACHE = 'masque-page-1';

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const message: unknown = event.data;
  if (isKeep(message)) event.waitUntil(keep(message.urls));
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.href.startsWith(`${self.registration.scope}model/`)) return; // OPFS holds the model
  event.respondWith(hasHash(url.pathname) ? cacheFirst(event) : networkFirst(request));
});

function hasHash(address: string): boolean {
  return address.includes('/assets/');
}

async function keep(urls: string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  const wanted = new Set(urls);
  const before = await cache.keys(); // what the page fetches meanwhile is none of these
  const version = await versionIn(cache);
  for (const url of wanted) {
    if (hasHash(url) && (await cache.match(url))) continue;
    try {
      const response = await fetch(url);
      if (response.ok) await cache.put(url, response);
    } catch {
      // Kept as it was, or not at all; the next visit tries again.
    }
  }
  const same = version === (await versionIn(cache));
  for (const { url } of before) if (!wanted.has(url) && !(same && hasHash(url))) await cache.delete(url);
}

/** The version that is kept: the names in its document have hashes of all that they lead to. */
async function versionIn(cache: Cache): Promise<string | undefined> {
  const page = await cache.match(self.registration.scope);
  return (await page?.text())?.match(/assets\/[\w.-]+/g)?.join();
}

async function cacheFirst(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const found = await caches.match(request, { ignoreVary: true });
  if (found) return found;
  const response = await fetch(request);
  // Some hosts answer for a file that they lack with a page.
  if (response.ok && !response.headers.get('Content-Type')?.startsWith('text/html'))
    event.waitUntil(add(request, response.clone()));
  return response;
}

async function add(request: Request, response: Response): Promise<void> {
  try {
    await (await caches.open(CACHE)).put(request, response);
  } catch {
    // There is no room for it: it needs the network next time, too.
  }
}

async function networkFirst(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    const page = request.mode === 'navigate' ? self.registration.scope : request;
    const kept = await caches.match(page, { ignoreSearch: true, ignoreVary: true });
    if (kept) return kept;
    throw cause;
  }
}

function isKeep(message: unknown): message is { urls: string[] } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'keep' &&
    'urls' in message &&
    Array.isArray(message.urls) &&
    message.urls.every((url) => typeof url === 'string')
  );
}
