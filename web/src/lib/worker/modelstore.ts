/**
 * The model's parts, in order: from this browser's storage where they are kept, else from the network and into the
 * storage on the way. What comes from the network counts as good only when its SHA-256 is the manifest's; until then
 * none of its bytes reach the engine. A part that is stored whole was checked so when it came, unless the page was closed
 * just then, and is taken on trust: hashing it again would be a quarter of the time until the first reply. `removeDamaged`
 * looks at it afterwards. Two buffers of one part's size are all that is held: while the engine takes one part, the next
 * arrives in the other.
 */
import { sentence } from '../sentence';
import type { Part } from '../manifest';
import type { Manifest } from '../protocol';

/** One stored file; offsets and sizes in bytes. All but opening is synchronous, as OPFS has it in a worker. */
export interface PartFile {
  size(): number;
  read(into: Uint8Array, at: number): number;
  write(bytes: Uint8Array, at: number): void;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** Where parts are kept, each under its SHA-256, so that a damaged or outdated one can't be taken for another. */
export interface PartStore {
  open(name: string): Promise<PartFile>;
  sizes(): Promise<Map<string, number>>;
  remove(name: string): Promise<void>;
}

export interface Progress {
  done: number;
  total: number;
  from: 'network' | 'storage';
}

export interface LoadOptions {
  manifest: Manifest;
  /** Where the manifest lies: parts are resolved against it. */
  url: string;
  /** null: run from memory. */
  store: PartStore | null;
  /** null where the browser has no WebCrypto (a page without https): the engine then checks the whole. */
  sha256: ((bytes: Uint8Array<ArrayBuffer>) => Promise<string>) | null;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  signal: AbortSignal;
  progress: (p: Progress) => void;
  /** A part is taken from the store unchecked. */
  trusted: (part: Part) => void;
  /** Something was mended on the way. */
  notice: (message: string) => void;
  /** The store can't keep the model; the load goes on from memory. */
  unkept: (message: string) => void;
  /** Milliseconds without a byte after which a connection counts as broken; tests shorten it. */
  patience?: number;
  /** Waits between attempts; tests replace it. */
  pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The load can't go on; the message is for people. What is stored stays: the next load resumes there. */
export class LoadError extends Error {
  override name = 'LoadError';
}

/** Attempts at the same byte before the load gives up, and whole fetches of a part whose hash is wrong. */
const NETWORK_ATTEMPTS = 5;
const HASH_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 400;
/** A connection can die without a word: after so long without a byte it is broken off and resumed. */
const PATIENCE_MS = 8_000;
/** Written data is flushed this often, so that a closed tab loses little. */
const FLUSH_BYTES = 4 << 20;

export async function* modelParts(options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { manifest } = options;
  const largest = Math.max(0, ...manifest.parts.map((p) => p.size));
  const buffers = [0, 1].map(() => new Uint8Array(Math.min(largest, manifest.size)));
  const load = new Load(options);
  const obtain = (i: number): Promise<Uint8Array<ArrayBuffer>> | null => {
    const part = manifest.parts[i];
    const buffer = buffers[i % 2];
    if (!part || !buffer) return null;
    const obtained = load.obtain(part, i, buffer.subarray(0, part.size));
    obtained.catch(() => {}); // the loop below meets it, possibly after the part before has been fed
    return obtained;
  };
  let next = obtain(0);
  try {
    for (let i = 0; next; i++) {
      const bytes = await next;
      next = obtain(i + 1);
      yield bytes;
    }
    await load.removeOthers();
  } finally {
    load.end();
    await next?.catch(() => {}); // its file must be closed before another load opens it
    for (const buffer of buffers) free(buffer);
  }
}

/** Gives memory back now, and not when the collector gets to it, where the browser can. */
function free(bytes: Uint8Array<ArrayBuffer>): void {
  const buffer: ArrayBuffer & { transfer?(size: number): ArrayBuffer } = bytes.buffer;
  buffer.transfer?.(0);
}

/** How many bytes of the manifest's parts the store holds; whole parts may still turn out damaged. */
export async function storedBytes(manifest: Manifest, store: PartStore): Promise<number> {
  const sizes = await store.sizes();
  return manifest.parts.reduce((sum, part) => sum + Math.min(part.size, sizes.get(part.sha256) ?? 0), 0);
}

/**
 * Hashes stored parts, and removes and returns those that are not what their names say. One that can't be read now, since
 * another tab has it open, is left alone.
 */
export async function removeDamaged(
  parts: readonly Part[],
  store: PartStore,
  sha256: NonNullable<LoadOptions['sha256']>,
): Promise<Part[]> {
  const buffer = new Uint8Array(Math.max(0, ...parts.map((p) => p.size)));
  const damaged: Part[] = [];
  for (const part of parts) {
    try {
      const bytes = buffer.subarray(0, part.size);
      if (!(await readWhole(part, store, bytes)) || (await sha256(bytes)) === part.sha256) continue;
      await store.remove(part.sha256);
      damaged.push(part);
    } catch {
      // The others are looked at all the same.
    }
  }
  return damaged;
}

/** False for what is not whole: it is no part yet, a load goes on there and checks it. */
async function readWhole(part: Part, store: PartStore, into: Uint8Array): Promise<boolean> {
  const file = await store.open(part.sha256);
  try {
    return file.size() === part.size && file.read(into, 0) === part.size;
  } finally {
    file.close();
  }
}

class Load {
  private store: PartStore | null;
  private readonly received: number[];
  private readonly stop = new AbortController();
  private readonly signal: AbortSignal;
  private readonly pause: NonNullable<LoadOptions['pause']>;

