/** A turn of the conversation: one of the visitor's messages, and the versions of its two replies. */
import * as shape from './shape';
import type { EndReason } from './client';
import type { StripToken } from './divergence';
import { choiceShape, type Choice } from './gallery.svelte';
import { PANES, type ModelInfo, type PaneId } from './protocol';
import { settingsShape, type Settings } from './sampling';

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

/** One answer to a message: both replies, and what they were written with. */
export interface Version {
  settings: Settings;
  /** The seed used: the settings' one, or a later one after Regenerate. */
  seed: number;
  /** Who wrote the replies. Earlier versions of the page kept no word of it. */
  model: Writer | null;
  replies: Record<PaneId, Reply>;
}

/** A version as a visit keeps it for the next. */
type KeptVersion = Omit<Version, 'replies'> & { replies: Record<PaneId, KeptReply> };

/** A turn, with the version that counts where earlier versions of the page look for the only one. */
export interface KeptTurn extends KeptVersion {
  text: string;
  /** The other versions in their order, and the place of the one that counts among them. */
  others: KeptVersion[] | null;
  place: number | null;
}

/** Of more versions, the oldest go: each may be hundreds of tokens, written down with every change. */
export const MOST_VERSIONS = 20;

/** One of the visitor's messages, with its replies. Regenerate adds a version of both; none is changed once it is there. */
export class Turn {
  readonly text: string;
  versions = $state.raw<readonly Version[]>([]);
  /** The version on show. */
  shown = $state(0);
  /** The one that a later message went on with; null in the last turn, which goes on with the one on show. */
  private fixed = $state<number | null>(null);
  /** What there was before the version that is being written. */
  private before: Pick<Turn, 'versions' | 'shown'> | null = null;

  constructor(text: string, versions: readonly Version[], shown = 0) {
    this.text = text;
    this.versions = versions;
    this.shown = shown;
  }

  /** The version that the conversation goes on with. */
  get place(): number {
    return this.fixed ?? this.shown;
  }

  get counting(): Version {
    return at(this.versions, this.place);
  }

  get settings(): Settings {
    return at(this.versions, this.shown).settings;
  }

  get seed(): number {
    return at(this.versions, this.shown).seed;
  }

  get model(): Writer | null {
    return at(this.versions, this.shown).model;
  }

  get replies(): Record<PaneId, Reply> {
    return at(this.versions, this.shown).replies;
  }

  /** Another message goes on from here, or it does no more. */
  fix(on: boolean): void {
    if (on) this.fixed ??= this.shown;
    else this.fixed = null;
  }

  /** One more version, which is shown. A message that has got no word yet has none to keep beside it. */
  add(version: Version): void {
    const { versions, shown } = this;
    this.before = { versions, shown };
    this.versions = [...versions.filter((one) => !wordless(one)), version].slice(-MOST_VERSIONS);
    this.shown = this.versions.length - 1;
  }

  /** The version that was added has no word yet. */
  get vain(): boolean {
    return this.before !== null && wordless(at(this.versions, this.shown));
  }

  /** The version that was added has come to its end: without a word, it was none. */
  settle(): void {
    if (this.vain) Object.assign(this, this.before);
    this.before = null;
  }

  /** As it is to be kept: a version that has no word yet would be nothing at the next visit. */
  toJSON(): KeptTurn {
    const { versions, shown } = (this.vain && this.before) || this;
    const place = this.fixed ?? shown;
    return {
      text: this.text,
      ...keptVersion(at(versions, place)),
      others: versions.toSpliced(place, 1).map(keptVersion),
      place,
    };
  }
}

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

const versionShape = {
  settings: settingsShape,
  seed: shape.count,
  model: shape.nullable(shape.object({ name: shape.text, quantisation: shape.text, digest: shape.text })),
  replies: shape.object({ A: replyShape, B: replyShape }),
};

/** Earlier versions of the page kept one version a turn, and no word of others. */
export const turnsShape: shape.Check<KeptTurn[]> = shape.list(
  shape.object({
    text: shape.text,
    ...versionShape,
    others: shape.nullable(shape.list(shape.object(versionShape), MOST_VERSIONS)),
    place: shape.nullable(shape.count),
  }),
);

/** The turns of an earlier visit; a reply that it broke off in is as it was. */
export function revive(turns: readonly KeptTurn[]): Turn[] {
  return turns.map(({ text, others, place, ...counting }) => {
    const versions = (others ?? []).map(revived);
    const shown = Math.min(place ?? 0, versions.length);
    versions.splice(shown, 0, revived(counting));
    return new Turn(text, versions, shown);
  });
}

function keptVersion({ settings, seed, model, replies }: Version): KeptVersion {
  return { settings, seed, model, replies: { A: replies.A.toJSON(), B: replies.B.toJSON() } };
}

function at(versions: readonly Version[], place: number): Version {
  const found = versions[place];
  if (!found) throw new Error('a turn has no such version');
  return found;
}

function revived({ replies, ...kept }: KeptVersion): Version {
  return { ...kept, replies: { A: new Reply(replies.A), B: new Reply(replies.B) } };
}

export function answered(replies: Version['replies']): boolean {
  return PANES.some((pane) => replies[pane].text !== '');
}

/** Ended, or still, before the first word. Replies that the model itself left empty are replies. */
function wordless({ replies }: Version): boolean {
  return (
    !answered(replies) &&
    PANES.some((pane) => replies[pane].reason === null || replies[pane].reason === 'stopped')
  );
}
