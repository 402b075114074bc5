/** A calibration or an evaluation under way: its steps, how far it is, and how long it will take. */
import { Cancelled, type EngineClient, type StudyHandlers } from './client';
import { about } from './numbers';
import type { Estimated, Progress, Step, StudyOptions } from './protocol';

export interface RunStep {
  step: Step;
  /** What the step was expected to take. */
  seconds: number | null;
  state: 'waiting' | 'running' | 'done';
  /** What is done now, and how far. */
  what: string;
  done: number;
  total: number;
  /** When it began, in seconds since the start of the run. */
  began: number;
}

/** The steps in plain words. */
export const WORDS: Record<Step, string> = {
  make: 'Read the statements, find the masks',
  own: 'Test on statements held out, measure the cost',
  yesNo: 'Ask whether it would say them (Yes/No)',
  replies: 'Sample replies and judge them',
  shuffled: 'Label-shuffled masks',
  random: 'Random masks of the same size',
  prompts: 'A prompt instead of the masks, and with them',
  fewShot: 'Example sentences in the prompt',
  words: 'The words alone, no model',
  wanda: 'Plain Wanda masks',
};

/** A step that takes longer than expected is not done before it is. */
const NEARLY = 0.97;

export class StudyRun {
  steps = $state<RunStep[]>([]);
  running = $state(false);
  /** Seconds since the start, as of the last news. */
  elapsed = $state(0);
  private stopper: AbortController | null = null;

  /** How long it will take yet, for people. Nothing takes no time: a total near 0 is none yet. */
  get left(): string {
    const expected = total(this.steps);
    if (expected === null) return '';
    if (expected < 1) return 'measuring how long it takes …';
    const seconds = expected - this.elapsed;
    return seconds >= 1 ? `about ${about(seconds)} left` : 'longer than expected';
  }

  /** How much is done, by the time that steps were expected to take. */
  get share(): number {
    const all = this.steps.reduce((sum, s) => sum + weight(s), 0);
    const done = this.steps.reduce((sum, s) => sum + weight(s) * this.portion(s), 0);
    return all === 0 ? 0 : done / all;
  }

  get current(): RunStep | undefined {
    return this.steps.find((s) => s.state === 'running');
  }

  stop(): void {
    this.stopper?.abort();
  }

  /** Resolves to whether it went through to its end; rejects with what went wrong. */
  async start(
    client: EngineClient,
    type: 'calibrate' | 'evaluate',
    options: StudyOptions,
    handlers: Pick<StudyHandlers, 'made' | 'measured'>,
  ): Promise<boolean> {
    const stopper = new AbortController();
    this.stopper = stopper;
    this.running = true;
    this.steps = [];
    this.elapsed = 0;
    const began = performance.now();
    const tick = setInterval(() => (this.elapsed = (performance.now() - began) / 1000), 500);
    try {
      await client.study(
        type,
        options,
        { ...handlers, plan: (e) => this.plan(e), progress: (e) => this.advance(e) },
        stopper.signal,
      );
      for (const step of this.steps) step.state = 'done';
      return true;
    } catch (cause) {
      if (!(cause instanceof Cancelled)) throw cause;
      return false;
    } finally {
      clearInterval(tick);
      this.running = false;
      this.stopper = null;
    }
  }

  /** A step does several things one after another, each counted anew: the time it was expected to take is steadier. */
  private portion(s: RunStep): number {
    if (s.state === 'done') return 1;
    if (s.state === 'waiting') return 0;
    if (s.seconds === null) return s.total > 0 ? s.done / s.total : 0;
    return Math.min(NEARLY, (this.elapsed - s.began) / s.seconds);
  }

  private plan({ steps }: Estimated): void {
    this.steps = steps.map((s, i) => ({
      ...s,
      state: i === 0 ? 'running' : 'waiting',
      what: '',
      done: 0,
      total: 0,
      began: 0,
    }));
  }

  private advance({ step, what, done, total: all }: Progress): void {
    const at = this.steps.findIndex((s) => s.step === step);
    for (const [i, s] of this.steps.entries()) {
      if (i < at) s.state = 'done';
      if (i !== at) continue;
      if (s.state === 'waiting') s.began = this.elapsed;
      Object.assign(s, { state: 'running', what, done, total: all });
    }
  }
}

export function total(steps: readonly { seconds: number | null }[]): number | null {
  let sum = 0;
  for (const { seconds } of steps) {
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}

function weight(s: RunStep): number {
  return s.seconds ?? 1;
}
