/** Personas in links: `#p=` and the persona, deflated, by which nothing is sent to any server. */

const PREFIX = '#p=';

/** The persona of the page's address, as the engine reads it; null when there is none. */
export function personaIn(hash: string): string | null {
  return hash.startsWith(PREFIX) ? hash.slice(PREFIX.length) : null;
}

export function linkTo(fragment: string, page: Location): string {
  return `${page.origin}${page.pathname}${PREFIX}${fragment}`;
}
