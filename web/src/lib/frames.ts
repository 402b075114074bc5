/** Gathers what arrives and hands it on at most once a frame, so that no rate of events makes the page jank. */

/** A hidden page draws no frames; it still keeps its state, at this pace. */
const HIDDEN_MS = 200;

export interface FrameQueue<T> {
  push(item: T): void;
  /** Hands on what waits, now. */
  flush(): void;
}

export function perFrame<T>(apply: (items: T[]) => void): FrameQueue<T> {
  let waiting: T[] = [];
  let cancel: (() => void) | null = null;
  const flush = (): void => {
    cancel?.();
    cancel = null;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    apply(items);
  };
  return {
    push(item) {
      waiting.push(item);
      cancel ??= document.hidden ? afterTime(flush) : atFrame(flush);
    },
    flush,
  };
}

function atFrame(action: () => void): () => void {
  const frame = requestAnimationFrame(action);
  // A page that is hidden before the frame comes would wait for ever.
  const late = setTimeout(action, 5 * HIDDEN_MS);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(late);
  };
}

function afterTime(action: () => void): () => void {
  const timer = setTimeout(action, HIDDEN_MS);
  return () => clearTimeout(timer);
}
