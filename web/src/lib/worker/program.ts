/**
 * The Go program: fetched, compiled and run in this worker. It is given `masqueHost`, to which it sends events as
 * JSON, and installs `masque`, which takes requests as JSON and the model's bytes.
 */
import { relaxedSimd, simd } from 'wasm-feature-detect';
import * as shape from '../shape';
import { engineEvent, type EngineEvent, type EngineRequest, type Variant } from '../protocol';

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
  var masqueHost: { event(json: string): void } | undefined;
  var masque: Masque | undefined;
  /** wasm_exec.js's file system, by which the program's standard error comes out. */
  var fs: { writeSync(fd: number, bytes: Uint8Array): number } | undefined;
}

export class Program {
  private constructor(private readonly masque: Masque) {}

  /**
   * Starts the program; resolves when it takes requests. Every event goes to `event`; `crashed` is called once,
   * when the program ends for whatever reason.
   */
  static async start(
    base: string,
    wanted: Variant | 'auto',
    event: (e: EngineEvent) => void,
    crashed: (message: string) => void,
  ): Promise<Program> {
    const variant = await choose(wanted);
    await import(/* @vite-ignore */ new URL('wasm/wasm_exec.js', base).href);
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
            return crashed(`The engine sent what this page does not understand (${String(cause)}).`);
          }
          if (e.type === 'started') resolve();
          event(e);
        },
      };
    });
    const go = new Go();
    const instance = await instantiate(new URL(`wasm/masque.${variant}.wasm`, base).href, go.importObject);
    const ended = go.run(instance).then(
      () => `The engine ended${lastWords()}.`,
      (cause: unknown) =>
        `The engine broke off: ${cause instanceof Error ? cause.message : String(cause)}${lastWords()}.`,
    );
    ended.then(crashed, () => {});
    await Promise.race([
      started,
      ended.then((message) => {
        throw new Error(message);
      }),
    ]);
    if (!globalThis.masque) throw new Error('The engine started without its entry points.');
    return new Program(globalThis.masque);
  }

  request(request: EngineRequest): void {
    this.masque.request(JSON.stringify(request));
  }

  feed(chunk: Uint8Array): Promise<void> {
    return this.masque.feed(chunk);
  }
}

async function choose(wanted: Variant | 'auto'): Promise<Variant> {
  if (!(await simd())) throw new Error('This browser has no WebAssembly SIMD, which the engine needs.');
  if (wanted !== 'auto') return wanted;
  return (await relaxedSimd()) ? 'relaxed' : 'baseline';
}

async function instantiate(url: string, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The engine can't be fetched: ${url} answers HTTP ${response.status}.`);
  // Not every static host knows the type that streaming compilation asks for.
  if (response.headers.get('Content-Type') === 'application/wasm')
    return (await WebAssembly.instantiateStreaming(response, imports)).instance;
  return (await WebAssembly.instantiate(await response.arrayBuffer(), imports)).instance;
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
