/**
 * The Go program: fetched, compiled and run in this worker. It is given `masqueHost`, to which it sends events as
 * JSON, and installs `masque`, which takes requests as JSON and the model's bytes.
 */
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { sentence } from '../sentence';
import * as shape from '../shape';
import { engineEvent, type EngineEvent, type EngineRequest, type Variant } from '../protocol';
import { Exchange } from './exchange';

interface GoRuntime {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

interface Masque {
  request(json: string): void;
  /** Resolves when the engine can take the next chunk; rejects when the open has failed. */
  feed(chunk: Uint8Array): Promise<void>;
}

declare global {
  var Go: (new () => GoRuntime) | undefined;
  var masqueHost: { event(json: string): void; file(name: string): Promise<Uint8Array> } | undefined;
  var masque: Masque | undefined;
  /** wasm_exec.js's file system, by which the program's standard error comes out. */
  var fs: { writeSync(fd: number, bytes: Uint8Array): number } | undefined;
}

/** The program's code, which several workers may run. */
export interface Code {
  variant: Variant;
  module: WebAssembly.Module;
  /** What the code was fetched from below. */
  base: string;
}

/** A program's place in a team of workers. */
export interface Place {
  /** null: it is alone. */
  buffer: SharedArrayBuffer | null;
  rank: number;
  size: number;
}

export interface ProgramHooks {
  event(e: EngineEvent): void;
  /** Called once, when the program ends for whatever reason. */
  crashed(message: string): void;
  /** Another member of the team is gone; the program ends as well. */
  lonely(): void;
}

export class Program {
  private constructor(
    private readonly masque: Masque,
    private readonly seat: Seat,
    private readonly crashed: (message: string) => void,
  ) {}

  /** Starts the program; resolves when it takes requests. */
  static async start(code: Code, place: Place, hooks: ProgramHooks): Promise<Program> {
    await runtime(code.base);
    const { Go } = globalThis;
    if (!Go) throw new Error('wasm_exec.js does not define Go');
    const lastWords = listenToStandardError();
    const started = new Promise<void>((resolve) => {
      globalThis.masqueHost = {
        event(json) {
          let e: EngineEvent;
          try {
            e = shape.parse(json, engineEvent, 'event');
          } catch (cause) {
            // Thrown on, it would only make the program panic about its host.
            return hooks.crashed(`The engine sent what this page does not understand (${String(cause)}).`);
          }
          if (e.type === 'started') resolve();
          hooks.event(e);
        },
        file: (name) => fetchFile(new URL(name, code.base).href, bytesOf),
      };
    });
    const go = new Go();
    const seat = new Seat(place, hooks.lonely);
    const instance = await WebAssembly.instantiate(code.module, { ...go.importObject, masque: seat.imports });
    seat.memory = instance.exports['mem'] as WebAssembly.Memory;
    const ended = go.run(instance).then(
      () => `The engine ended${lastWords()}.`,
      (cause: unknown) => `The engine broke off: ${sentence(cause)}${lastWords()}.`,
    );
    ended.then(hooks.crashed, () => {});
    await Promise.race([
      started,
      ended.then((message) => {
        throw new Error(message);
      }),
    ]);
    if (!globalThis.masque) throw new Error('The engine started without its entry points.');
    return new Program(globalThis.masque, seat, hooks.crashed);
  }

  /** Takes another place: before a model is opened. */
  sit(place: Place): void {
    this.seat.take(place);
  }

  request(request: EngineRequest): void {
    this.enter(() => this.masque.request(JSON.stringify(request)));
  }

  feed(chunk: Uint8Array): Promise<void> {
    return this.enter(() => this.masque.feed(chunk));
  }

  /** The program runs within the calls that wake it: what they throw has ended it. */
  private enter<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      this.crashed(`The engine broke off: ${sentence(cause)}.`);
      throw cause;
    }
  }
}

/** The functions that a program calls, at whatever place it has. */
class Seat {
  memory: WebAssembly.Memory | null = null;
  readonly imports: WebAssembly.ModuleImports;
  private exchange: Exchange;

  constructor(
    place: Place,
    private readonly lonely: () => void,
  ) {
    this.exchange = this.at(place);
    this.imports = {
      rank: () => this.exchange.rank,
      size: () => this.exchange.size,
      gather: (at: number, stride: number, rows: number, lo: number, hi: number) =>
        this.exchange.gather(at, stride, rows, lo, hi),
      send: (at: number, length: number) => this.exchange.send(at, length),
      receive: () => this.exchange.receive(),
      take: (at: number) => this.exchange.take(at),
    };
  }

  take(place: Place): void {
    this.exchange = this.at(place);
  }

  private at({ buffer, rank, size }: Place): Exchange {
    return new Exchange(
      buffer,
      rank,
      size,
      () => this.memory?.buffer ?? new ArrayBuffer(),
      () => this.lonely(),
    );
  }
}

const GONE = 'the network or the server is gone';

/** A file of the site, as `read` takes it, or an error whose message a sentence can end with. */
async function fetchFile<T>(url: string, read: (response: Response) => Promise<T>): Promise<T> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answers HTTP ${response.status}`);
    return await read(response);
  } catch (cause) {
    // It may also have gone while it sent the file.
    throw cause instanceof TypeError ? new Error(GONE, { cause }) : cause;
  }
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

/** Without these files there is no engine. */
function unstarted(reason: string, cause: unknown): Error {
  return new Error(`The engine can't be fetched: ${reason}.`, { cause });
}

/** wasm_exec.js, which defines Go. */
function runtime(base: string): Promise<unknown> {
  return import(/* @vite-ignore */ new URL('wasm/wasm_exec.js', base).href).catch((cause: unknown) => {
    throw unstarted(GONE, cause); // no import says more
  });
}

/** Fetches what a program needs beside its code, while that is being compiled. */
export function prepare(base: string): void {
  runtime(base).catch(() => {}); // the program's start meets it
}

/** Fetches and compiles the program that this browser can run. */
export async function compile(base: string, wanted: Variant | 'auto'): Promise<Code> {
  const variant = await choose(wanted);
  const url = new URL(`wasm/masque.${variant}.wasm`, base).href;
  const module = await fetchFile(url, (response) =>
    // Not every static host knows the type that streaming compilation asks for.
    response.headers.get('Content-Type') === 'application/wasm'
      ? WebAssembly.compileStreaming(response)
      : response.arrayBuffer().then((code) => WebAssembly.compile(code)),
  ).catch((cause: unknown) => {
    throw unstarted(sentence(cause), cause);
  });
  return { variant, module, base };
}

async function choose(wanted: Variant | 'auto'): Promise<Variant> {
  if (!(await simd())) throw new Error('This browser has no WebAssembly SIMD, which the engine needs.');
  if (wanted !== 'auto') return wanted;
  return (await relaxedSimd()) ? 'relaxed' : 'baseline';
}

/** Go writes the reason of a panic to standard error; its first line is what people can use. */
function listenToStandardError(): () => string {
  const { fs } = globalThis;
  if (!fs) return () => '';
  const decoder = new TextDecoder();
  const write = fs.writeSync.bind(fs);
  let heard = '';
  fs.writeSync = (fd, bytes) => {
    if (fd === 2 && heard.length < 4096) heard += decoder.decode(bytes, { stream: true });
    return write(fd, bytes);
  };
  return () => {
    const line = heard.split('\n').find((l) => /^(panic|fatal error|runtime error)/.test(l));
    return line ? ` (${line.trim()})` : '';
  };
}
