/**
 * What shows replies with their markup. Lexer and sanitiser are a third of the page's own code, and there is nothing to
 * show before there is a model, so they are fetched when they are first wanted; until then a reply is plain text.
 */
import type * as Markdown from './markdown';

let markdown = $state.raw<typeof Markdown | null>(null);
let arriving = $state(false);

/** null until it has been fetched. */
export function richText(): typeof Markdown | null {
  return markdown;
}

/** It has just come, and the replies that are there are put in anew: nothing that is new. */
export function richTextArrives(): boolean {
  return arriving;
}

export async function loadRichText(): Promise<void> {
  if (markdown) return;
  const fetched = await import('./markdown');
  await new Promise((resolve) => setTimeout(resolve)); // compiling it was a task, putting the replies in anew is another
  if (markdown) return;
  markdown = fetched;
  arriving = true;
  setTimeout(() => (arriving = false));
}
