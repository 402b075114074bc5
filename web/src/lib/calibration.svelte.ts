/** The Calibrate view: what is written, what is known of it, what is being made, and the persona at hand. */
import { createContext } from 'svelte';
import { Cancelled, type EngineClient } from './client';
import {
  blankDraft,
  blankOther,
  blankPair,
  draftShape,
  formShape,
  History,
  MOST_ORIGINS,
  named,
  NOTHING,
  originsShape,
  otherShape,
  type Draft,
  type Origin,
  type Other,
  type Texts,
} from './draft.svelte';
import { keeper, recall, unkept, type Keeper } from './keep';
import { keepChanges } from './kept.svelte';
import { later } from './later';
import type { Playground } from './playground.svelte';
import type { Checked, Estimated, Measures, PersonaInfo, Recipe, StudyOptions } from './protocol';
import { sentence } from './sentence';
import * as shape from './shape';
import type { ReadySet } from './sets';
import { lines, shared } from './statements';
import { StudyRun } from './studyrun.svelte';
import { besideOthers } from './tabs';

/** Typing rests that long before anything is asked of the engine. */
const QUIET_MS = 150;
const ESTIMATE_MS = 500;

/** Where something is told: beside the choice of a set, or the button of a run, for the masks or the test. */
export type Place = 'draft' | 'make' | 'other' | 'test';

/** A persona by its key, which changes with what is measured of it; or by its masks, as earlier versions kept it. */
const subjectShape = shape.object({ key: shape.nullable(shape.text), mask: shape.text });
const NOBODY: shape.Checked<typeof subjectShape> = { key: null, mask: '' };

export class Calibration {
  draft = $state<Draft>(blankDraft());
  other = $state<Other>(blankOther());
  /** The recipe that was set, and the model that it was set for: another has other layers, and its own defaults. */
  private chosen = $state.raw<{ recipe: Recipe; fitted: string } | null>(null);
  /** Controls that are measured along with a new persona. */
  controls = $state<Measures>({ ...NOTHING });
  /** What is to be measured of the persona at hand. */
  further = $state<Measures>({ ...NOTHING, shuffled: 5, random: 5, prompts: true });
  checked = $state.raw<Checked | null>(null);
  /** What the next calibration takes; null while it is not known. */
  estimate = $state.raw<Estimated | null>(null);
  /** The same for what is to be measured further. */
  furtherEstimate = $state.raw<Estimated | null>(null);
  /** Why there is no estimate: what the engine has against the statements. */
  obstacle = $state('');
  problem = $state('');
  news = $state('');
  /** What `problem` and `news` are of. */
  toldAt = $state<Place>('make');
  readonly history = new History<Pick<Draft, 'pair' | 'texts'>>();
  readonly otherHistory = new History<Other>();
  readonly run = new StudyRun();
  /** The masks at hand. */
  private subject = $state.raw(NOBODY);
  /** What masks were made from, of those that were made last. */
  private origins = $state.raw<readonly Origin[]>([]);
  /** The ready sets that masks of the library were made from, by the mask, as far as they were wanted. */
  private sources = $state.raw<ReadonlyMap<string, Texts>>(new Map());
  /** What the run is for: the progress stands beside the button that began it. */
  at = $state<'make' | 'test'>('make');
  /** The persona at hand is to be tested on the other set. */
  onOther = $state(false);

  private recalled = $state(false);
  private estimating: AbortController | null = null;
  /** The sets of the library's that were asked for last. */
  private readonly asked = { draft: '', other: '' };
  private started = 0;

  constructor(private readonly playground: Playground) {}

  get persona(): PersonaInfo | undefined {
    const { gallery } = this.playground;
    const { key, mask } = this.subject;
    return gallery.find(key) ?? gallery.personas.find((p) => p.mask === mask);
  }

  /** null = the defaults of the recipe `units` for the model at hand. */
  get recipe(): Recipe | null {
    return this.chosen?.fitted === this.digest ? this.chosen.recipe : null;
  }

  set recipe(recipe: Recipe | null) {
    this.chosen = recipe && { recipe, fitted: this.digest };
  }

