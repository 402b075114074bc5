import { set } from 'idb-keyval';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keeper, unkept } from '../../src/lib/keep';

vi.mock('idb-keyval', () => ({ createStore: vi.fn(), set: vi.fn() }));

let page: EventTarget;

beforeEach(() => {
  page = new EventTarget();
  vi.useFakeTimers();
  vi.mocked(set).mockReset();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', { hidden: false });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a burst of changes is one write, of the last', () => {
  const { keep } = keeper<number>('key', () => {});
  for (const n of [1, 2, 3]) keep(() => n);
  expect(set).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(vi.mocked(set).mock.calls).toEqual([['key', 3, expect.anything()]]);
});

test.each([
  ['pagehide', false, 1],
  ['visibilitychange', true, 1],
  ['visibilitychange', false, 0],
])('at %s, hidden: %s, what waits is written at once %i times', (type, hidden, times) => {
  const { keep } = keeper<number>('key', () => {});
  page.dispatchEvent(new Event(type));
  expect(set).not.toHaveBeenCalled();
  keep(() => 1);
  vi.stubGlobal('document', { hidden });
  page.dispatchEvent(new Event(type));
  expect(set).toHaveBeenCalledTimes(times);
  vi.runAllTimers();
  page.dispatchEvent(new Event(type));
  expect(set).toHaveBeenCalledTimes(1);
});

test.each([
  ['QuotaExceededError', 'This browser has no room to keep it: it ends.'],
  ['SecurityError', 'This browser does not let this page keep it: it ends.'],
])('%s has words of its own', async (name, words) => {
  const cause = new DOMException('Denied.', name);
  vi.mocked(set).mockRejectedValue(cause);
  const failed = vi.fn();
  keeper<number>('key', failed).keep(() => 1);
  await vi.runAllTimersAsync();
  expect(failed).toHaveBeenCalledWith(cause);
  expect(unkept(cause, 'it: it ends')).toBe(words);
});
