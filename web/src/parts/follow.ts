/**
 * Keeps a scrolling element at its end while what is in it grows, until the reader scrolls away from it, and not while
 * the focus is on something in it: what was pressed there stays where it is. Sizes are heard of after the frame's
 * layout; to ask for them would have the browser lay the page out once more.
 */
const NEAR_PX = 48;

export function follow(element: HTMLElement): () => void {
  let pinned = true;
  let top = 0; // as the element is new: to ask it would lay the page out
  const scrolled = (): void => {
    const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    // Far from the end without having gone up: more has come since, and the end is still to be followed.
    pinned = near || (pinned && element.scrollTop >= top);
    top = element.scrollTop;
  };
  const sizes = new ResizeObserver(() => {
    const { activeElement: held } = document;
    if (pinned && (held === element || !element.contains(held))) element.scrollTop = element.scrollHeight;
  });
  const watch = (node: Node): void => {
    if (node instanceof Element) sizes.observe(node);
  };
  const children = new MutationObserver((changes) => {
    for (const { addedNodes, removedNodes } of changes) {
      for (const node of removedNodes) if (node instanceof Element) sizes.unobserve(node);
      for (const node of addedNodes) watch(node);
    }
  });
  element.addEventListener('scroll', scrolled, { passive: true });
  for (const child of element.children) watch(child);
  children.observe(element, { childList: true });
  return () => {
    sizes.disconnect();
    children.disconnect();
    element.removeEventListener('scroll', scrolled);
  };
}