  private get digest(): string {
    return this.playground.session.model?.digest ?? '';
  }

  private get origin(): Origin | undefined {
    return this.origins.find(({ mask }) => mask === this.subject.mask);
  }

  /** The statements that the persona at hand was made from are known. */
  get knowsOrigin(): boolean {
    return this.origin !== undefined;
  }

  /** Some of those are held out for the test. */
  get holdsOut(): boolean {
    return (this.origin?.draft.holdout ?? 0) > 0;
  }

  /** How many of the other statements are of those that the persona at hand was made from; null where those are not known. */
  get seen(): number | null {
    const from = this.origin?.draft.texts ?? this.sources.get(this.subject.mask);
    return from ? shared(this.other.texts, from) : null;
  }

  get canRun(): boolean {
    return this.playground.canSend && !this.run.running;
  }

  get settings(): Recipe | null {
    return this.recipe ?? this.defaults;
  }

  private get defaults(): Recipe | null {
    return this.playground.session.model?.recipes[0] ?? null;
  }

  async start(): Promise<void> {
    const [draft, other, form, origins, subject] = await Promise.all([
      recall('calibrate', draftShape),
      recall('calibrate-other', otherShape),
      recall('calibrate-form', formShape),
      recall('calibrate-origin', originsShape),
      recall('calibrate-subject', subjectShape),
    ]);
    if (draft) this.draft = draft;
    if (other) this.other = other;
    if (form) {
      const { recipe, fitted, controls, further } = form;
      this.chosen = recipe && { recipe, fitted };
      Object.assign(this, { controls, further });
    }
    this.origins = origins ?? [];
    if (subject) this.subject = subject;
    this.recalled = true;
  }

  /** Keeps every change for the next visit, and asks the engine about it. Must be called while a component initialises. */
  keepAll(): void {
    const failed = (cause: unknown): void => {
      this.tell('make', unkept(cause, 'your statements: they end with this tab'));
    };
    const keepers = {
      draft: keeper<unknown>('calibrate', failed),
      other: keeper<unknown>('calibrate-other', failed),
      form: keeper<unknown>('calibrate-form', failed),
      origins: keeper<unknown>('calibrate-origin', failed),
      subject: keeper<unknown>('calibrate-subject', failed),
    };
    const tell = besideOthers(
      'statements',
      () => [this.draft, this.other].some(({ texts }) => texts.plus !== '' || texts.minus !== ''),
      () => {
        this.playground.notices.push(
          'Another tab has kept its statements for the next visit. Those in this tab end with it, unless you go on with them.',
        );
      },
    );
    const typed = (kept: Keeper<unknown>, read: () => unknown): void => {
      keepChanges(
        kept,
        () => this.recalled,
        () => {
          const value = read();
          return () => {
            tell();
            return value;
          };
        },
      );
    };
    typed(keepers.draft, () => $state.snapshot(this.draft));
    typed(keepers.other, () => $state.snapshot(this.other));
    keepChanges(
      keepers.form,
      () => this.recalled,
      () => {
        const { recipe = null, fitted = '' } = this.chosen ?? {};
        const { controls, further } = $state.snapshot({ controls: this.controls, further: this.further });
        return () => ({ recipe, fitted, controls, further });
      },
    );
    $effect(() => {
      const { origins, subject } = this;
      if (!this.recalled) return;
      keepers.origins.keep(() => origins);
      keepers.subject.keep(() => ({ key: subject.key, mask: subject.mask }));
    });
  }

  /** Asks what confounds the statements whenever they change. Must be called while a component initialises. */
  watch(): void {
    $effect(() => {
      const { pair, texts } = $state.snapshot(this.draft);
      const { phase } = this.playground.session;
      if (phase === 'starting' || phase === 'crashed') return;
      const timer = setTimeout(() => void this.check(pair, texts), QUIET_MS);
      return () => clearTimeout(timer);
    });
    $effect(() => {
      const { plus, minus } = this.other.texts;
      if (plus !== '' || minus !== '') void this.learnSource();
    });
    $effect(() => {
      // Whatever the estimate depends on is read here, so that a change of it runs this again.
      const options = this.making();
      if (!this.canRun || this.checked === null) {
        this.estimate = null;
        return;
      }
      return this.soon(options, (e) => (this.estimate = e));
    });
    $effect(() => {
      const options = this.testing();
      if (!options || !this.canRun || !Object.values(options.measures).some(Boolean)) {
        this.furtherEstimate = null;
        return;
      }
      return this.soon(options, (e) => (this.furtherEstimate = e));
    });
  }

