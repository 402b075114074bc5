/** A model, the server that has it and the storage that keeps it, all in memory and able to fail on demand. */
import { createHash } from 'node:crypto';
import { setTimeout as later } from 'node:timers/promises';
import type { Manifest } from '../../src/lib/manifest';
import { modelParts, type LoadOptions, type PartFile, type PartStore } from '../../src/lib/worker/modelstore';

export const sha256 = (bytes: Uint8Array): Promise<string> =>
  Promise.resolve(createHash('sha256').update(bytes).digest('hex'));

/** Three parts of 1000, 1000 and 500 bytes. */
export function model(): { bytes: Uint8Array; manifest: Manifest } {
  const bytes = Uint8Array.from({ length: 2500 }, (_, i) => (i * 31 + (i >> 8)) & 255);
  const parts = [0, 1000, 2000].map((at, i) => {
    const part = bytes.subarray(at, at + 1000);
    return {
      file: `m.gguf.0${i}`,
      size: part.length,
      sha256: createHash('sha256').update(part).digest('hex'),
    };
  });
  const digest = '0'.repeat(64);
  return {
    bytes,
    manifest: {
      version: 1,
      name: 'M',
      file: 'm.gguf',
      licence: '',
      size: 2500,
      sha256: digest,
      digest,
      parts,
    },
  };
}

export type Fault = (request: {
  file: string;
  from: number;
  attempt: number;
}) =>
  | undefined
  | { status: number }
  | { breakAfter: number }
  | { corrupt: true }
  | { offline: true }
  | { body: Uint8Array };

export class Server {
  readonly asked: string[] = [];
  private attempts = new Map<string, number>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly manifest: Manifest,
    private readonly options: { ranges: boolean; fault?: Fault } = { ranges: true },
  ) {}

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const file = url.slice(url.lastIndexOf('/') + 1);
    const index = this.manifest.parts.findIndex((p) => p.file === file);
    const range = new Headers(init.headers).get('Range');
    const from = range && this.options.ranges ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0;
    this.asked.push(range ? `${file} ${range}` : file);
    const attempt = (this.attempts.get(file) ?? 0) + 1;
    this.attempts.set(file, attempt);
    await later(0);
    init.signal?.throwIfAborted();
    const fault = this.options.fault?.({ file, from, attempt });
    if (fault && 'offline' in fault) throw new TypeError('Failed to fetch');
    if (fault && 'status' in fault) return new Response('no', { status: fault.status });
    const part = this.bytes.slice(index * 1000, index * 1000 + (this.manifest.parts[index]?.size ?? 0));
    if (fault && 'corrupt' in fault) part[part.length >> 1] = (part[part.length >> 1] ?? 0) ^ 1;
    const whole = fault && 'body' in fault ? fault.body : part.subarray(from);
    const end = fault && 'breakAfter' in fault ? fault.breakAfter : Infinity;
    return new Response(stream(whole, end), {
      status: range && this.options.ranges ? 206 : 200,
      headers:
        range && this.options.ranges
          ? { 'Content-Range': `bytes ${from}-${part.length - 1}/${part.length}` }
          : {},
    });
  };
}

/** The bytes in chunks of 100; an error after `end` of them. */
function stream(bytes: Uint8Array, end: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await later(0);
      if (at >= end) return controller.error(new TypeError('network error'));
      if (at >= bytes.length) return controller.close();
      const chunk = bytes.slice(at, Math.min(at + 100, bytes.length));
      at += chunk.length;
      controller.enqueue(chunk);
    },
  });
}

export class MemoryStore implements PartStore {
  readonly files = new Map<string, Uint8Array>();
  opened = 0;
  mostOpen = 0;

  /** `room`: bytes before the disk is full. */
  constructor(private readonly room = Infinity) {}

  open(name: string): Promise<PartFile> {
    if (!this.files.has(name)) this.files.set(name, new Uint8Array());
    this.mostOpen = Math.max(this.mostOpen, ++this.opened);
    return Promise.resolve({
      size: () => this.bytesOf(name).length,
      read: (into, at) => {
        const from = this.bytesOf(name).subarray(at, at + into.length);
        into.set(from);
        return from.length;
      },
      write: (bytes, at) => {
        const used = [...this.files.values()].reduce((sum, f) => sum + f.length, 0);
        if (used + bytes.length > this.room) throw new DOMException('full', 'QuotaExceededError');
        const old = this.bytesOf(name);
        const grown = new Uint8Array(Math.max(old.length, at + bytes.length));
        grown.set(old);
        grown.set(bytes, at);
        this.files.set(name, grown);
      },
      truncate: (size) => this.files.set(name, this.bytesOf(name).slice(0, size)),
      flush: () => {},
      close: () => this.opened--,
    });
  }

  sizes(): Promise<Map<string, number>> {
    return Promise.resolve(new Map([...this.files].map(([name, bytes]) => [name, bytes.length])));
  }

  remove(name: string): Promise<void> {
    this.files.delete(name);
    return Promise.resolve();
  }

  private bytesOf(name: string): Uint8Array {
    return this.files.get(name) ?? new Uint8Array();
  }
}

export interface Outcome {
  bytes: Uint8Array;
  notices: string[];
  /** Files of parts that were taken from the store unchecked. */
  trusted: string[];
  unkept: string[];
  progress: { done: number; total: number; from: string }[];
  pauses: number[];
}

export async function load(
  manifest: Manifest,
  server: Server,
  store: PartStore | null,
  change: Partial<LoadOptions> = {},
): Promise<Outcome> {
  const outcome: Outcome = {
    bytes: new Uint8Array(manifest.size),
    notices: [],
    trusted: [],
    unkept: [],
    progress: [],
    pauses: [],
  };
  const parts = modelParts({
    manifest,
    url: 'https://example.test/model/manifest.json',
    store,
    sha256,
    fetch: server.fetch,
    signal: new AbortController().signal,
    progress: (p) => outcome.progress.push(p),
    trusted: (part) => outcome.trusted.push(part.file),
    notice: (message) => outcome.notices.push(message),
    unkept: (message) => outcome.unkept.push(message),
    pause: (milliseconds) => {
      outcome.pauses.push(milliseconds);
      return Promise.resolve();
    },
    ...change,
  });
  let at = 0;
  for await (const part of parts) {
    await later(0); // the engine takes its time: the next part must not land in the same buffer
    outcome.bytes.set(part, at);
    at += part.length;
  }
  outcome.bytes = outcome.bytes.subarray(0, at);
  return outcome;
}
