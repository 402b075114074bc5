/** The conversation as a file: JSON for programs, Markdown for people. */
import type { Turn, Writer } from './conversation.svelte';
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
    model: turns.at(-1)?.model ?? null,
    turns: turns.map((turn) => ({
      message: turn.text,
      model: turn.model,
      settings: { ...turn.settings, seed: turn.seed },
      replies: PANES.map((pane) => {
        const { through, text, reason, tokensPerSecond, tokens } = turn.replies[pane];
        return {
          pane,
          through,
          seed: seedOf(pane, turn.seed, turn.settings),
          text,
          reason,
          tokensPerSecond,
          divergence: tokens,
        };
      }),
    })),
  };
  return {
    name: fileName(now, 'json'),
    type: 'application/json',
    text: `${JSON.stringify(document, null, 2)}\n`,
  };
}

export function asMarkdown(turns: readonly Turn[], now: Date): Transcript {
  const lines = ['# A conversation through two masks', ''];
  const [first] = turns;
  lines.push(
    first?.model ? `${nameOf(first.model)}, saved ${now.toISOString()}.` : `Saved ${now.toISOString()}.`,
    '',
  );
  let last = first?.model;
  for (const turn of turns) {
    if (turn.model && turn.model.digest !== last?.digest)
      lines.push(`From here on, ${nameOf(turn.model)}.`, '');
    last = turn.model;
    lines.push(`**You:** ${turn.text}`, '');
    for (const pane of PANES) {
      const { through, text } = turn.replies[pane];
      const at = through.persona ? `${through.name}, ${percent(through.strength)}` : through.name;
      lines.push(`**${pane} (${at}, seed ${seedOf(pane, turn.seed, turn.settings)}):**`, '', quote(text), '');
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