  /** Fills both editors from a set of the library's. */
  async take(id: string): Promise<void> {
    const fetched = await this.fetch('draft', id);
    if (fetched) this.replace(fetched.texts, fetched.ready.pair);
  }

  /** The other set, to test on. */
  async takeOther(id: string): Promise<void> {
    const fetched = await this.fetch('other', id);
    if (!fetched) return;
    const { ready, texts } = fetched;
    this.replaceOther({ name: `${ready.pair.name}, ${ready.style}`, texts });
  }

  /** A set of the library's, unless another was asked for meanwhile. */
  private async fetch(
    into: 'draft' | 'other',
    id: string,
  ): Promise<{ ready: ReadySet; texts: Texts } | null> {
    this.asked[into] = id;
    if (this.toldAt === into) this.tell(into, '');
    try {
      const { load, READY } = await later('This set', () => import('./sets'));
      const ready = READY.find((s) => s.id === id);
      if (!ready) return null;
      const texts = await load(id);
      return this.asked[into] === id ? { ready, texts } : null;
    } catch (cause) {
      this.tell(into, sentence(cause));
      return null;
    }
  }

  /** Looks up what a persona of the library was made from. What it can't find stays unknown, which is told. */
  async learnSource(): Promise<void> {
    const { persona, origin, sources, playground } = this;
    const shipped = persona && playground.gallery.shipped(persona);
    if (!shipped || origin || sources.has(shipped.mask)) return;
    try {
      const { load, READY } = await later('This set', () => import('./sets'));
      // The sentences: items and other styles are kept for tests.
      const ready = READY.find(({ id, pair }) => !id.includes('.') && pair.name === shipped.name);
      if (ready) this.sources = new Map(this.sources).set(shipped.mask, await load(ready.id));
    } catch {
      // offline, it may be
    }
  }

  replace(texts: Partial<Texts>, pair = this.draft.pair): void {
    const { pair: words, texts: both } = $state.snapshot(this.draft);
    const blank = { pair: blankPair(), texts: blankDraft().texts };
    const before = { pair: words, texts: both };
    if (!same(before, blank)) this.history.keep(before);
    this.draft.texts = { ...this.draft.texts, ...texts };
    this.draft.pair = structuredClone($state.snapshot(pair));
  }

  replaceOther(other: Other): void {
    const before = $state.snapshot(this.other);
    if (!same(before, blankOther())) this.otherHistory.keep(before);
    this.other = other;
  }

  undoOther(): void {
    this.other = this.otherHistory.back() ?? this.other;
  }

  clear(): void {
    this.replace({ plus: '', minus: '' }, blankPair());
  }

  undo(): void {
    const before = this.history.back();
    if (before) Object.assign(this.draft, before);
  }

  /** Makes a persona of what is written, and measures it. */
  async make(): Promise<void> {
    const options = this.making();
    const draft = $state.snapshot(this.draft);
    await this.study('make', 'Calibrating', 'calibrate', options, (persona) => {
      const { mask } = persona;
      this.origins = [...this.origins.filter((o) => o.mask !== mask), { mask, draft }].slice(-MOST_ORIGINS);
      this.subject = persona;
    });
  }

  /** Takes the persona of this key for the one at hand, or none. */
  look(key: string): void {
    this.subject = this.playground.gallery.find(key) ?? NOBODY;
  }

  /** Measures more of the persona at hand. */
  async test(): Promise<void> {
    const options = this.testing();
    if (options) await this.study('test', 'Measuring', 'evaluate', options, () => {});
  }