  constructor(private readonly options: LoadOptions) {
    this.store = options.store;
    this.received = options.manifest.parts.map(() => 0);
    this.signal = AbortSignal.any([options.signal, this.stop.signal]);
    this.pause = options.pause ?? pause;
  }

  end(): void {
    this.stop.abort();
  }

  async obtain(part: Part, index: number, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const kept = await this.openFile(part);
    try {
      let have = kept.readInto(into);
      this.report(index, have, 'storage');
      if (have === part.size) {
        this.options.trusted(part);
        return into;
      }
      for (let attempt = 1; ; attempt++) {
        if (have < part.size) await this.download(part, index, into, have, kept, attempt > 1);
        this.signal.throwIfAborted();
        const { sha256 } = this.options;
        if (!sha256 || (await sha256(into)) === part.sha256) {
          kept.flush();
          return into;
        }
        if (attempt === HASH_ATTEMPTS) {
          kept.truncate();
          throw new LoadError(
            `${this.named(part)} arrived ${attempt} times with the wrong SHA-256: the copy on the server is damaged.`,
          );
        }
        this.options.notice(`${part.file} arrived damaged (wrong SHA-256); it is fetched anew.`);
        kept.truncate();
        have = 0;
        this.report(index, 0, 'network');
      }
    } finally {
      kept.close();
    }
  }

  async removeOthers(): Promise<void> {
    if (!this.store) return;
    const wanted = new Set(this.options.manifest.parts.map((p) => p.sha256));
    const sizes = await this.store.sizes();
    for (const name of sizes.keys()) if (!wanted.has(name)) await this.store.remove(name);
  }

  /** Fetches until the part is whole, from `have` on; every break resumes where it came. */
  private async download(
    part: Part,
    index: number,
    into: Uint8Array<ArrayBuffer>,
    have: number,
    kept: Kept,
    anew: boolean,
  ): Promise<void> {
    const at = { have };
    let furthest = have;
    for (let failures = 0; at.have < part.size;) {
      try {
        await this.receive(part, index, into, at, kept, anew || failures > 0);
        if (at.have < part.size) throw new Error('the connection ended early');
      } catch (cause) {
        kept.flush();
        this.signal.throwIfAborted();
        if (cause instanceof LoadError) throw cause;
        // A break after new bytes counts anew: a bad line may take many, as long as it gets on.
        failures = at.have > furthest ? 1 : failures + 1;
        furthest = Math.max(furthest, at.have);
        if (failures === NETWORK_ATTEMPTS)
          throw new LoadError(
            `The download stopped in ${this.named(part)} at byte ${at.have} of ${part.size}: ${reason(cause)}. ` +
              'What has arrived is kept, so loading again goes on from there.',
            { cause },
          );
        await this.pause(FIRST_PAUSE_MS * 2 ** (failures - 1), this.signal);
      }
    }
  }

  /** One request and its body. */
  private async receive(
    part: Part,
    index: number,
    into: Uint8Array<ArrayBuffer>,
    at: { have: number },
    kept: Kept,
    reload: boolean,
  ): Promise<void> {
    const url = new URL(part.file, this.options.url).href;
    // The store is the cache; without one, the browser's own may help a second visit.
    const cache: RequestCache = kept.usable ? 'no-store' : reload ? 'reload' : 'default';
    const headers: HeadersInit = at.have > 0 ? { Range: `bytes=${at.have}-` } : {};
    const silence = new Silence(this.options.patience ?? PATIENCE_MS);
    try {
      const signal = AbortSignal.any([this.signal, silence.signal]);
      const response = await silence.or(this.options.fetch(url, { headers, cache, signal }));
      silence.heard();
      await this.take(response, part, index, into, at, kept, silence);
    } finally {
      silence.end();
    }
  }

