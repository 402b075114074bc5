/**
 * The service worker: answers for the page when the network can't. Names with a hash never change, so they come
 * from the cache first; all else asks the network first, so that a new version is seen at once.
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
  event.respondWith(url.pathname.includes('/assets/') ? cacheFirst(request) : networkFirst(request));
});

async function keep(urls: string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  const wanted = new Set(urls);
  for (const url of wanted) {
    if (url.includes('/assets/') && (await cache.match(url))) continue;
    try {
      const response = await fetch(url);
      if (response.ok) await cache.put(url, response);
    } catch {
      // Kept as it was, or not at all; the next visit tries again.
    }
  }
  for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
}

async function cacheFirst(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
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
