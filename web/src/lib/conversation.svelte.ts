/**
 * The conversation: each of the visitor's messages with its two replies. Both panes hear the same messages; each
 * remembers its own replies.
 */
import { flushSync } from 'svelte';
import { sentence } from './sentence';
import * as shape from './shape';
import { Cancelled, Crashed, type EndReason, type EngineClient } from './client';
import type { StripToken } from './divergence';
import { perFrame } from './frames';
import { choiceShape, type Choice, type Gallery } from './gallery.svelte';
import { PANES, type ChatMessage, type ModelInfo, type PaneId, type Token } from './protocol';
import { LARGEST_SEED, seedOf, settingsShape, type Settings } from './sampling';

/** What a reply was written through, in words that stay true when the persona is gone. */
export interface Through extends Choice {
  name: string;
}

/** A reply as it is kept. */
interface KeptReply {
  state: 'waiting' | 'reading' | 'writing' | 'done' | 'failed';
  text: string;
  through: Through;
  tokens: readonly StripToken[];
  /** Tokens of the prompt read so far. */
  prefill: { done: number; total: number };
  reason: EndReason | null;
  tokensPerSecond: number | null;
  count: number;
}

export class Reply implements KeptReply {
  readonly through: Through;
  state = $state<KeptReply['state']>('waiting');
  text = $state('');
  /** Replaced, never changed: hundreds of them would each be watched otherwise. */
  tokens = $state.raw<KeptReply['tokens']>([]);
  prefill = $state.raw<KeptReply['prefill']>({ done: 0, total: 0 });
  reason = $state<EndReason | null>(null);
  tokensPerSecond = $state<number | null>(null);
  count = $state(0);

  constructor(kept: Pick<KeptReply, 'through'> & Partial<KeptReply>) {
    this.through = kept.through;
    Object.assign(this, kept);
  }

  toJSON(): KeptReply {
    const { state, text, through, tokens, prefill, reason, tokensPerSecond, count } = this;
    return { state, text, through, tokens, prefill, reason, tokensPerSecond, count };
  }
}

/** What a model is known by later. */
export type Writer = Pick<ModelInfo, 'name' | 'quantisation' | 'digest'>;

/** Who answers: a model, in its own chat format or the one that was chosen. */
export interface Speaker {
  client: EngineClient;
  model: Writer | null;
  /** See `GenerateOptions`. */
  family: string;
}

export interface Turn {
  text: string;
  settings: Settings;
  /** The seed used: the settings' one, or a later one after Regenerate. */
  seed: number;
  /** Who wrote the replies. Earlier versions kept no word of it. */
  model: Writer | null;
  replies: Record<PaneId, Reply>;
}

/** A turn as a visit keeps it for the next. */
type KeptTurn = Omit<Turn, 'replies'> & { replies: Record<PaneId, KeptReply> };

const replyShape: shape.Check<KeptReply> = shape.object({
  state: shape.oneOf('waiting', 'reading', 'writing', 'done', 'failed'),
  text: shape.text,
  through: (value, path) => ({
    ...choiceShape(value, path),
    ...shape.object({ name: shape.text })(value, path),
  }),
  tokens: shape.list(shape.object({ text: shape.text, kl: shape.nullable(shape.number) })),
  prefill: shape.object({ done: shape.count, total: shape.count }),
  reason: shape.nullable(shape.oneOf('stop', 'length', 'context', 'stopped')),
  tokensPerSecond: shape.nullable(shape.number),
  count: shape.count,
});

export const turnsShape: shape.Check<KeptTurn[]> = shape.list(
  shape.object({
    text: shape.text,
    settings: settingsShape,
    seed: shape.count,
    model: shape.nullable(shape.object({ name: shape.text, quantisation: shape.text, digest: shape.text })),
    replies: shape.object({ A: replyShape, B: replyShape }),
  }),
);

/** Refused: there was no word of a reply, and as it is there will be none. Lost: the engine has broken down over it. */
type Outcome = 'answered' | 'refused' | 'lost';

type StreamEvent = Token | { pane: PaneId; done: number; total: number };

export class Conversation {
  turns = $state<Turn[]>([]);
  /** The first turn that is shown. */
  first = $state(0);
  /** Turns of an earlier visit are being shown: nothing that is new. */
  restoring = $state(false);
  busy = $state(false);
  /** Why the last message got no reply, for people. */
  problem = $state('');
  /** What `clear` took away, until something new is said. */
  cleared = $state.raw<Turn[]>([]);
  /** Counts the changes of the turns, for whoever keeps them. */
  changes = $state(0);
  /** What was cleared lasts. */
  private aside = false;
  private stopper: AbortController | null = null;
  private stopping = $state(false);
  /** Settles when nothing is being answered. */
  private answering: Promise<unknown> = Promise.resolve();

