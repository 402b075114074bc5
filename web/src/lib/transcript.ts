/** The conversation as a file: JSON for programs, Markdown for people. */
import type { Turn, Version, Writer } from './turn.svelte';
import { percent } from './numbers';
import { PANES } from './protocol';
import { seedOf } from './sampling';

export interface Transcript {
  name: string;
  type: string;
  text: string;
}

export function asJson(turns: readonly Turn[], now: Date): Transcript {
  const document = {
    format: 'masque-conversation',
    version: 1,
    saved: now.toISOString(),
    /** Of the last reply; each has its own. */
    model: turns.at(-1)?.counting.model ?? null,
    turns: turns.map((turn) => ({
      message: turn.text,
      ...record(turn, turn.counting),
      /** The message was answered more than once; the conversation went on with the version above. */
      others: turn.versions.filter((one) => one !== turn.counting).map((one) => record(turn, one)),
    })),
  };
  return {
    name: fileName(now, 'json'),
    type: 'application/json',
    text: `${JSON.stringify(document, null, 2)}\n`,
  };
}

function record(turn: Turn, version: Version): object {
  const { model, settings, seed, replies } = version;
  return {
    version: turn.versions.indexOf(version) + 1,
    model,
    settings: { ...settings, seed },
    replies: PANES.map((pane) => {
      const { through, text, reason, tokensPerSecond, tokens } = replies[pane];
      return {
        pane,
        through,
        seed: seedOf(pane, seed, settings),
        text,
        reason,
        tokensPerSecond,
        divergence: tokens,
      };
    }),
  };
}

/** The conversation as it went: of a message that was answered more than once, it has the replies that count. */
export function asMarkdown(turns: readonly Turn[], now: Date): Transcript {
  const lines = ['# A conversation through two masks', ''];
  const model = turns[0]?.counting.model;
  lines.push(model ? `${nameOf(model)}, saved ${now.toISOString()}.` : `Saved ${now.toISOString()}.`, '');
  let last = model;
  for (const turn of turns) {
    const { model: writer, replies, seed, settings } = turn.counting;
    if (writer && writer.digest !== last?.digest) lines.push(`From here on, ${nameOf(writer)}.`, '');
    last = writer;
    lines.push(`**You:** ${turn.text}`, '');
    const { length } = turn.versions;
    if (length > 1)
      lines.push(`*Replies ${turn.place + 1} of ${length}; the others are in an export as JSON.*`, '');
    for (const pane of PANES) {
      const { through, text } = replies[pane];
      const at = through.persona ? `${through.name}, ${percent(through.strength)}` : through.name;
      lines.push(`**${pane} (${at}, seed ${seedOf(pane, seed, settings)}):**`, '', quote(text), '');
    }
  }
  return { name: fileName(now, 'md'), type: 'text/markdown', text: lines.join('\n') };
}

function nameOf({ name, quantisation }: Writer): string {
  return `${name} (${quantisation})`;
}

/** Hands the text to the browser as a download. */
export function save({ name, type, text }: Transcript): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the blob once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function fileName(now: Date, extension: string): string {
  return `masque-${now.toISOString().slice(0, 16).replace(/[:T]/g, '-')}.${extension}`;
}

function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}
