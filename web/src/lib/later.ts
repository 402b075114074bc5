/**
 * Parts of the page that are fetched when they are wanted. The name of each has a hash of what it holds, so a page
 * that stays open while the site is renewed asks for what is no longer there.
 */

/** The site has another version than this page by now. */
export class Outdated extends Error {
  override name = 'Outdated';
}

/** Such a part, or an error in a sentence for people. */
export async function later<T>(name: string, fetchPart: () => Promise<T>): Promise<T> {
  try {
    return await fetchPart();
  } catch (cause) {
    if (await outdated())
      throw new Outdated(
        `${name} can't be fetched: the site has a newer version than this page, which reloading gets.`,
        { cause },
      );
    throw new Error(`${name} can't be fetched: the network or the server is gone.`, { cause });
  }
}

/** Whether the site's document begins with another script than this page has. */
async function outdated(): Promise<boolean> {
  const script = document.querySelector('script[type=module]')?.getAttribute('src');
  if (!script) return false;
  try {
    const response = await fetch(document.baseURI, { cache: 'no-store' });
    return response.ok && !(await response.text()).includes(script);
  } catch {
    return false;
  }
}
