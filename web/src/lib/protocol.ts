/**
 * The messages between the page, its worker and the engine. The engine's side of the same contract is stated in
 * wasm/page. Requests carry an id; the events that answer carry it too. What comes from the engine is checked in
 * the worker before it goes on (`engineEvent`), so that the page may rely on the types.
 */
import * as shape from './shape';
import type { Manifest } from './manifest';
import { settings, studyRecord } from './study';

export type PaneId = 'A' | 'B';
export const PANES: readonly PaneId[] = ['A', 'B'];
export type PoleId = 'plus' | 'minus';
export type Variant = 'relaxed' | 'baseline';

// --- what the engine tells ---------------------------------------------------

const pane = shape.oneOf('A', 'B');
const pair = shape.object({ plus: shape.number, minus: shape.number });

const estimate = shape.object({
  value: shape.number,
  low: shape.nullable(shape.number),
  high: shape.nullable(shape.number),
  draws: shape.nullable(shape.list(shape.number, 10_000)),
});

const measurement = shape.object({
  name: shape.text,
  /** What was measured, in identifiers: see evidence.ts. The engine gives them to evidence from older documents, too. */
  set: shape.nullable(shape.text),
  measure: shape.nullable(shape.text),
  kind: shape.nullable(shape.text),
  n: shape.nullable(pair),
  auc: shape.nullable(estimate),
  d: shape.nullable(estimate),
  ppl_ratio: shape.nullable(pair),
  note: shape.nullable(shape.text),
});

/**
 * How well masks tell statements apart that they were not made from, the persona's own or masks made in the same way
 * without these statements; what the persona's cost; and what controls reach.
 */
const evidence = shape.object({
  source: shape.text,
  settings_tried: shape.nullable(shape.count),
  tests: shape.list(measurement, 1000),
  controls: shape.nullable(shape.list(measurement, 1000)),
  note: shape.nullable(shape.text),
});

const pole = shape.object({ name: shape.text, description: shape.text });

/** A recipe with its parameters; what a recipe does not use is null. */
export const recipe = shape.object({ ...settings, layers: shape.list(shape.count, 2) });
/** One that an earlier visit kept. Earlier versions knew no `own`, which has its default then and is not 0. */
export const keptRecipe: shape.Check<Recipe> = (value, path) => {
  const kept = recipe(value, path);
  return kept.recipe === 'units' && !('own' in Object(value)) ? { ...kept, own: 1 } : kept;
};

const persona = shape.object({
  key: shape.text,
  /** Identifies the masks, whatever has been measured of them; the key changes with the evidence. */
  mask: shape.text,
  name: shape.text,
  description: shape.text,
  author: shape.text,
  licence: shape.text,
  kind: shape.text,
  units: shape.count,
  poles: shape.object({ plus: pole, minus: pole }),
  model: shape.object({ name: shape.text, arch: shape.text, digest: shape.text }),
  /** null while no model is open. */
  fits: shape.nullable(shape.flag),
  misfit: shape.text,
  evidence: shape.nullable(evidence),
  /** What the first test means; empty without one. */
  sentence: shape.text,
  /** What masks like it are made with; null where it wears several at once. */
  settings: shape.nullable(recipe),
  /** That the evidence was measured at. */
  strength: shape.within(0, 1),
  /** That a chat through a pole begins at. */
  chat: shape.object({ plus: shape.within(0, 1), minus: shape.within(0, 1) }),
});

/** Whether a persona is for the open model, and what a visitor is told if it is not. */
const fit = shape.object({ key: shape.text, fits: shape.flag, misfit: shape.text });

const model = shape.object({
  name: shape.text,
  arch: shape.text,
  layers: shape.count,
  dim: shape.count,
  /** Of attention values, a layer. */
  channels: shape.count,
  ffn: shape.count,
  heads: shape.count,
  kvHeads: shape.count,
  vocab: shape.count,
  context: shape.count,
  quantisation: shape.text,
  bytes: shape.count,
  memory: shape.count,
  workers: shape.count,
  /** The chat format; null when the file's own template is not one the engine knows. */
  family: shape.nullable(shape.text),
  families: shape.list(shape.text, 100),
  digest: shape.text,
  /** The recipes with their defaults for this model. */
  recipes: shape.list(recipe, 100),
});

/** What a calibration or an evaluation goes through: the making, then each of the measures. */
export const STEPS = [
  'make',
  'own',
  'yesNo',
  'replies',
  'shuffled',
  'random',
  'prompts',
  'fewShot',
  'words',
  'wanda',
] as const;
const step = shape.oneOf(...STEPS);

const confound = shape.object({
  kind: shape.text,
  /** The one to mend it in; empty = either. */
  pole: shape.oneOf('plus', 'minus', ''),
  text: shape.text,
});