  private making(): StudyOptions {
    const { pair, texts, holdout, seed } = $state.snapshot(this.draft);
    return {
      persona: '',
      pair: named(pair),
      plus: lines(texts.plus),
      minus: lines(texts.minus),
      settings: $state.snapshot(this.recipe),
      holdout,
      seed,
      measures: { ...$state.snapshot(this.controls), own: true },
      on: '',
      family: this.playground.session.family,
    };
  }

  /** On the statements of its own that are held out for the test, or on others. */
  private testing(): StudyOptions | null {
    const { persona, origin } = this;
    if (!persona) return null;
    const own = origin !== undefined && this.holdsOut && !this.onOther;
    const { texts } = own ? origin.draft : $state.snapshot(this.other);
    return {
      persona: persona.key,
      pair: origin ? named(origin.draft.pair) : blankPair(),
      plus: lines(texts.plus),
      minus: lines(texts.minus),
      settings: null,
      holdout: own ? origin.draft.holdout : 0.5,
      seed: own ? origin.draft.seed : this.draft.seed,
      measures: { ...$state.snapshot(this.further), own: !own || persona.evidence === null },
      on: own ? '' : this.other.name.trim(),
      family: this.playground.session.family,
    };
  }

  private async study(
    at: 'make' | 'test',
    task: string,
    type: 'calibrate' | 'evaluate',
    options: StudyOptions,
    made: (persona: PersonaInfo) => void,
  ): Promise<void> {
    const { session } = this.playground;
    const { client } = session;
    if (!client || !this.canRun) return;
    this.estimating?.abort();
    this.tell(at, '');
    this.at = at;
    session.task = task;
    const kept: Promise<void>[] = [];
    const started = ++this.started;
    try {
      const whole = await this.run.start(client, type, options, {
        made: (persona) => {
          made(persona);
          kept.push(this.playground.made(client, persona));
        },
        measured: (was, persona) => {
          if (this.persona?.key === was) this.subject = persona;
          kept.push(this.playground.measured(client, was, persona));
        },
      });
      if (!whole) this.news = stopped(at, kept.length);
    } catch (cause) {
      this.tell(at, sentence(cause));
    } finally {
      if (started === this.started) session.task = '';
      // A document that was asked for when newer figures had come is no loss.
      await Promise.allSettled(kept);
    }
  }

  private tell(at: Place, problem: string): void {
    this.toldAt = at;
    this.problem = problem;
    this.news = '';
  }

  private async check(pair: Draft['pair'], texts: Texts): Promise<void> {
    const { poles } = named(pair);
    try {
      this.checked =
        (await this.playground.session.client?.check({
          plus: lines(texts.plus),
          minus: lines(texts.minus),
          plusName: poles.plus.name,
          minusName: poles.minus.name,
        })) ?? null;
    } catch {
      this.checked = null; // the engine is gone, which is told elsewhere
    }
  }

  /** Asks how long something takes, once nothing changes any more. Returns what ends the asking. */
  private soon(options: StudyOptions, tell: (e: Estimated | null) => void): () => void {
    const aborter = new AbortController();
    const timer = setTimeout(() => {
      const { client } = this.playground.session;
      if (client) void this.ask(client, options, aborter, tell);
    }, ESTIMATE_MS);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }

  private async ask(
    client: EngineClient,
    options: StudyOptions,
    aborter: AbortController,
    tell: (e: Estimated | null) => void,
  ): Promise<void> {
    this.estimating = aborter;
    try {
      tell(await client.estimate(options, aborter.signal));
      if (options.persona === '') this.obstacle = '';
    } catch (cause) {
      if (cause instanceof Cancelled || aborter.signal.aborted) return;
      tell(null);
      if (options.persona === '') this.obstacle = sentence(cause);
    }
  }
}

/** Whether two documents say the same; their members are in one order. */
function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function stopped(at: 'make' | 'test', kept: number): string {
  if (at === 'test') return kept > 0 ? 'Stopped. What was measured is kept.' : 'Stopped.';
  return kept > 0
    ? 'Stopped. The masks are kept; what was not measured can be measured below.'
    : 'Stopped. Your statements are as they were.';
}

export const [useCalibration, provideCalibration] = createContext<Calibration>();