  /** The body of an answer, unless it falls silent. */
  private async take(
    response: Response,
    part: Part,
    index: number,
    into: Uint8Array<ArrayBuffer>,
    at: { have: number },
    kept: Kept,
    silence: Silence,
  ): Promise<void> {
    if (at.have > 0 && !continues(response, at.have)) {
      // The server has no ranges: it sends the whole, from the start.
      at.have = 0;
      kept.truncate();
    }
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status === 416) throw new Error('the server has no such range');
      if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`);
      throw new LoadError(
        `${this.named(part)} can't be fetched: the server answers HTTP ${response.status}.`,
      );
    }
    if (!response.body) throw new Error('the answer is empty');
    let flushed = at.have;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await silence.or(reader.read());
        if (done) return;
        silence.heard();
        if (at.have + value.length > part.size) {
          throw new LoadError(`${this.named(part)} is longer on the server than the manifest says.`);
        }
        into.set(value, at.have);
        kept.write(value, at.have);
        at.have += value.length;
        if (at.have - flushed >= FLUSH_BYTES) {
          kept.flush();
          flushed = at.have;
        }
        this.report(index, at.have, 'network');
      }
    } finally {
      void reader.cancel().catch(() => {}); // not waited for: a body that has stalled may not answer
    }
  }

  private async openFile(part: Part): Promise<Kept> {
    try {
      return new Kept(part, (await this.store?.open(part.sha256)) ?? null, (cause) => this.lose(cause));
    } catch (cause) {
      this.lose(cause);
      return new Kept(part, null, () => {});
    }
  }

  private lose(cause: unknown): void {
    if (!this.store) return;
    this.store = null;
    const full = cause instanceof Error && cause.name === 'QuotaExceededError';
    this.options.unkept(
      full
        ? 'This browser has no room to keep the model: it runs from memory and is downloaded again next time.'
        : `This browser can't keep the model (${reason(cause)}): it runs from memory and is downloaded again next time.`,
    );
  }

  private report(index: number, have: number, from: Progress['from']): void {
    this.received[index] = have;
    const done = this.received.reduce((sum, n) => sum + n, 0);
    this.options.progress({ done, total: this.options.manifest.size, from });
  }

  private named(part: Part): string {
    const { parts } = this.options.manifest;
    return `Part ${parts.indexOf(part) + 1} of ${parts.length} (${part.file})`;
  }
}

/** A stored file that may fail at any time (a full disk): from then on it is as if there were none. */
class Kept {
  constructor(
    private readonly part: Part,
    private file: PartFile | null,
    private readonly failed: (cause: unknown) => void,
  ) {}

  get usable(): boolean {
    return this.file !== null;
  }

  /** What is stored, at the start of `into`; 0 when there is nothing of use. */
  readInto(into: Uint8Array): number {
    return (
      this.attempt((file) => {
        const size = file.size();
        if (size <= this.part.size) return file.read(into.subarray(0, size), 0);
        file.truncate(0);
        return 0;
      }) ?? 0
    );
  }

  write(bytes: Uint8Array, at: number): void {
    this.attempt((file) => file.write(bytes, at));
  }

  truncate(): void {
    this.attempt((file) => file.truncate(0));
  }

  flush(): void {
    this.attempt((file) => file.flush());
  }

  close(): void {
    this.file?.close();
    this.file = null;
  }

  private attempt<T>(action: (file: PartFile) => T): T | undefined {
    if (!this.file) return undefined;
    try {
      return action(this.file);
    } catch (cause) {
      this.file.close();
      this.file = null;
      this.failed(cause);
      return undefined;
    }
  }
}

/**
 * Ends what is waited for when nothing has been heard for some time. It aborts a signal as well, to free the connection,
 * but does not rely on anybody's hearing that.
 */
class Silence {
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private give: (why: Error) => void = () => {};
  private readonly broken = new Promise<never>((_, reject) => (this.give = reject));

  constructor(private readonly patience: number) {
    this.broken.catch(() => {}); // whoever waits hears of it
    this.heard();
  }

  /** What is waited for, or its failure when it takes too long. */
  or<T>(awaited: Promise<T>): Promise<T> {
    return Promise.race([awaited, this.broken]);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  heard(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const why = new Error(`nothing arrived for ${this.patience / 1000} seconds`);
      this.give(why);
      this.abort.abort(why);
    }, this.patience);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

function continues(response: Response, from: number): boolean {
  if (response.status !== 206) return false;
  // A cross-origin answer may hide the header; the hash decides in any case.
  const range = response.headers.get('Content-Range');
  return range === null || range.startsWith(`bytes ${from}-`);
}

function reason(cause: unknown): string {
  if (cause instanceof TypeError) return 'the network or the server is gone';
  return sentence(cause);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new DOMException('cancelled', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', cancel, { once: true });
  });
}
