/** Personas in links: `#p=` and the persona, deflated, by which nothing is sent to any server. */

const PREFIX = '#p=';

/** The part of an address that holds a persona, as the engine reads it; null when there is none. */
export function personaIn(hash: string): string | null {
  return hash.startsWith(PREFIX) ? hash : null;
}

/** `fragment` is the engine's, `#p=` and the persona. */
export function linkTo(fragment: string, page: Location): string {
  return `${page.origin}${page.pathname}${fragment}`;
}
