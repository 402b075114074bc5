/** An engine that plays a script: for looking at the page without a model. No part of what is shipped. */
import type { EngineWorker } from '../../src/lib/client';
import type {
  Manifest,
  PageEvent,
  PageRequest,
  PaneId,
  PersonaInfo,
  PoleId,
  Recipe,
  Estimated,
} from '../../src/lib/protocol';

const DIGEST = 'd'.repeat(64);
const PACE_MS = 24;

const REPLIES: Record<PoleId | 'none', string> = {
  plus: "I'd love to! I'm so excited to see everyone and **dance all night**.\n\nHere is my plan:\n\n1. Call my friends and bring them along\n2. Say hello to every guest\n3. Stay until the lights go on",
  minus:
    "Thank you for the invitation. I think I'll stay at home tonight with a book and a cup of tea. A quiet evening suits me better than a crowd, but I hope that you all have a good time.",
  none: 'Thank you for the invitation! What time does it start, and should I bring something?',
};

const estimate = (value: number, low: number | null = null, high: number | null = null) => ({
  value,
  low,
  high,
  draws: null,
});

export const units: Recipe = {
  recipe: 'units',
  phi: null,
  layers: [20, 29],
  scope: 'channels',
  n: 200,
  own: 1,
  kappa: 1,
  ridge: 1,
  rho: null,
  lambda: null,
  tau: null,
  gamma: 0,
};

export const persona: PersonaInfo = {
  key: 'a'.repeat(64),
  mask: 'a'.repeat(64),
  name: 'Extraversion',
  description: 'How far talk turns to company, parties and strangers, or to quiet and being alone.',
  author: 'The Masque project',
  licence: 'Apache-2.0',
  kind: 'units',
  units: 200,
  poles: {
    plus: {
      name: 'extraverted',
      description: 'Statements that people label extraverted become more likely.',
    },
    minus: {
      name: 'introverted',
      description: 'Statements that people label introverted become more likely.',
    },
  },
  model: { name: 'SmolLM2-135M-Instruct', arch: 'llama', digest: DIGEST },
  fits: null,
  misfit: '',
  evidence: {
    source: 'A reference implementation, on statements by other authors.',
    settings_tried: 40,
    tests: [
      {
        name: 'Unseen statements by other authors',
        set: 'unseen',
        measure: null,
        kind: null,
        n: { plus: 100, minus: 100 },
        auc: estimate(0.969, 0.94, 0.99),
        d: null,
        ppl_ratio: { plus: 1.01, minus: 1.01 },
        note: null,
      },
      {
        name: 'Items of another instrument (IPIP)',
        set: 'items',
        measure: null,
        kind: null,
        n: { plus: 30, minus: 30 },
        auc: estimate(0.769, 0.64, 0.88),
        d: null,
        ppl_ratio: null,
        note: 'The order of methods turns here.',
      },
    ],
    controls: [
      {
        name: 'Labels shuffled',
        set: 'unseen',
        measure: null,
        kind: 'shuffled',
        n: null,
        auc: estimate(0.62),
        d: null,
        ppl_ratio: { plus: 1.05, minus: 1.04 },
        note: 'Mean of three draws.',
      },
      {
        name: 'Random units',
        set: 'unseen',
        measure: null,
        kind: 'random',
        n: null,
        auc: estimate(0.54),
        d: null,
        ppl_ratio: { plus: 1.02, minus: 1.02 },
        note: null,
      },
    ],
    note: 'A prompt that describes the trait does better on IPIP items (.924).',
  },
  sentence:
    'The plus mask makes statements that people label extraverted more likely than the minus mask does: of 100 pairs of an unseen extraverted statement and an opposite one, they put 97 in order, where chance has 50 (95 % interval 94 to 99). They multiply the perplexity of neutral text by 1.01 and 1.01.',
  settings: units,
  strength: 1,
  chat: { plus: 1, minus: 1 },
};

/** What a calibration goes through, and how long. */
const STUDY: Estimated['steps'] = [
  { step: 'make', seconds: 2 },
  { step: 'own', seconds: 2 },
];

const manifest: Manifest = {
  version: 1,
  name: 'SmolLM2-135M-Instruct',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  licence: 'Apache-2.0',
  size: 98_362_432,
  sha256: 'b'.repeat(64),
  digest: DIGEST,
  parts: [],
};

export class ScriptedWorker implements EngineWorker {
  private listener: (event: MessageEvent<PageEvent>) => void = () => {};
  private stopped = new Set<number>();

  /** `slow`: bytes a step of the load; `asleep`: as if nothing were stored and the host far away. */
  constructor(private readonly options: { bytesAStep: number }) {}

  addEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'message') this.listener = listener as (event: MessageEvent<PageEvent>) => void;
  }

  terminate(): void {
    this.listener = () => {};
  }

  postMessage(message: PageRequest): void {
    void this.play(message);
  }

  private send(event: PageEvent): void {
    this.listener(new MessageEvent('message', { data: event }));
  }

  private async play(message: PageRequest): Promise<void> {
    switch (message.type) {
      case 'boot':
        await wait(100);
        return this.send({
          type: 'started',
          version: 'scripted',
          variant: 'relaxed',
          library: [persona],
          files: [],
        });
      case 'survey':
        return this.send({ type: 'surveyed', id: message.id, manifest, stored: 0, keeps: true });
      case 'load':
        return this.load(message.id);
      case 'cancel':
        this.stopped.add(message.id);
        return;
      case 'stop':
        this.stopped.add(message.target);
        return;
      case 'generate':
        return this.generate(message);
      case 'share':
        return this.send({ type: 'shared', id: message.id, fragment: '#p=c2NyaXB0ZWQ' });
      case 'export':
        return this.send({ type: 'exported', id: message.id, name: 'extraversion.persona.json', text: '{}' });
      case 'combine':
      case 'persona':
        return this.send({
          type: 'failed',
          id: message.id,
          message: 'The scripted engine reads no personas.',
        });
      case 'check':
        return this.send({
          type: 'checked',
          id: message.id,
          plus: message.plus.filter(Boolean).length,
          minus: message.minus.filter(Boolean).length,
          confounds: [
            {
              kind: 'negation',
              pole: 'minus',
              text: '10 % of the bold and 60 % of the shy statements are negated: a mask may learn “not”',
            },
          ],
        });
      case 'estimate':
        return this.send({ type: 'estimated', id: message.id, from: 'pass', steps: STUDY });
      case 'calibrate':
        return this.calibrate(message.id);
      case 'evict':
        return this.send({ type: 'evicted', id: message.id });
    }
  }

  private async load(id: number): Promise<void> {
    for (let done = 0; done < manifest.size; done += this.options.bytesAStep) {
      await wait(PACE_MS);
      if (this.stopped.has(id)) return this.send({ type: 'cancelled', id });
      this.send({ type: 'fetch', id, done, total: manifest.size, from: 'network' });
    }
    this.send({
      type: 'opened',
      id,
      model: {
        name: manifest.name,
        arch: 'llama',
        layers: 30,
        dim: 576,
        channels: 576,
        ffn: 1536,
        heads: 9,
        kvHeads: 3,
        vocab: 49152,
        context: 8192,
        quantisation: 'Q4_1',
        bytes: manifest.size,
        memory: 160_000_000,
        workers: 1,
        family: 'chatml',
        families: ['chatml'],
        digest: DIGEST,
        recipes: [units],
      },
      personas: [],
    });
  }

  private async calibrate(id: number): Promise<void> {
    const made = { ...persona, key: 'e'.repeat(64), mask: 'e'.repeat(64), name: 'Bold – shy', fits: true };
    this.send({ type: 'estimated', id, from: 'run', steps: STUDY });
    for (const { step } of STUDY) {
      for (let done = 1; done <= 40; done++) {
        await wait(2 * PACE_MS);
        if (this.stopped.has(id)) return this.send({ type: 'stopped', id });
        this.send({ type: 'progress', id, step, what: 'reading statements', done, total: 40 });
      }
      if (step === 'make')
        this.send({ type: 'made', id, persona: { ...made, evidence: null, sentence: '' } });
      else this.send({ type: 'measured', id, was: made.key, persona: made });
    }
    this.send({ type: 'finished', id });
  }

  private async generate(request: Extract<PageRequest, { type: 'generate' }>): Promise<void> {
    const { id, panes } = request;
    if (panes.some((p) => p.messages.at(-1)?.content === 'crash'))
      return this.send({ type: 'crashed', message: 'The engine ended (panic: index out of range).' });
    for (let done = 0; done <= 40; done += 8) {
      await wait(PACE_MS);
      for (const { pane } of panes) this.send({ type: 'prefill', id, pane, done, total: 40 });
    }
    const scripts = panes.map((p) => ({
      pane: p.pane,
      words: pieces(REPLIES[p.persona === null ? 'none' : p.pole]),
    }));
    const ends = new Map<PaneId, 'stop' | 'stopped'>();
    for (let i = 0; ends.size < panes.length; i++) {
      await wait(PACE_MS);
      for (const { pane, words } of scripts) {
        const text = words[i];
        if (ends.has(pane)) continue;
        if (text === undefined || this.stopped.has(id)) {
          ends.set(pane, text === undefined ? 'stop' : 'stopped');
          this.send({
            type: 'end',
            id,
            pane,
            reason: text === undefined ? 'stop' : 'stopped',
            tokens: i,
            prefillTokens: 40,
            seconds: 1,
            tokensPerSecond: 41.7,
            prefillSeconds: 0.2,
          });
        } else
          this.send({
            type: 'tokens',
            id,
            tokens: [{ pane, index: i, token: i, text, logProb: -1, kl: i === 0 ? noise(0) : null }],
          });
      }
    }
    for (const { pane, words } of scripts)
      this.send({
        type: 'divergence',
        id,
        pane,
        tokens: words.map((text, i) => ({ text, kl: noise(i + text.length) })),
      });
    this.send({ type: 'finished', id });
  }
}

function pieces(text: string): string[] {
  return text.match(/\s?\S{1,6}|\s+/g) ?? [];
}

/** Mostly small, sometimes large: as divergences are. */
function noise(i: number): number {
  const x = Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1;
  return 4.5 * x ** 4;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
