/**
 * The engine's life on this page: start, load, ready, and what to do when it breaks. A crash costs the worker, not
 * the conversation: `restart` brings up a new one with the same model and personas.
 */
import { Cancelled, EngineClient, type EngineWorker, type Survey } from './client';
import type { Speaker } from './conversation.svelte';
import type { Fit, ModelInfo, ModelSource, Started } from './protocol';
import { sentence } from './sentence';
import { examine, startsByItself, type Support } from './support';

export type Phase =
  | 'starting' // the program is being fetched
  | 'asleep' // the program runs, no model: the visitor decides
  | 'loading'
  | 'ready'
  | 'crashed';

export interface LoadProgress {
  done: number;
  total: number;
  from: 'network' | 'storage' | 'engine';
}

export interface SessionHooks {
  createWorker: () => EngineWorker;
  /** The document's base: everything is fetched from below it. */
  base: string;
  /** A new program is up: its library must become the gallery. */
  started(event: Started, client: EngineClient): Promise<void>;
  /** A model is open, so that it is known which personas are for it. */
  fits(personas: readonly Fit[]): void;
}

export class Session {
  phase = $state<Phase>('starting');
  model = $state.raw<ModelInfo | null>(null);
  progress = $state.raw<LoadProgress>({ done: 0, total: 0, from: 'network' });
  engine = $state.raw<Started | null>(null);
  survey = $state.raw<Survey | null>(null);
  support = $state.raw<Support | null>(null);
  /** What went wrong last, for people; the phase says what can be done. */
  problem = $state('');
  /** What was mended or decided on the way. */
  notices = $state<string[]>([]);
  /** Chosen by the visitor where the model file's chat format is unknown. */
  family = $state('');
  /** What the engine is at for longer than a reply, in a word or two; empty = nothing. */
  task = $state('');
  client: EngineClient | null = null;

  /** How many the engine may use: `?workers=2` in the address, else measured; one after another has died. */
  private workers: number | 'auto' = askedWorkers(location.search);
  private source = $state.raw<ModelSource>({ kind: 'manifest', url: '' });
  private aborter: AbortController | null = null;
  /** A model was asked for, and neither cancelled nor impossible to get: an engine that begins anew has it too. */
  private wanted = false;
  /** Settles once the program runs and the gallery has its library, or when it could not be started. */
  private booting: Promise<void> = Promise.resolve();

  constructor(private readonly hooks: SessionHooks) {
    this.source = this.defaultSource;
  }

  private get defaultSource(): Extract<ModelSource, { kind: 'manifest' }> {
    return { kind: 'manifest', url: new URL('model/manifest.json', this.hooks.base).href };
  }

  /** What people call the model: the manifest's name, or what a file of the visitor's says of itself. */
  get name(): string {
    if (this.file) return this.model?.name ?? this.file.name;
    return this.survey?.manifest.name ?? '';
  }

  /** The visitor's own, where that is the model. */
  get file(): File | null {
    return this.source.kind === 'file' ? this.source.file : null;
  }

  /** Who answers what is said. */
  get speaker(): Speaker | null {
    const { client, model, family } = this;
    return client && { client, model, family };
  }

  /** A model is open and its chat format known or chosen. */
  get usable(): boolean {
    return this.phase === 'ready' && (this.model?.family !== null || this.family !== '');
  }

  /** Usable, and not at something long. */
  get idle(): boolean {
    return this.usable && this.task === '';
  }

  async start(): Promise<void> {
    this.boot();
    await this.retry(); // the model is looked for, and read, while the program still starts
    await this.booting;
  }

  /** Looks for the model (again), and loads it where that needs no question. What has led to it is told with that. */
  async retry(why = ''): Promise<void> {
    this.problem = '';
    await this.look();
    const { survey, support } = this;
    if (this.isCrashed() || this.wanted) return; // or somebody has opened one meanwhile
    if (survey && support?.usable && startsByItself(location.hostname, survey.stored, survey.manifest.size))
      await this.load(undefined, why);
  }

