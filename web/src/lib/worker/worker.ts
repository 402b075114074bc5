/**
 * The worker: holds the Go program, brings the model to it and passes messages on. One load at a time; what the
 * page asks of the engine itself goes through unchanged.
 */
import { sentence } from '../sentence';
import * as shape from '../shape';
import { manifest as manifestShape, type Part } from '../manifest';
import type { EngineEvent, EngineRequest, Manifest, ModelSource, PageEvent, PageRequest } from '../protocol';
import { LoadError, modelParts, storedBytes } from './modelstore';
import { evictStore, openStore, type OpfsStore } from './opfs';
import { follow } from './follower';
import { Followers, type FollowerRequest } from './followers';
import { compile, prepare, Program } from './program';
import { Trust } from './trust';
import { answer, digest, verify, type VerifierRequest } from './verifier';

declare const self: DedicatedWorkerGlobalScope;

/** The engine takes the model in pieces of this size, and events are heard between two of them. */
const CHUNK_BYTES = 1 << 20;
/** At most this often does the page hear how many bytes have arrived. */
const PROGRESS_MS = 50;
/**
 * Two tabs must not write the same parts: the second waits, then finds them stored. Nor can a part be removed while it
 * is read.
 */
const STORE_LOCK = 'masque-model';

/** The program, as soon as it takes requests. */
let program: Promise<Program> | null = null;
let followers: Followers | null = null;
/** All followers are ready for a model. */
let assembled: Promise<void> = Promise.resolve();
/** All followers have their shares of the model that is being opened; null where there are none. */
let joining: Promise<void> | null = null;
/** This worker is a follower itself. */
let enlisted = false;
let loading: { id: number; abort: AbortController; done: Promise<void> } | null = null;

/** What the model that is being opened must turn out to be. */
let expected: { id: number; digest: string } | null = null;
/** What of it was taken from the storage unchecked. */
let trust = new Trust(check, sayDamaged);

/** When the page was last told something. */
let lastSent = 0;

function send(event: PageEvent): void {
  lastSent = performance.now();
  self.postMessage(event);
}

const QUIET_MS = 1000;

/** Resolves once the engine has been quiet for so long: nobody waits for a reply, and the page has drawn what it was told. */
async function quiet(): Promise<void> {
  for (let left = QUIET_MS; left > 0; left = lastSent + QUIET_MS - performance.now())
    await new Promise((resolve) => setTimeout(resolve, left));
}

/** While followers still read their shares, the leader's news of the open model waits. */
let news: EngineEvent[] | null = null;

function fromEngine(event: EngineEvent): void {
  if (news) news.push(event);
  else if (event.type === 'opened' && joining) {
    news = [event];
    void tellWhenJoined(joining);
  } else tell(event);
}

async function tellWhenJoined(joined: Promise<void>): Promise<void> {
  try {
    await joined;
    for (const event of news ?? []) tell(event);
    news = null;
  } catch (cause) {
    broken(sentence(cause));
  }
}

function tell(event: EngineEvent): void {
  if (event.type === 'opened' && expected?.id === event.id && event.model.digest !== expected.digest) {
    const message =
      'The model arrived damaged: its SHA-256 is not the one its manifest names. Load it again.';
    return send({ type: 'failed', id: event.id, message });
  }
  if (event.type === 'failed' && event.id === loading?.id) return void trust.explain(() => send(event));
  send(event);
  if (event.type === 'opened') {
    const unchecked = trust;
    void quiet().then(() => unchecked.broken());
  }
}

async function check(parts: readonly Part[]): Promise<readonly Part[]> {
  return navigator.locks.request(STORE_LOCK, () => verify(parts));
}

/** The page begins anew. */
function sayDamaged(parts: readonly Part[]): void {
  const files = parts.map((part) => part.file).join(', ');
  const message = `The stored copy of ${files} was damaged (wrong SHA-256); it is fetched anew.`;
  send({ type: 'damaged', message });
}

/** A program has ended, perhaps of what a damaged part says. */
function ended(message: string, alone = false): void {
  void trust.explain(() => send({ type: 'crashed', message, alone }));
}

/** A member of the team is gone, and with it a part of the weights: the page starts again, with one worker. */
function broken(reason: string): void {
  const message = `One of the engine's workers has died${reason && ` (${reason})`}.`;
  ended(message, true);
}

