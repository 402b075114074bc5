/**
 * The engine as the page sees it: promises for questions, callbacks for streams. It owns the worker; a crashed
 * worker is not mended but replaced (`terminate`, then a new client).
 */
import type {
  CombineOptions,
  Checked,
  CheckOptions,
  EndReason,
  Estimated,
  ExploreOptions,
  Explored,
  GenerateOptions,
  ModelSource,
  Opened,
  PageEvent,
  PageRequest,
  PaneId,
  PersonaInfo,
  Progress,
  Manifest,
  Started,
  StudyOptions,
  Token,
  Variant,
} from './protocol';

/** As much of a Worker as the client needs; tests bring their own. */
export interface EngineWorker {
  postMessage(message: PageRequest): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<PageEvent>) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
  terminate(): void;
}

/** One sentence from the engine or the worker, for people. */
export class EngineError extends Error {
  override name = 'EngineError';
}

/** The worker has died over it: with another, the same request may do. */
export class Crashed extends EngineError {
  override name = 'Crashed';
}

/** The request was ended by the visitor. */
export class Cancelled extends Error {
  override name = 'Cancelled';
}

export interface Survey {
  manifest: Manifest;
  stored: number;
  keeps: boolean;
}

export interface LoadHandlers {
  fetch?(p: { done: number; total: number; from: 'network' | 'storage' }): void;
  loading?(p: { done: number; total: number }): void;
  storage?(kept: boolean, message: string): void;
  notice?(message: string): void;
}

export type EndEvent = Extract<PageEvent, { type: 'end' }>;
export type { EndReason };

export interface GenerateHandlers {
  prefill?(pane: PaneId, done: number, total: number): void;
  token?(token: Token): void;
  end?(event: EndEvent): void;
  divergence?(pane: PaneId, tokens: { text: string; kl: number }[]): void;
}

export interface StudyHandlers {
  /** The steps, with the time that each takes as far as that is known. */
  plan?(event: Estimated): void;
  progress?(event: Progress): void;
  made?(persona: PersonaInfo): void;
  measured?(was: string, persona: PersonaInfo): void;
}

export interface ExploreHandlers {
  progress?(event: Progress): void;
  explored?(event: Explored): void;
}

/** What ends a request early, and the request that says so to the worker. */
interface Stopping {
  signal: AbortSignal;
  stop(id: number): PageRequest;
}

interface Pending {
  /** Sees every event with its id; returns true when that was the last. */
  take(event: PageEvent): boolean;
  fail(error: Error): void;
}

export class EngineClient {
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  /** Why it answers no more. */
  private dead: Crashed | Cancelled | null = null;
  private startedListener: ((event: Started) => void) | null = null;

  constructor(
    private readonly worker: EngineWorker,
    private readonly crashed: (message: string, alone: boolean) => void,
    /** The open model is damaged; another load gets a good one. */
    private readonly damaged: (message: string) => void = () => {},
  ) {
    worker.addEventListener('message', (event) => this.receive(event.data));
    worker.addEventListener('error', (event) => {
      event.preventDefault?.();
      this.die(event.message || 'The worker could not be started.');
    });
  }

  boot(variant: Variant | 'auto', base: string, workers: number | 'auto' = 'auto'): Promise<Started> {
    return new Promise((resolve, reject) => {
      this.startedListener = resolve;
      // Held under id 0, which no request has, so that a crash rejects it.
      this.pending.set(0, { take: () => false, fail: reject });
      this.worker.postMessage({ type: 'boot', variant, base, workers });
    });
  }

  survey(url: string): Promise<Survey> {
    return this.ask(
      (id) => ({ type: 'survey', id, url }),
      (e) => (e.type === 'surveyed' ? e : undefined),
    );
  }

  addPersona(from: { text: string } | { link: string }): Promise<PersonaInfo> {
    return this.ask(
      (id) => ({ type: 'persona', id, ...from }),
      (e) => (e.type === 'persona' ? e.persona : undefined),
    );
  }

  combine(options: CombineOptions): Promise<PersonaInfo> {
    return this.ask(
      (id) => ({ type: 'combine', id, ...options }),
      (e) => (e.type === 'persona' ? e.persona : undefined),
    );
  }

  /** The fragment of a link: `#p=` and the persona. */
  share(persona: string): Promise<string> {
    return this.ask(
      (id) => ({ type: 'share', id, persona }),
      (e) => (e.type === 'shared' ? e.fragment : undefined),
    );
  }

  exportPersona(persona: string): Promise<{ name: string; text: string }> {
    return this.ask(
      (id) => ({ type: 'export', id, persona }),
      (e) => (e.type === 'exported' ? e : undefined),
    );
  }

  async evict(): Promise<void> {
    await this.ask(
      (id) => ({ type: 'evict', id }),
      (e) => (e.type === 'evicted' ? true : undefined),
    );
  }

  load(source: ModelSource, handlers: LoadHandlers, signal: AbortSignal): Promise<Opened> {
    return this.ask(
      (id) => ({ type: 'load', id, source }),
      (e) => {
        if (e.type === 'fetch') handlers.fetch?.(e);
        else if (e.type === 'loading') handlers.loading?.(e);
        else if (e.type === 'storage') handlers.storage?.(e.kept, e.message);
        else if (e.type === 'notice') handlers.notice?.(e.message);
        return e.type === 'opened' ? e : undefined;
      },
      { signal, stop: (id) => ({ type: 'cancel', id }) },
    );
  }

