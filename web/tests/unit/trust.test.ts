import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Part } from '../../src/lib/manifest';
import { Trust } from '../../src/lib/worker/trust';
import { verify } from '../../src/lib/worker/verifier';

const part = (file: string): Part => ({ file, size: 1, sha256: file });
const [a, b] = [part('a'), part('b')];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function setup(check: (parts: readonly Part[]) => Promise<readonly Part[]>) {
  const checked = vi.fn<typeof check>(check);
  const damaged = vi.fn<(parts: readonly Part[]) => void>();
  const failure = vi.fn<() => void>();
  const trust = new Trust(checked, damaged);
  return { trust, checked, damaged, failure };
}

describe('what is taken on trust', () => {
  test('is looked at once, and what is damaged told once, before any failure', async () => {
    const { trust, checked, damaged, failure } = setup((parts) => Promise.resolve(parts.slice(1)));
    trust.take(a);
    trust.take(b);
    await Promise.all([trust.broken(), trust.explain(failure), trust.explain(failure)]);
    expect(checked).toHaveBeenCalledExactlyOnceWith([a, b]);
    expect(damaged).toHaveBeenCalledExactlyOnceWith([b]);
    expect(failure).not.toHaveBeenCalled();
  });

  test('is no reason for a failure when it is good, or when nothing was', async () => {
    const { trust, checked, damaged, failure } = setup(() => Promise.resolve([]));
    await trust.explain(failure);
    expect(checked).not.toHaveBeenCalled();
    trust.take(a);
    await trust.explain(failure);
    expect(failure).toHaveBeenCalledTimes(2);
    expect(damaged).not.toHaveBeenCalled();
  });

  test("that can't be looked at hides no failure", async () => {
    const { trust, failure } = setup(() => Promise.reject(new Error('no locks')));
    trust.take(a);
    await trust.explain(failure);
    expect(failure).toHaveBeenCalledOnce();
  });

  test('delays a failure a little, and is told after it then', async () => {
    let answer: (parts: Part[]) => void = () => {};
    const { trust, damaged, failure } = setup(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    trust.take(a);
    const explained = trust.explain(failure);
    await vi.advanceTimersByTimeAsync(60_000);
    await explained;
    expect(failure).toHaveBeenCalledOnce();
    answer([a]);
    expect(await trust.broken()).toBe(true);
    expect(damaged).toHaveBeenCalledOnce();
  });

  test('by an older load is no news', async () => {
    const { trust, damaged } = setup((parts) => Promise.resolve(parts));
    trust.take(a);
    const broken = trust.broken();
    trust.end();
    expect(await broken).toBe(false);
    expect(damaged).not.toHaveBeenCalled();
  });
});

describe('the verifier', () => {
  /** Workers that answer with this event, or never. */
  function workers(answer: MessageEvent | Event | null) {
    const ended = vi.fn<() => void>();
    class Silent extends EventTarget {
      terminate = ended;
      postMessage(): void {
        if (answer) this.dispatchEvent(answer);
      }
    }
    vi.stubGlobal('Worker', Silent);
    vi.stubGlobal('self', { location: { href: 'https://example.test/worker.js' } });
    return ended;
  }

  test.each<[string, MessageEvent | Event, Part[]]>([
    ['what it has found', new MessageEvent('message', { data: { type: 'verified', damaged: [a] } }), [a]],
    ['that it has crashed', new MessageEvent('message', { data: { type: 'crashed', message: 'x' } }), []],
    ['that it could not start', new Event('error'), []],
  ])('says %s, and is gone', async (_, answer, damaged) => {
    const ended = workers(answer);
    expect(await verify([a])).toEqual(damaged);
    expect(ended).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that never answers is given up', async () => {
    const ended = workers(null);
    const found = verify([a]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await found).toEqual([]);
    expect(ended).toHaveBeenCalledOnce();
  });
});
