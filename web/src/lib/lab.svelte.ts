/**
 * The Lab: settings that were measured, here or in a study's file, and what is to be measured next. It works without a
 * model, for looking at files; results are kept for the next visit.
 */
import { createContext } from 'svelte';
import { Cancelled } from './client';
import { keeper, recall, unkept } from './keep';
import { keepChanges } from './kept.svelte';
import { keptRecipe, recipe, type Census, type Cell, type Recipe } from './protocol';
import { within } from './recipes';
import { sentence } from './sentence';
import type { Session } from './session.svelte';
import * as shape from './shape';
import {
  alike,
  bestOf,
  merge,
  MOST_RECORDS,
  readStudy,
  studyOf,
  studyRecord,
  type StudyRecord,
} from './study';
import { besideOthers } from './tabs';
import { save } from './transcript';

/** Statements of two poles that settings are measured on. */
export interface StatementSet {
  name: string;
  plus: string[];
  minus: string[];
  /** What people call a statement of the plus pole, for sentences: "extraverted". */
  label: string;
}

/** What is calibrated on, chosen by, and kept for a last check. */
export const SHARES = { development: 0.3, test: 0.2 };
/** A study's file has at most so many bytes here. */
const STUDY_LIMIT = 32 << 20;
/** Draws of a control that one set may need; they are prepared together. */
export const MOST_DRAWS = 20;
export const OWN = 'own';

export interface Run {
  what: string;
  done: number;
  total: number;
}

/** What the Lab needs of the playground. */
interface Engine {
  readonly session: Pick<Session, 'client' | 'model' | 'family' | 'task'>;
  readonly notices: string[];
  readonly canSend: boolean;
}

const keptShape = shape.object({
  records: shape.list(studyRecord, MOST_RECORDS),
  labels: shape.list(shape.object({ statements: shape.text, label: shape.text })),
  own: shape.object({ plus: shape.text, minus: shape.text }),
});

/** What is to be measured next. It is kept apart: it changes with every slider, and the records may be many. */
const formShape = shape.object({
  settings: shape.nullable(keptRecipe),
  fitted: shape.text,
  source: shape.text,
  most: shape.within(20, 1e6),
  on: shape.oneOf('development', 'test'),
});

export class Lab {
  records = $state.raw<readonly StudyRecord[]>([]);
  /** Where the closed units of a measured mask are, by the record's key. */
  census = $state.raw<ReadonlyMap<string, { plus: Census; minus: Census }>>(new Map());
  /** The records that were cleared last, and what was on show of them. */
  cleared = $state.raw<Pick<Lab, 'records' | 'shown' | 'chosen'> | null>(null);
  /** What people call the plus pole's statements, by the statements' hash. */
  labels = $state.raw<ReadonlyMap<string, string>>(new Map());
  chosen = $state<string | null>(null);
  /** The study on show, where there are several; see `studyOf`. */
  shown = $state<string | null>(null);
  problem = $state('');
  news = $state('');

  set = $state.raw<StatementSet | null>(null);
  /** The ready set that was chosen, or OWN. */
  source = $state('');
  /** What the visitor has typed. */
  own = $state({ plus: '', minus: '' });
  /** How many statements of each pole are used. */
  most = $state(60);
  settings = $state<Recipe | null>(null);
  on = $state<'development' | 'test'>('development');
  run = $state.raw<Run | null>(null);
  /** How long the last setting took, in seconds. */
  pace = $state<number | null>(null);
  private aborter: AbortController | null = null;
  private recalled = $state(false);
  /** The model that the settings are for: another has other layers. */
  private fitted = '';

  constructor(private readonly playground: Engine) {}

  async start(): Promise<void> {
    const [kept, form] = await Promise.all([recall('lab', keptShape), recall('lab-form', formShape)]);
    if (kept) {
      this.labels = new Map(kept.labels.map(({ statements, label }) => [statements, label]));
      this.own = kept.own;
      this.add(kept.records);
      this.shown = this.studies[0]?.id ?? null;
      this.chosen = bestOf(this.comparable)?.key ?? null;
    }
    if (form) {
      const { settings, fitted, ...rest } = form;
      Object.assign(this, rest);
      // Those of another model than the one that is open, if it is by now, fit nothing.
      if (settings && (this.fitted === '' || this.fitted === fitted))
        Object.assign(this, { settings, fitted });
    }
    this.recalled = true;
  }

