/**
 * Keeps the keyboard's place in an element where the button that was pressed goes away or is disabled, because what it
 * began now runs or is over: the focus moves to the first button that can be pressed.
 */
export function holdsFocus(element: HTMLElement): () => void {
  let last: HTMLElement | null = null;
  const focused = (event: FocusEvent): void => {
    last = event.target instanceof HTMLElement ? event.target : null;
  };
  const left = (event: FocusEvent): void => {
    if (event.relatedTarget !== null) last = null; // to somewhere else, on purpose
  };
  const observer = new MutationObserver(() => {
    if (!last || (element.contains(last) && !last.matches(':disabled'))) return;
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body && activeElement !== last) return;
    const next = element.querySelector<HTMLElement>('button:enabled');
    if (!next) return; // one may be enabled yet
    last = null;
    next.focus();
  });
  element.addEventListener('focusin', focused);
  element.addEventListener('focusout', left);
  observer.observe(element, { childList: true, subtree: true, attributeFilter: ['disabled'] });
  return () => {
    observer.disconnect();
    element.removeEventListener('focusin', focused);
    element.removeEventListener('focusout', left);
  };
}
