/**
 * Links that carry what they open, so that nothing is sent to any server: `#p=` and a persona, deflated, or `#scene=` and
 * what both panes wear (scene.ts).
 */

import { later } from './later';
import { integer } from './numbers';
import type * as StageModule from './stage';

const PERSONA = '#p=';
const SCENE = '#scene=';
/** Browsers take links of a megabyte; many a messenger or a comment field takes no more than this. */
const LONG_LINK = 4000;

/** The part of an address that holds a persona, as the engine reads it, or a scene; null when there is none. */
export function linkIn(hash: string): string | null {
  return hash.startsWith(PERSONA) || hasScene(hash) ? hash : null;
}

export function hasScene(link: string): boolean {
  return link.startsWith(SCENE);
}

export function linkTo(fragment: string, page: Location): string {
  return `${page.origin}${page.pathname}${fragment}`;
}

/** What reads and writes scenes: needed by few, and not before the engine runs. */
export function loadStage(): Promise<typeof StageModule> {
  return later('What reads and writes links to scenes', () => import('./stage'));
}

/** What to know before a link to a persona is passed on; empty = nothing. */
export function linkAdvice(link: string): string {
  const long = tooLong(link);
  return long && `${long} Save file passes it on whole.`;
}

/** What to know before a link to a scene is passed on; empty = nothing. */
export function sceneAdvice(link: string): string {
  const message = link.includes('&message=') ? 'the message that you have typed goes along.' : '';
  return [message, tooLong(link)].filter(Boolean).join(' ');
}

function tooLong(link: string): string {
  return link.length > LONG_LINK ? `${integer(link.length)} characters, which some messengers cut.` : '';
}
