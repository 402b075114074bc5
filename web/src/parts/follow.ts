/** Keeps a scrolling element at its end while text arrives, until the reader scrolls away from it. */
const NEAR_PX = 48;

export function follow(element: HTMLElement): () => void {
  let pinned = true;
  const scrolled = (): void => {
    pinned = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
  };
  const observer = new MutationObserver(() => {
    if (pinned) element.scrollTop = element.scrollHeight;
  });
  element.addEventListener('scroll', scrolled, { passive: true });
  observer.observe(element, { childList: true, subtree: true, characterData: true });
  return () => {
    observer.disconnect();
    element.removeEventListener('scroll', scrolled);
  };
}