/** Where a mask's closed units are: how many in each layer's heads and groups of neurons. */
const census = shape.object({
  heads: shape.list(shape.list(shape.number)),
  headSize: shape.count,
  neurons: shape.list(shape.list(shape.number)),
  neuronsEach: shape.count,
});

const token = shape.object({
  pane,
  index: shape.count,
  token: shape.count,
  /** May be empty: a token can end inside a character. */
  text: shape.text,
  logProb: shape.number,
  /** Nats, while both replies are still the same text; else null. */
  kl: shape.nullable(shape.number),
});

const id = shape.count;

export const engineEvent = shape.union({
  started: {
    version: shape.text,
    variant: shape.oneOf('relaxed', 'baseline'),
    library: shape.list(persona, 10_000),
    /** Files of the site that the engine may ask for later. */
    files: shape.list(shape.text, 10_000),
  },
  loading: { id, done: shape.count, total: shape.count },
  opened: { id, model, personas: shape.list(fit, 10_000) },
  /** From a program beside the one that answers: it has its share of the model. */
  joined: { id },
  persona: { id, persona },
  shared: { id, fragment: shape.text },
  exported: { id, name: shape.text, text: shape.text },
  prefill: { id, pane, done: shape.count, total: shape.count },
  /** What was written since the last of these, by all panes, in this order. */
  tokens: {
    id,
    tokens: shape.list(token),
  },
  end: {
    id,
    pane,
    reason: shape.oneOf('stop', 'length', 'context', 'stopped'),
    tokens: shape.count,
    prefillTokens: shape.count,
    seconds: shape.number,
    tokensPerSecond: shape.number,
    prefillSeconds: shape.number,
  },
  divergence: { id, pane, tokens: shape.list(shape.object({ text: shape.text, kl: shape.number })) },
  /** `plus` and `minus` count each statement of a pole once. */
  checked: { id, plus: shape.count, minus: shape.count, confounds: shape.list(confound, 100) },
  /** Answers estimate, and comes first of a calibrate or an evaluate. */
  estimated: {
    id,
    steps: shape.list(shape.object({ step, seconds: shape.nullable(shape.number) }), STEPS.length),
    /** What the seconds rest on: a short pass, the last run, or nothing. */
    from: shape.oneOf('pass', 'run', ''),
  },
  progress: { id, step, what: shape.text, done: shape.count, total: shape.count },
  /** A persona has been made; nothing is measured of it yet. */
  made: { id, persona },
  /** A persona has more evidence, and by that another key. */
  measured: { id, was: shape.text, persona },
  /** A setting has been measured: the cell of this number. */
  explored: {
    id,
    cell: shape.count,
    record: studyRecord,
    /** null for a mask that closes no units, and for controls. */
    census: shape.nullable(shape.object({ plus: census, minus: census })),
  },
  /** Ends a calibrate, an evaluate, an explore or an estimate that was stopped. */
  stopped: { id },
  finished: { id },
  failed: { id, message: shape.text },
});

export type EngineEvent = shape.Checked<typeof engineEvent>;
export type PersonaInfo = shape.Checked<typeof persona>;
export type Pole = shape.Checked<typeof pole>;
export type Evidence = shape.Checked<typeof evidence>;
export type Measurement = shape.Checked<typeof measurement>;
export type Estimate = shape.Checked<typeof estimate>;
export type Recipe = shape.Checked<typeof recipe>;
export type Census = shape.Checked<typeof census>;
export type Explored = Extract<EngineEvent, { type: 'explored' }>;
export type Confound = shape.Checked<typeof confound>;
export type Step = (typeof STEPS)[number];
export type Checked = Extract<EngineEvent, { type: 'checked' }>;
export type Estimated = Extract<EngineEvent, { type: 'estimated' }>;
export type Progress = Extract<EngineEvent, { type: 'progress' }>;
export type Token = shape.Checked<typeof token>;
export type ModelInfo = shape.Checked<typeof model>;
export type Fit = shape.Checked<typeof fit>;
export type Opened = Extract<EngineEvent, { type: 'opened' }>;
export type Started = Extract<EngineEvent, { type: 'started' }>;
export type EndReason = Extract<EngineEvent, { type: 'end' }>['reason'];

// --- what the worker tells by itself -----------------------------------------

export type WorkerEvent =
  /** The manifest and how many of its bytes this browser holds already. */
  | { type: 'surveyed'; id: number; manifest: Manifest; stored: number; keeps: boolean }
  | { type: 'fetch'; id: number; done: number; total: number; from: 'network' | 'storage' }
  /** Whether the model stays in this browser; the message says why not. */
  | { type: 'storage'; id: number; kept: boolean; message: string }
  /** Something was mended on the way: for people to know, nothing to do. */
  | { type: 'notice'; id: number; message: string }
  | { type: 'cancelled'; id: number }
  | { type: 'evicted'; id: number }
  /** What was stored of the open model was not what it should be, and has been removed: begin anew. */
  | { type: 'damaged'; message: string }
  /** alone: a worker less may do better. */
  | { type: 'crashed'; message: string; alone?: boolean };

