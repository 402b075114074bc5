/** Personas in links: `#p=` and the persona, deflated, by which nothing is sent to any server. */

import { integer } from './numbers';

const PREFIX = '#p=';
/** Browsers take links of a megabyte; many a messenger or a comment field takes no more than this. */
const LONG_LINK = 4000;

/** The part of an address that holds a persona, as the engine reads it; null when there is none. */
export function personaIn(hash: string): string | null {
  return hash.startsWith(PREFIX) ? hash : null;
}

/** `fragment` is the engine's, `#p=` and the persona. */
export function linkTo(fragment: string, page: Location): string {
  return `${page.origin}${page.pathname}${fragment}`;
}

/** What to know before a link is passed on; empty = nothing. */
export function linkAdvice(link: string): string {
  if (link.length <= LONG_LINK) return '';
  return `${integer(link.length)} characters, which some messengers cut. Save file passes it on whole.`;
}