  /** Keeps every change for the next visit. Must be called while a component initialises. */
  keepAll(): void {
    const failed = (cause: unknown): void => {
      this.problem = unkept(cause, 'what the Lab has measured: it ends with this tab');
    };
    const kept = keeper<unknown>('lab', failed);
    const form = keeper<unknown>('lab-form', failed);
    const tell = besideOthers(
      'lab',
      () => this.records.length > 0 || this.own.plus !== '' || this.own.minus !== '',
      () => {
        this.playground.notices.push(
          'Another tab has kept its Lab for the next visit. Results and statements in the Lab of this tab end with it, unless you go on with them.',
        );
      },
    );
    const recalled = (): boolean => this.recalled;
    keepChanges(form, recalled, () => {
      const { source, most, on, fitted } = this;
      const settings = $state.snapshot(this.settings);
      return () => ({ settings, source, most, on, fitted });
    });
    keepChanges(kept, recalled, () => {
      const { records, labels } = this;
      const own = $state.snapshot(this.own);
      return () => {
        tell();
        return {
          records: records.slice(-MOST_RECORDS),
          labels: [...labels].map(([statements, label]) => ({ statements, label })),
          own,
        };
      };
    });
  }

  /** There is something to measure on, and nothing else at work. */
  get canRun(): boolean {
    return this.set !== null && this.run === null && this.playground.canSend;
  }

  private get session(): Engine['session'] {
    return this.playground.session;
  }

  get studies(): { id: string; name: string }[] {
    const found = new Map<string, { first: StudyRecord; count: number }>();
    for (const r of this.records) {
      const have = found.get(studyOf(r));
      if (have) have.count++;
      else found.set(studyOf(r), { first: r, count: 1 });
    }
    return [...found].map(([id, { first, count }]) => ({ id, name: this.nameOf(first, count) }));
  }

  /** The records that may be compared: of one model, one set of statements, one split and one part of it. */
  get comparable(): StudyRecord[] {
    const { shown } = this;
    return this.records.filter((r) => studyOf(r) === shown);
  }

  get selected(): StudyRecord | undefined {
    return this.records.find((r) => r.key === this.chosen);
  }

  /** How many different settings of masks the study on show has: the best of many looks better than it is. */
  get tried(): number {
    return this.comparable.filter((r) => r.kind === 'mask').length;
  }

  async take(file: File): Promise<void> {
    this.problem = '';
    if (file.size > STUDY_LIMIT) {
      this.problem = `${file.name} has more than ${STUDY_LIMIT >> 20} MB: masque study writes smaller files.`;
      return;
    }
    try {
      const records = readStudy(await file.text());
      this.add(records);
      const first = records[0];
      if (first) this.shown = studyOf(first);
      this.chosen = bestOf(this.comparable)?.key ?? null;
      this.news = `${file.name}: ${records.length} settings`;
    } catch (cause) {
      this.problem = `${file.name}: ${sentence(cause)}`;
    }
  }

  /** The study on show as the lines of a file, which `masque study` reads as well. */
  get lines(): string {
    return this.comparable.map((r) => `${JSON.stringify(lineOf(r))}\n`).join('');
  }

  save(): void {
    save({ name: 'study.jsonl', text: this.lines, type: 'application/jsonl' });
  }

  /** Takes the study on show away, which can be undone: it may have taken long. */
  clear(): void {
    const { comparable: records, shown, chosen } = this;
    this.cleared = { records, shown, chosen };
    this.records = this.records.filter((r) => studyOf(r) !== this.shown);
    this.chosen = null;
    this.shown = this.studies[0]?.id ?? null;
  }

  undo(): void {
    const { cleared } = this;
    if (!cleared) return;
    this.records = merge(cleared.records, this.records);
    this.shown = cleared.shown;
    this.chosen = cleared.chosen;
    this.cleared = null;
  }

  /** Takes up a recipe with this model's defaults. */
  choose(name: string): void {
    const { model } = this.session;
    const found = model?.recipes.find((r) => r.recipe === name);
    if (!model || !found) return;
    this.fitted = model.digest;
    this.settings = { ...found, layers: [...found.layers] };
  }

  /** The model that is open can have masks that are made as those of a record. */
  canLike({ recipe: name, layers: [, last] }: StudyRecord): boolean {
    const { model } = this.session;
    return model !== null && last < model.layers && model.recipes.some((r) => r.recipe === name);
  }