  /** Loads the default model, or a file of the visitor's. What has led to it is told from the beginning. */
  async load(file?: File, why = ''): Promise<void> {
    const { client } = this;
    if (!client) return;
    this.source = file ? { kind: 'file', file } : this.defaultSource;
    this.wanted = true;
    if (this.isCrashed()) return this.restart(why); // which loads it
    this.aborter?.abort();
    const aborter = new AbortController();
    this.aborter = aborter;
    this.phase = 'loading';
    this.problem = '';
    this.notices = why === '' ? [] : [why];
    this.model = null;
    this.family = '';
    const total = file?.size ?? this.survey?.manifest.size ?? 0;
    this.progress = { done: 0, total, from: file || this.survey?.stored ? 'storage' : 'network' };
    let arriving = false;
    /** Another load has begun, or the engine anew. */
    const over = (): boolean => this.aborter !== aborter || this.client !== client;
    try {
      const { model, personas } = await client.load(
        this.source,
        {
          fetch: (p) => {
            // Each part is looked for in the storage first. To people it is one download, from its first byte on.
            arriving ||= p.from === 'network';
            const from = arriving ? 'network' : p.done > 0 ? p.from : this.progress.from;
            this.progress = { ...p, from };
          },
          loading: (p) => {
            // Once all has arrived, what is left is the engine's.
            const { done, total: all, from } = this.progress;
            if (from === 'engine' || done === all) this.progress = { ...p, from: 'engine' };
          },
          storage: (kept, message) => {
            if (!kept) this.notices.push(message);
          },
          notice: (message) => this.notices.push(message),
        },
        aborter.signal,
      );
      await this.booting;
      if (over()) return;
      this.hooks.fits(personas);
      this.model = model;
      this.wanted = true; // though it came just before it was cancelled
      this.phase = 'ready';
    } catch (cause) {
      if (over() || this.isCrashed()) return;
      this.phase = 'asleep';
      this.wanted = false;
      if (!(cause instanceof Cancelled)) this.problem = sentence(cause);
      this.source = this.defaultSource;
      await this.look();
    }
  }

  cancel(): void {
    this.wanted = false;
    this.aborter?.abort();
  }

  /** A new program, with the model that was wanted; where none was, it is looked for as at the start. */
  async restart(why = ''): Promise<void> {
    this.client?.terminate();
    this.boot();
    await this.booting;
    if (this.phase !== 'asleep') return;
    this.notices = why === '' ? [] : [why];
    if (this.wanted) await this.load(this.file ?? undefined, why);
    else await this.retry(why);
  }

  /** A worker has died: the page goes on by itself, with one. */
  private async goOnAlone(message: string): Promise<void> {
    this.workers = 1;
    await this.restart(`${message} The page goes on with one, more slowly.`);
  }

  /** Removes the stored model; the open one stays usable. */
  async evict(): Promise<void> {
    try {
      await this.client?.evict();
      await this.look();
    } catch (cause) {
      this.problem = sentence(cause);
    }
  }

  private boot(): void {
    this.booting = this.bootProgram();
  }

  private async bootProgram(): Promise<void> {
    this.phase = 'starting';
    this.problem = '';
    this.model = null;
    const client = new EngineClient(
      this.hooks.createWorker(),
      (message, alone) => {
        if (this.client !== client) return;
        this.phase = 'crashed';
        this.problem = message;
        if (alone && this.workers !== 1) void this.goOnAlone(message);
      },
      (message) => {
        // The page fetches what is missing, and the conversation stays.
        if (this.client === client) void this.restart(message);
      },
    );
    this.client = client;
    try {
      const engine = await client.boot('auto', this.hooks.base, this.workers);
      if (this.client !== client) return;
      this.engine = engine;
      await this.hooks.started(engine, client);
      if (this.client === client && this.phase === 'starting') this.phase = 'asleep';
    } catch (cause) {
      if (this.client !== client) return; // it died, and another program is starting already
      this.phase = 'crashed';
      this.problem = sentence(cause);
      // Why it can't run is then the useful answer.
      this.support ??= await examine(0, true).catch(() => null);
    }
  }

  /** What is there to load, how much of it is here already, and can this browser run it? */
  async look(): Promise<void> {
    const { client } = this;
    try {
      const survey = (await client?.survey(this.defaultSource.url)) ?? null;
      this.support = survey && (await examine(survey.manifest.size, survey.keeps));
      this.survey = survey;
    } catch (cause) {
      if (this.client !== client) return; // it has died, which was told
      if (!(cause instanceof Cancelled) && this.problem === '') this.problem = sentence(cause);
    }
  }

  private isCrashed(): boolean {
    return this.phase === 'crashed';
  }
}

function askedWorkers(search: string): number | 'auto' {
  const asked = Number(new URLSearchParams(search).get('workers'));
  return Number.isInteger(asked) && asked > 0 ? asked : 'auto';
}