  /** Both replies have ended; where they part is still being measured. */
  get comparing(): boolean {
    const replies = this.turns.at(-1)?.replies;
    return this.busy && replies !== undefined && PANES.every((pane) => replies[pane].state === 'done');
  }

  /** Nothing is being answered, or only compared, which the next message breaks off. */
  get free(): boolean {
    return !this.busy || (this.comparing && !this.stopping);
  }

  /**
   * Takes up an earlier visit's turns; a reply it broke off in is what it had become. They are shown one after another,
   * the last first, so that a long conversation holds nothing up.
   */
  restore(turns: KeptTurn[]): void {
    this.turns = turns.map(({ replies, ...turn }) => ({
      ...turn,
      replies: { A: new Reply(replies.A), B: new Reply(replies.B) },
    }));
    this.settle();
    this.first = Math.max(0, turns.length - 1);
    this.restoring = true;
    const show = (): void => {
      if (this.first > 0) {
        this.first--;
        setTimeout(show);
      } else this.restoring = false;
    };
    setTimeout(show);
  }

  /** What the next visit shall have. */
  get lasting(): Turn[] {
    return this.aside ? this.cleared : this.turns;
  }

  clear(): void {
    this.empty();
    this.changes++;
  }

  /** Clears it for something else: until something is said, the next visit has it still. */
  setAside(): void {
    this.empty();
    this.aside = true;
  }

  private empty(): void {
    this.stop();
    this.aside = false;
    this.cleared = this.turns;
    this.turns = [];
    this.first = 0;
    this.problem = '';
  }

  /** Brings back what was cleared, as long as nothing has been said since. */
  undoClear(): void {
    if (this.turns.length > 0) return;
    this.turns = this.cleared;
    this.cleared = [];
    this.aside = false;
    this.settle();
    this.changes++;
  }

  stop(): void {
    this.stopping = true;
    this.stopper?.abort();
  }

  /** Resolves to false when the message was refused: then it is no part of the conversation. */
  async send(
    speaker: Speaker,
    gallery: Gallery,
    text: string,
    choices: Record<PaneId, Choice>,
    settings: Settings,
  ): Promise<boolean> {
    const turn: Turn = {
      text,
      settings: { ...settings },
      seed: settings.seed,
      model: writer(speaker),
      replies: blankReplies(gallery, choices),
    };
    if (this.busy) await this.breakOff();
    this.cleared = [];
    this.aside = false;
    const count = this.turns.push(turn);
    const refused = (await this.answer(speaker)) === 'refused';
    if (refused && this.turns.length === count) {
      this.turns.pop();
      this.changes++;
    }
    return !refused;
  }

  /**
   * Answers the last message again. When a setting has changed the seed stays, so that the setting alone makes the
   * difference; when none has, the next seed gives another reply.
   */
  async regenerate(
    speaker: Speaker,
    gallery: Gallery,
    choices: Record<PaneId, Choice>,
    settings: Settings,
  ): Promise<void> {
    if (this.busy) await this.breakOff();
    const turn = this.turns.at(-1);
    if (!turn) return;
    const replies = blankReplies(gallery, choices);
    const asBefore =
      JSON.stringify(settings) === JSON.stringify(turn.settings) &&
      PANES.every((p) => JSON.stringify(replies[p].through) === JSON.stringify(turn.replies[p].through));
    turn.seed = asBefore ? (turn.seed + 1) % (LARGEST_SEED + 1) : settings.seed;
    turn.settings = { ...settings };
    turn.model = writer(speaker);
    turn.replies = replies;
    await this.answer(speaker);
  }

  private async breakOff(): Promise<void> {
    this.stop();
    await this.answering;
  }

  private answer(speaker: Speaker): Promise<Outcome> {
    const turn = this.turns.at(-1);
    if (!turn || this.busy) return Promise.resolve('lost');
    const answer = this.ask(turn, speaker);
    this.answering = answer;
    return answer;
  }