  /** Resolves after the last event, also when the signal has stopped it. */
  async generate(options: GenerateOptions, handlers: GenerateHandlers, signal: AbortSignal): Promise<void> {
    await this.ask(
      (id) => ({ type: 'generate', id, ...options }),
      (e) => {
        if (e.type === 'prefill') handlers.prefill?.(e.pane, e.done, e.total);
        else if (e.type === 'tokens') for (const token of e.tokens) handlers.token?.(token);
        else if (e.type === 'end') handlers.end?.(e);
        else if (e.type === 'divergence') handlers.divergence?.(e.pane, e.tokens);
        return e.type === 'finished' ? true : undefined;
      },
      this.stoppedBy(signal),
    );
  }

  /** What confounds statements: answered at once, whatever the engine is at. */
  check(options: CheckOptions): Promise<Checked> {
    return this.ask(
      (id) => ({ type: 'check', id, ...options }),
      (e) => (e.type === 'checked' ? e : undefined),
    );
  }

  /** How long a study takes. The first answer may take a second or two: the engine measures its pace. */
  estimate(options: StudyOptions, signal: AbortSignal): Promise<Estimated> {
    return this.ask(
      (id) => ({ type: 'estimate', id, ...options }),
      (e) => (e.type === 'estimated' ? e : undefined),
      this.stoppedBy(signal),
    );
  }

  /** Makes a persona and measures it, or measures one that there is. Rejects as Cancelled when it was stopped. */
  async study(
    type: 'calibrate' | 'evaluate',
    options: StudyOptions,
    handlers: StudyHandlers,
    signal: AbortSignal,
  ): Promise<void> {
    await this.ask(
      (id) => ({ type, id, ...options }),
      (e) => {
        if (e.type === 'estimated') handlers.plan?.(e);
        else if (e.type === 'progress') handlers.progress?.(e);
        else if (e.type === 'made') handlers.made?.(e.persona);
        else if (e.type === 'measured') handlers.measured?.(e.was, e.persona);
        return e.type === 'finished' ? true : undefined;
      },
      this.stoppedBy(signal),
    );
  }

  /** Measures settings one by one. Rejects as Cancelled when it was stopped; what was measured by then has come. */
  async explore(options: ExploreOptions, handlers: ExploreHandlers, signal: AbortSignal): Promise<void> {
    await this.ask(
      (id) => ({ type: 'explore', id, ...options }),
      (e) => {
        if (e.type === 'progress') handlers.progress?.(e);
        else if (e.type === 'explored') handlers.explored?.(e);
        return e.type === 'finished' ? true : undefined;
      },
      this.stoppedBy(signal),
    );
  }

  terminate(): void {
    this.worker.terminate();
    this.dead ??= new Cancelled('The engine was closed.');
    this.failAll(this.dead);
  }

  /** How the engine is told to stop at a request of its own. */
  private stoppedBy(signal: AbortSignal): Stopping {
    return { signal, stop: (target) => ({ type: 'stop', id: this.nextId(), target }) };
  }

  /** Sends a request and waits until `answer` makes something of an event; one that may be stopped, until it has. */
  private async ask<T>(
    request: (id: number) => PageRequest,
    answer: (event: PageEvent) => T | undefined,
    stopping?: Stopping,
  ): Promise<T> {
    if (this.dead) throw this.dead;
    if (stopping?.signal.aborted) throw new Cancelled('cancelled');
    const id = this.nextId();
    const stop = (): void => {
      if (stopping) this.post(stopping.stop(id));
    };
    stopping?.signal.addEventListener('abort', stop);
    try {
      return await new Promise((resolve, reject) => {
        this.pending.set(id, {
          take(event) {
            if (event.type === 'failed') reject(new EngineError(event.message));
            else if (event.type === 'cancelled' || event.type === 'stopped')
              reject(new Cancelled('cancelled'));
            else {
              const value = answer(event);
              if (value === undefined) return false;
              resolve(value);
            }
            return true;
          },
          fail: reject,
        });
        this.post(request(id));
      });
    } finally {
      stopping?.signal.removeEventListener('abort', stop); // the signal may outlive the request
    }
  }

  private receive(event: PageEvent): void {
    if (event.type === 'crashed') return this.die(event.message, event.alone);
    if (event.type === 'damaged') return this.damaged(event.message);
    if (event.type === 'started') {
      this.pending.delete(0);
      return this.startedListener?.(event);
    }
    if (this.pending.get(event.id)?.take(event)) this.pending.delete(event.id);
  }

  private die(message: string, alone = false): void {
    if (this.dead) return;
    this.dead = new Crashed(message);
    this.failAll(this.dead);
    this.worker.terminate();
    this.crashed(message, alone);
  }

  private failAll(error: Error): void {
    for (const pending of this.pending.values()) pending.fail(error);
    this.pending.clear();
  }

  private post(request: PageRequest): void {
    if (!this.dead) this.worker.postMessage(request);
  }

  private nextId(): number {
    return ++this.lastId;
  }
}

export function startWorker(): EngineWorker {
  return new Worker(new URL('./worker/worker.ts', import.meta.url), {
    type: 'module',
    name: 'masque engine',
  });
}
