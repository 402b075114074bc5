/**
 * What shows replies with their markup. Lexer and sanitiser are a third of the page's own code, and there is nothing to
 * show before there is a model, so they are fetched when they are first wanted; until then a reply is plain text.
 */
import type * as Markdown from './markdown';

let markdown = $state.raw<typeof Markdown | null>(null);

/** null until it has been fetched. */
export function richText(): typeof Markdown | null {
  return markdown;
}

export async function loadRichText(): Promise<void> {
  markdown ??= await import('./markdown');
}
