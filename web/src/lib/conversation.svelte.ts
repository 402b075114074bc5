/**
 * The conversation: each of the visitor's messages with its two replies. Both panes hear the same messages; each
 * remembers its own replies.
 */
import { flushSync } from 'svelte';
import { sentence } from './sentence';
import { Cancelled, Crashed, type EngineClient } from './client';
import { perFrame } from './frames';
import type { Choice, Gallery } from './gallery.svelte';
import { PANES, type ChatMessage, type PaneId, type Token } from './protocol';
import { LARGEST_SEED, seedOf, type Settings } from './sampling';
import {
  answered,
  Reply,
  revive,
  Turn,
  type KeptTurn,
  type Through,
  type Version,
  type Writer,
} from './turn.svelte';

/** Who answers: a model, in its own chat format or the one that was chosen. */
export interface Speaker {
  client: EngineClient;
  model: Writer | null;
  /** See `GenerateOptions`. */
  family: string;
}

/** Refused: there was no word of a reply, and as it is there will be none. Lost: the engine has broken down over it. */
type Outcome = 'answered' | 'refused' | 'lost';

type StreamEvent = Token | { pane: PaneId; done: number; total: number };

export class Conversation {
  turns = $state<Turn[]>([]);
  /** The first turn that each pane shows. */
  first = $state.raw<Record<PaneId, number>>({ A: 0, B: 0 });
  /** Turns of an earlier visit are being shown: nothing that is new. */
  restoring = $state(false);
  /** Replies that were there before come on show again: nothing that is new. */
  turning = $state(false);
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
   * Takes up an earlier visit's turns; a reply it broke off in is what it had become. Their replies are shown one
   * after another, the last first, so that a long conversation holds nothing up.
   */
  restore(turns: readonly KeptTurn[]): void {
    this.turns = revive(turns);
    for (const turn of this.turns.slice(0, -1)) turn.fix(true);
    this.settle();
    this.first = { A: turns.length, B: turns.length };
    this.restoring = true;
    const show = (): void => {
      const { A, B } = this.first;
      if (B > A) this.first = { A, B: B - 1 };
      else if (A > 0) this.first = { A: A - 1, B };
      else {
        this.restoring = false;
        return;
      }
      setTimeout(show);
    };
    show();
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
    this.first = { A: 0, B: 0 };
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
    const turn = new Turn(text, [versionOf(speaker, gallery, choices, settings, settings.seed)]);
    if (this.busy) await this.breakOff();
    const { cleared, aside } = this;
    this.cleared = [];
    this.aside = false;
    this.turns.at(-1)?.fix(true);
    this.turns.push(turn);
    const refused = (await this.answer(speaker)) === 'refused';
    if (refused) {
      const without = (turns: readonly Turn[]): Turn[] => turns.filter((other) => other !== turn);
      this.turns = without(this.turns);
      this.turns.at(-1)?.fix(false);
      // It may have been cleared meanwhile. If that was all, nothing has been said since the clearing before.
      const rest = without(this.cleared);
      if (rest.length > 0) this.cleared = rest;
      else Object.assign(this, { cleared, aside });
      this.changes++;
    }
    return !refused;
  }

  /**
   * Answers the last message again, beside the replies that it has. When a setting has changed since those on show, the
   * seed stays, so that the setting alone makes the difference; when none has, the next seed that was not tried gives
   * another reply. What ends without a word takes nothing away.
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
    const next = versionOf(speaker, gallery, choices, settings, settings.seed);
    const alike = turn.versions.filter((one) => sameSettings(one, next));
    if (alike.includes(turn.counting)) {
      next.seed = turn.seed;
      while (alike.some(({ seed }) => seed === next.seed)) next.seed = (next.seed + 1) % (LARGEST_SEED + 1);
    }
    turn.add(next);
    await this.answer(speaker);
  }

  /** Shows another version of a turn's replies. The last turn goes on with it; the others went on with theirs. */
  show(turn: Turn, place: number): void {
    if (this.busy || turn.versions[place] === undefined) return;
    this.quietly(() => (turn.shown = place));
    this.changes++;
  }