self.addEventListener('message', (message: MessageEvent<PageRequest | FollowerRequest | VerifierRequest>) => {
  const request = message.data;
  switch (request.type) {
    case 'verify':
      return void openStore().then((store) => answer(request, store));
    case 'enlist':
      enlisted = true;
      return void follow(request);
    case 'pace':
    case 'run':
    case 'open':
    case 'feed':
      return void follow(request);
    default:
      handle(request).catch((cause: unknown) => {
        if ('id' in request) send({ type: 'failed', id: request.id, message: sentence(cause) });
        else ended(sentence(cause));
      });
  }
});
// What Go throws outside a request (an event handler, a timer) arrives here.
self.addEventListener('error', (event) => {
  if (!enlisted) {
    event.preventDefault(); // else the page hears at once, before the parts have been looked at
    console.error(event.error);
  }
  ended(event.message);
});
self.addEventListener('unhandledrejection', (event) => ended(sentence(event.reason)));

async function handle(request: PageRequest): Promise<void> {
  switch (request.type) {
    case 'boot':
      program = start(request);
      await program;
      return;
    case 'survey': {
      const store = await openStore();
      const manifest = await findManifest(request.url, store);
      const stored = store ? await storedBytes(manifest, store) : 0;
      return send({ type: 'surveyed', id: request.id, manifest, stored, keeps: store !== null });
    }
    case 'load': {
      // The last one asked for: it waits for the end of the one before, and can be cancelled meanwhile.
      const before = loading;
      before?.abort.abort();
      const abort = new AbortController();
      const run = (): Promise<void> => load(request.id, request.source, abort.signal);
      const done = before ? before.done.then(run, run) : run();
      loading = { id: request.id, abort, done };
      return done;
    }
    case 'cancel':
      if (loading?.id === request.id) loading.abort.abort();
      return;
    case 'evict':
      await navigator.locks.request(STORE_LOCK, evictStore);
      return send({ type: 'evicted', id: request.id });
    default:
      (await running()).request(request);
  }
}

async function start({ base, variant, workers }: Extract<PageRequest, { type: 'boot' }>): Promise<Program> {
  const compiling = compile(base, variant);
  compiling.catch(() => {}); // the third line after this meets it
  prepare(base);
  const team = await Followers.enlist(workers, base, broken);
  const code = await compiling;
  followers = team;
  assembled = team.run(code);
  assembled.catch(() => {}); // a load meets it
  return Program.start(code, team.place, {
    event: fromEngine,
    crashed: (message) => ended(message),
    lonely: () => broken(''),
  });
}

async function running(): Promise<Program> {
  if (!program) throw new Error('The engine is not running.');
  return program;
}

async function load(id: number, source: ModelSource, signal: AbortSignal): Promise<void> {
  trust.end();
  trust = new Trust(check, sayDamaged);
  /** The engine that has been told of the model. */
  let told: Promise<Program> | null = null;
  const begun: Begin = (request) => (told = begin(request, signal));
  try {
    signal.throwIfAborted(); // it may have waited for the load before
    if (source.kind === 'file') await loadFile(begun, id, source.file, signal);
    else await loadParts(begun, id, source.url, signal);
  } catch (cause) {
    // First the reason, then the engine is told to forget an open that gets no more bytes: what it says of that is
    // no news to anyone.
    if (signal.aborted) send({ type: 'cancelled', id });
    else await trust.explain(() => send({ type: 'failed', id, message: sentence(cause) }));
    const engine = await (told as Promise<Program> | null)?.catch(() => null);
    if (!engine) return;
    engine.request({ type: 'stop', id, target: id });
    if (followers && joining) {
      joining = null;
      assembled = followers.renew();
      await assembled;
      engine.sit(followers.place);
    }
  }
}

type Begin = (request: Extract<EngineRequest, { type: 'open' }>) => Promise<Program>;

/** Tells the team, as soon as it is there, of a model whose bytes follow. */
async function begin(request: Parameters<Begin>[0], signal: AbortSignal): Promise<Program> {
  const engine = await running();
  await assembled;
  signal.throwIfAborted();
  engine.request(request);
  joining = followers && followers.size > 1 ? followers.open(request) : null;
  joining?.catch(() => {}); // who waits for it meets it
  return engine;
}