export type PageEvent = EngineEvent | WorkerEvent;
export type { Manifest };

// --- what the page asks ------------------------------------------------------

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface Sampling {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repeatPenalty: number;
  repeatLast: number;
  seed: number;
}

export interface PaneRequest {
  pane: PaneId;
  persona: string | null;
  pole: PoleId;
  /** 0 leaves the model as it is, 1 closes the mask's units. */
  strength: number;
  seed: number;
  messages: ChatMessage[];
}

export interface GenerateOptions {
  panes: PaneRequest[];
  sampling: Sampling;
  maxTokens: number;
  compare: boolean;
  /** Chat format to use when the model file's own is unknown; empty = the model's. */
  family: string;
}

/** How one persona is made of two: their units as sets, or both masks worn at once. */
export type CombineOp = 'union' | 'intersection' | 'difference' | 'together';

export interface Operand {
  persona: string;
  /** The pole that goes into the new plus pole; the opposite one goes into the minus pole. */
  pole: PoleId;
  /** Above 0; for `together`. */
  strength: number;
}

export interface CombineOptions {
  op: CombineOp;
  a: Operand;
  b: Operand;
  /** Empty = made of the two names. */
  name: string;
}

/** What to measure: counts of draws and of replies to a question, and flags. */
export interface Measures {
  own: boolean;
  yesNo: boolean;
  replies: number;
  shuffled: number;
  random: number;
  prompts: boolean;
  fewShot: boolean;
  words: boolean;
  wanda: boolean;
}

const wording = shape.object({
  name: shape.text,
  description: shape.text,
  /** Puts the pole into words for the model; empty = made of its name and description. */
  prompt: shape.text,
  /** What people call its statements; empty = its name in quotes. */
  label: shape.text,
});

/** Words for a trait and its two poles. */
export const pairShape = shape.object({
  name: shape.text,
  description: shape.text,
  poles: shape.object({ plus: wording, minus: wording }),
});
export type Pair = shape.Checked<typeof pairShape>;

export interface StudyOptions {
  /** Key; empty = a persona is to be made. */
  persona: string;
  pair: Pair;
  plus: string[];
  minus: string[];
  /** null = the recipe `units` with its defaults. */
  settings: Recipe | null;
  /** Share of the statements that is held out for the test, of masks made in the same way without these statements. */
  holdout: number;
  seed: number;
  measures: Measures;
  /** What other statements than the persona's own are called in the evidence. */
  on: string;
  family: string;
}

/** One setting to measure, of the masks themselves or of a control. */
export interface Cell extends Recipe {
  kind: 'mask' | 'shuffled' | 'random';
  /** Chooses the split of the statements; 0 is the one that everybody shares. */
  seed: number;
  /** Numbers a control's draws. */
  draw: number;
}

export interface ExploreOptions {
  plus: string[];
  minus: string[];
  cells: Cell[];
  /** Shares of the statements that are kept out of calibration. */
  development: number;
  test: number;
  on: 'development' | 'test';
  /** How many draws of a control there may be. */
  draws: number;
  family: string;
}

export interface CheckOptions {
  plus: string[];
  minus: string[];
  plusName: string;
  minusName: string;
}

export type EngineRequest =
  | { type: 'open'; id: number; name: string; size: number; digest: string }
  | { type: 'persona'; id: number; text: string }
  | { type: 'persona'; id: number; link: string }
  /** Answered by a persona. */
  | ({ type: 'combine'; id: number } & CombineOptions)
  | { type: 'share'; id: number; persona: string }
  | { type: 'export'; id: number; persona: string }
  | ({ type: 'generate'; id: number } & GenerateOptions)
  | ({ type: 'check'; id: number } & CheckOptions)
  | ({ type: 'calibrate'; id: number } & StudyOptions)
  | ({ type: 'evaluate'; id: number } & StudyOptions)
  | ({ type: 'estimate'; id: number } & StudyOptions)
  | ({ type: 'explore'; id: number } & ExploreOptions)
  | { type: 'stop'; id: number; target: number };

export type ModelSource = { kind: 'manifest'; url: string } | { kind: 'file'; file: File };

export type WorkerRequest =
  | { type: 'boot'; variant: Variant | 'auto'; base: string; workers: number | 'auto' }
  | { type: 'survey'; id: number; url: string }
  | { type: 'load'; id: number; source: ModelSource }
  /** Ends the load with this id. */
  | { type: 'cancel'; id: number }
  | { type: 'evict'; id: number };

export type PageRequest = Exclude<EngineRequest, { type: 'open' }> | WorkerRequest;