  private quietly(change: () => void): void {
    this.turning = true;
    flushSync(); // before what is shown changes
    change();
    flushSync();
    setTimeout(() => (this.turning = false));
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
    const { replies, settings, seed: base } = turn;
    const began = new Map<PaneId, { time: number; count: number }>();
    const stream = perFrame<StreamEvent>((events) => {
      for (const pane of PANES)
        take(
          replies[pane],
          events.filter((event) => event.pane === pane),
        );
      this.changes++;
      // Until the engine tells its own figure at the end, the page's clock must do.
      const time = performance.now();
      for (const pane of PANES) {
        const reply = replies[pane];
        if (reply.state !== 'writing') continue;
        const since = began.get(pane);
        if (!since) began.set(pane, { time, count: reply.count });
        else if (reply.count > since.count && time > since.time)
          reply.tokensPerSecond = (1000 * (reply.count - since.count)) / (time - since.time);
      }
    });
    const { maxTokens, apart, ...sampling } = settings;
    flushSync(); // what is to be seen of it is there before the engine takes the processors
    try {
      await client.generate(
        {
          panes: PANES.map((pane) => {
            const { persona, pole, strength } = replies[pane].through;
            const seed = seedOf(pane, base, { apart });
            return { pane, persona, pole, strength, seed, messages: this.history(pane) };
          }),
          sampling: { ...sampling, seed: base },
          maxTokens,
          compare: true,
          family,
        },
        {
          prefill: (pane, done, total) => stream.push({ pane, done, total }),
          token: (token) => stream.push(token),
          end: (event) => {
            stream.flush();
            const reply = replies[event.pane];
            reply.state = 'done';
            reply.reason = event.reason;
            reply.tokensPerSecond = event.tokensPerSecond;
            reply.count = event.tokens;
          },
          divergence: (pane, tokens) => {
            // Those that it did not come to, when it was broken off, are as they were.
            const reply = replies[pane];
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
      if (turn.vain) this.quietly(() => turn.settle());
      else turn.settle();
      this.busy = false;
      this.stopper = null;
      this.settle();
      this.changes++;
    }
    return answered(replies) ? 'answered' : outcome;
  }

  /** What a pane has heard and said, up to the message that waits for its reply; not messages that got none. */
  private history(pane: PaneId): ChatMessage[] {
    const last = this.turns.length - 1;
    return this.turns.flatMap((turn, i): ChatMessage[] => {
      const asked: ChatMessage = { role: 'user', content: turn.text };
      if (i === last) return [asked];
      const { replies } = turn.counting;
      return answered(replies) ? [asked, { role: 'assistant', content: replies[pane].text }] : [];
    });
  }

  /** Nothing streams any more: replies that did not end are what they are. */
  private settle(): void {
    for (const { replies } of this.turns.flatMap(({ versions }) => versions))
      for (const pane of PANES) {
        const reply = replies[pane];
        if (reply.state === 'done' || reply.state === 'failed') continue;
        reply.state = reply.text === '' ? 'failed' : 'done';
        reply.reason = reply.text === '' ? null : 'stopped';
      }
  }
}

function writer({ model }: Speaker): Writer | null {
  return model && { name: model.name, quantisation: model.quantisation, digest: model.digest };
}

function versionOf(
  speaker: Speaker,
  gallery: Gallery,
  choices: Record<PaneId, Choice>,
  settings: Settings,
  seed: number,
): Version {
  return {
    settings: { ...settings },
    seed,
    model: writer(speaker),
    replies: { A: blank(gallery, choices.A), B: blank(gallery, choices.B) },
  };
}

/** Written through the same, with the same settings. */
function sameSettings(a: Version, b: Version): boolean {
  const [one, other] = [a, b].map(({ settings, replies }) =>
    JSON.stringify([settings, ...PANES.map((pane) => replies[pane].through)]),
  );
  return one === other;
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