/** Gives the team the next bytes: to the followers as soon as they have room, to the leader as it takes them. */
async function feed(engine: Program, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const ahead = followers?.feed(bytes);
  ahead?.catch(() => {}); // the last line meets it
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    signal.throwIfAborted();
    await engine.feed(bytes.subarray(at, at + CHUNK_BYTES));
    await eventsHeard();
  }
  await ahead;
}

const turn = new MessageChannel();
turn.port1.start();

/**
 * Lets what has happened meanwhile be heard: what the page asks, the followers' room, a part that has been hashed. The
 * engine's promises alone are kept within one turn of the event loop.
 */
function eventsHeard(): Promise<void> {
  return new Promise((resolve) => {
    turn.port1.addEventListener('message', () => resolve(), { once: true });
    turn.port2.postMessage(null);
  });
}

async function loadFile(begun: Begin, id: number, file: File, signal: AbortSignal): Promise<void> {
  const progress = throttled(id);
  const engine = await begun({ type: 'open', id, name: file.name, size: file.size, digest: '' });
  for (let at = 0; at < file.size; at += CHUNK_BYTES) {
    const chunk = new Uint8Array(await file.slice(at, at + CHUNK_BYTES).arrayBuffer());
    signal.throwIfAborted();
    await feed(engine, chunk, signal);
    progress({ done: at + chunk.length, total: file.size, from: 'storage' });
  }
}

async function loadParts(begun: Begin, id: number, url: string, signal: AbortSignal): Promise<void> {
  const store = await openStore();
  const manifest = await findManifest(url, store);
  if (!store) {
    const message =
      'This browser keeps no files for pages (a private window?): the model runs from memory and is downloaded again next time.';
    send({ type: 'storage', id, kept: false, message });
  }
  const sha256 = self.isSecureContext ? digest : null;
  // Without https there is no WebCrypto: the engine then hashes the whole, which is compared when it has opened.
  expected = { id, digest: manifest.digest };
  // Not waited for: the first parts are read and hashed while the program still starts.
  const engine = begun({
    type: 'open',
    id,
    name: manifest.name,
    size: manifest.size,
    digest: sha256 ? manifest.digest : '',
  });
  engine.catch(() => {}); // the first part meets it
  let kept = store !== null;
  await withStoreLock(id, signal, async () => {
    const parts = modelParts({
      manifest,
      url,
      store,
      sha256,
      fetch: (address, init) => fetch(address, init),
      signal,
      progress: throttled(id),
      trusted: (part) => trust.take(part),
      notice: (message) => send({ type: 'notice', id, message }),
      unkept: (message) => {
        kept = false;
        send({ type: 'storage', id, kept: false, message });
      },
    });
    for await (const part of parts) await feed(await engine, part, signal);
    if (!kept || !store) return;
    try {
      await store.keepManifest(JSON.stringify(manifest));
      send({
        type: 'storage',
        id,
        kept: true,
        message: 'The model is kept in this browser for the next visit.',
      });
    } catch {
      // A later visit without a network will lack the list; with one it fetches it again.
    }
  });
}

async function withStoreLock(id: number, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  if (!('locks' in navigator)) return action(); // a page without https, which has no storage either
  const held = await navigator.locks.query();
  if (held.held?.some((lock) => lock.name === STORE_LOCK))
    send({
      type: 'notice',
      id,
      message: 'The stored model is in use, perhaps in another tab: waiting for it.',
    });
  await navigator.locks.request(STORE_LOCK, { signal }, action);
}

async function findManifest(url: string, store: OpfsStore | null): Promise<Manifest> {
  try {
    const response = await fetch(url, { cache: 'no-cache' });
    if (response.status === 404)
      throw new LoadError('This site holds no model: open a GGUF file of your own.');
    if (!response.ok)
      throw new LoadError(`The model's list of parts (${url}) answers HTTP ${response.status}.`);
    return shape.parse(await response.text(), manifestShape, 'manifest');
  } catch (cause) {
    const kept = await store?.manifest();
    if (kept) return shape.parse(kept, manifestShape, 'manifest');
    if (cause instanceof TypeError)
      throw new LoadError("The model can't be fetched: the network or the server is gone.", { cause });
    throw cause;
  }
}

function throttled(id: number): (p: { done: number; total: number; from: 'network' | 'storage' }) => void {
  let last = 0;
  return (p) => {
    const now = performance.now();
    if (p.done < p.total && now - last < PROGRESS_MS) return;
    last = now;
    send({ type: 'fetch', id, ...p });
  };
}