  private async ask(turn: Turn, { client, family }: Speaker): Promise<Outcome> {
    const stopper = new AbortController();
    this.stopper = stopper;
    this.stopping = false;
    this.busy = true;
    this.changes++;
    this.problem = '';
    let outcome: Outcome = 'answered';
    const began = new Map<PaneId, { time: number; count: number }>();
    const stream = perFrame<StreamEvent>((events) => {
      for (const pane of PANES)
        take(
          turn.replies[pane],
          events.filter((event) => event.pane === pane),
        );
      this.changes++;
      // Until the engine tells its own figure at the end, the page's clock must do.
      const time = performance.now();
      for (const pane of PANES) {
        const reply = turn.replies[pane];
        if (reply.state !== 'writing') continue;
        const since = began.get(pane);
        if (!since) began.set(pane, { time, count: reply.count });
        else if (reply.count > since.count && time > since.time)
          reply.tokensPerSecond = (1000 * (reply.count - since.count)) / (time - since.time);
      }
    });
    const { maxTokens, apart, ...sampling } = turn.settings;
    flushSync(); // what is to be seen of it is there before the engine takes the processors
    try {
      await client.generate(
        {
          panes: PANES.map((pane) => {
            const { persona, pole, strength } = turn.replies[pane].through;
            const seed = seedOf(pane, turn.seed, { apart });
            return { pane, persona, pole, strength, seed, messages: this.history(pane) };
          }),
          sampling: { ...sampling, seed: turn.seed },
          maxTokens,
          compare: true,
          family,
        },
        {
          prefill: (pane, done, total) => stream.push({ pane, done, total }),
          token: (token) => stream.push(token),
          end: (event) => {
            stream.flush();
            const reply = turn.replies[event.pane];
            reply.state = 'done';
            reply.reason = event.reason;
            reply.tokensPerSecond = event.tokensPerSecond;
            reply.count = event.tokens;
          },
          divergence: (pane, tokens) => {
            // Those that it did not come to, when it was broken off, are as they were.
            const reply = turn.replies[pane];
            reply.tokens = [...tokens, ...reply.tokens.slice(tokens.length)];
          },
        },
        stopper.signal,
      );
    } catch (cause) {
      if (!(cause instanceof Cancelled)) {
        this.problem = sentence(cause);
        outcome = cause instanceof Crashed ? 'lost' : 'refused';
      }
    } finally {
      stream.flush();
      this.busy = false;
      this.stopper = null;
      this.settle();
      this.changes++;
    }
    return answered(turn) ? 'answered' : outcome;
  }

  /** What a pane has heard and said, up to the message that waits for its reply; not messages that got none. */
  private history(pane: PaneId): ChatMessage[] {
    const last = this.turns.length - 1;
    return this.turns.flatMap((turn, i): ChatMessage[] => {
      const asked: ChatMessage = { role: 'user', content: turn.text };
      if (i === last) return [asked];
      return answered(turn) ? [asked, { role: 'assistant', content: turn.replies[pane].text }] : [];
    });
  }

  /** Nothing streams any more: replies that did not end are what they are. */
  private settle(): void {
    for (const turn of this.turns)
      for (const pane of PANES) {
        const reply = turn.replies[pane];
        if (reply.state === 'done' || reply.state === 'failed') continue;
        reply.state = reply.text === '' ? 'failed' : 'done';
        reply.reason = reply.text === '' ? null : 'stopped';
      }
  }
}

function writer({ model }: Speaker): Writer | null {
  return model && { name: model.name, quantisation: model.quantisation, digest: model.digest };
}

function answered({ replies }: Turn): boolean {
  return PANES.some((pane) => replies[pane].text !== '');
}

function take(reply: Reply, events: StreamEvent[]): void {
  if (events.length === 0) return;
  const tokens = [...reply.tokens];
  for (const event of events) {
    if ('done' in event) {
      reply.state = 'reading';
      reply.prefill = { done: event.done, total: event.total };
      continue;
    }
    reply.state = 'writing';
    reply.text += event.text;
    reply.count = event.index + 1;
    const { text, kl } = tokens[event.index] ?? { text: '', kl: event.kl };
    tokens[event.index] = { text: text + event.text, kl }; // the end of a character can come after its token
  }
  reply.tokens = tokens;
}

function blankReplies(gallery: Gallery, choices: Record<PaneId, Choice>): Record<PaneId, Reply> {
  return { A: blank(gallery, choices.A), B: blank(gallery, choices.B) };
}

function blank(gallery: Gallery, choice: Choice): Reply {
  const persona = gallery.find(choice.persona);
  const pole = persona?.poles[choice.pole];
  const through: Through = persona
    ? {
        persona: choice.persona,
        pole: choice.pole,
        strength: choice.strength,
        name: pole?.name ?? persona.name,
      }
    : { persona: null, pole: 'plus', strength: 0, name: 'No persona' };
  return new Reply({ through });
}