  /** Takes up the settings of a persona or a record, to measure masks that are made as its are. */
  like(settings: Recipe): void {
    const { model } = this.session;
    const own = recipe(settings); // and nothing else that it may have
    this.settings = model ? within(own, {}, model) : own;
    if (model) this.fitted = model.digest;
  }

  /** Takes up statements. Until they are there none are, and none when they fail: nothing is measured under their name. */
  async pick(source: string, statements: StatementSet | Promise<StatementSet>): Promise<void> {
    this.source = source;
    this.set = null;
    this.problem = '';
    try {
      const set = await statements;
      if (this.source === source) this.set = set;
    } catch (cause) {
      if (this.source !== source) return;
      this.source = '';
      this.problem = sentence(cause);
    }
  }

  /** The settings become those of the model that is open, if it is another one. */
  fit(): void {
    const { model } = this.session;
    if (model && model.digest !== this.fitted) this.choose('units');
  }

  async measure(): Promise<void> {
    return this.explore([this.cell('mask', 0)]);
  }

  /** The same settings with the slider at each of these places. */
  async sweep(changes: readonly Partial<Recipe>[]): Promise<void> {
    return this.explore(changes.map((change) => ({ ...this.cell('mask', 0), ...change })));
  }

  /** Draws so many more shuffled and random masks of these settings. */
  async draw(count: number): Promise<void> {
    const own = this.cell('mask', 0);
    const cells: Cell[] = [];
    for (const kind of ['shuffled', 'random'] as const) {
      const drawn = this.comparable.filter((r) => r.kind === kind && alike(r, own)).length;
      for (let k = drawn; k < Math.min(drawn + count, MOST_DRAWS); k++) cells.push({ ...own, kind, draw: k });
    }
    // One of each in turn, so that a run that is stopped has some of both.
    cells.sort((a, b) => a.draw - b.draw || (a.kind < b.kind ? 1 : -1));
    return this.explore(cells);
  }

  cancel(): void {
    this.aborter?.abort();
  }

  private cell(kind: Cell['kind'], draw: number): Cell {
    const { settings } = this;
    if (!settings) throw new Error('No recipe is chosen.');
    return { ...$state.snapshot(settings), kind, seed: 0, draw };
  }

  private async explore(cells: Cell[]): Promise<void> {
    const { client } = this.session;
    const { set } = this;
    if (!client || !set || !this.canRun || cells.length === 0) return;
    const aborter = new AbortController();
    this.aborter = aborter;
    this.session.task = 'Measuring';
    this.problem = '';
    this.run = { what: 'starting', done: 0, total: 1 };
    let began = performance.now();
    try {
      await client.explore(
        {
          plus: set.plus.slice(0, this.most),
          minus: set.minus.slice(0, this.most),
          cells,
          ...SHARES,
          on: this.on,
          draws: MOST_DRAWS,
          family: this.session.family,
        },
        {
          progress: ({ what, done, total }) => (this.run = { what, done, total }),
          explored: ({ record, census }) => {
            this.add([record]);
            this.labels = new Map(this.labels).set(record.statements, set.label);
            if (census) this.census = new Map(this.census).set(record.key, census);
            this.shown = studyOf(record);
            if (record.kind === 'mask') this.chosen = record.key;
            this.pace = (performance.now() - began) / 1000;
            began = performance.now();
          },
        },
        aborter.signal,
      );
    } catch (cause) {
      if (!(cause instanceof Cancelled)) this.problem = sentence(cause);
    } finally {
      this.run = null;
      this.aborter = null;
      this.session.task = '';
    }
  }

  private add(records: readonly StudyRecord[]): void {
    this.records = merge(this.records, records);
  }

  private nameOf(r: StudyRecord, count: number): string {
    const label = this.labels.get(r.statements);
    const statements = label ? `“${label}”` : `statements ${r.statements.slice(0, 6)}`;
    const split = r.seed === 0 ? '' : `, split ${r.seed}`;
    return `${statements}${split}, ${r.on} part (${r.n_statements.plus} + ${r.n_statements.minus}): ${count} measured`;
  }
}

/** A record as the line of a file: members that a recipe has no use for are left out again. */
function lineOf(r: StudyRecord): object {
  return Object.fromEntries(Object.entries(r).filter(([key, value]) => value !== null || key === 'd'));
}

export const [useLab, provideLab] = createContext<Lab>();
