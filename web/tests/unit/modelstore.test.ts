import { describe, expect, test } from 'vitest';
import { LoadError, removeDamaged, storedBytes } from '../../src/lib/worker/modelstore';
import { load, MemoryStore, model, Server, sha256, type Fault } from './modelserver';

const { bytes, manifest } = model();
const [first, second, third] = manifest.parts.map((p) => p.sha256) as [string, string, string];

function server(fault?: Fault, ranges = true): Server {
  return new Server(bytes, manifest, fault ? { ranges, fault } : { ranges });
}

/** A store in which the first `n` bytes of the model lie. */
async function holding(n: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  let at = 0;
  for (const part of manifest.parts) {
    const held = bytes.slice(at, Math.min(at + part.size, n));
    if (held.length > 0) store.files.set(part.sha256, held);
    at += part.size;
  }
  return store;
}

describe('a first load', () => {
  test('gives the parts in order and keeps them', async () => {
    const store = new MemoryStore();
    const source = server();
    const { bytes: got, progress, notices, unkept } = await load(manifest, source, store);
    expect(got).toEqual(bytes);
    expect([...store.files.keys()].toSorted()).toEqual([first, second, third].toSorted());
    expect(store.files.get(third)).toEqual(bytes.slice(2000));
    expect(store.opened).toBe(0);
    expect(source.asked).toEqual(['m.gguf.00', 'm.gguf.01', 'm.gguf.02']);
    expect(progress.at(-1)).toEqual({ done: 2500, total: 2500, from: 'network' });
    expect([...notices, ...unkept]).toEqual([]);
  });

  test('has at most two parts under way', async () => {
    const store = new MemoryStore();
    await load(manifest, server(), store);
    expect(store.mostOpen).toBeLessThanOrEqual(2);
  });

  test('works without any store', async () => {
    const { bytes: got } = await load(manifest, server(), null);
    expect(got).toEqual(bytes);
  });

  test('asks the browser not to cache what the store keeps', async () => {
    const caches: (RequestCache | undefined)[] = [];
    const source = server();
    const spy = (url: string, init: RequestInit): Promise<Response> => {
      caches.push(init.cache);
      return source.fetch(url, init);
    };
    await load(manifest, source, new MemoryStore(), { fetch: spy });
    await load(manifest, source, null, { fetch: spy });
    expect(caches).toEqual(['no-store', 'no-store', 'no-store', 'default', 'default', 'default']);
  });
});

test('a connection that falls silent is broken off and resumed', async () => {
  const source = server();
  let silent = true;
  const spy = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await source.fetch(url, init);
    if (!silent) return response;
    silent = false;
    // It does not even hear that it is aborted.
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.slice(0, 300));
        },
      }),
    );
  };
  const { bytes: got } = await load(manifest, source, new MemoryStore(), { fetch: spy, patience: 20 });
  expect(got).toEqual(bytes);
  expect(source.asked).toEqual(['m.gguf.00', 'm.gguf.00 bytes=300-', 'm.gguf.01', 'm.gguf.02']);
});

describe('a later load', () => {
  test('needs no network when all is stored', async () => {
    const source = server(() => ({ offline: true }));
    const { bytes: got, progress } = await load(manifest, source, await holding(2500));
    expect(got).toEqual(bytes);
    expect(source.asked).toEqual([]);
    expect(new Set(progress.map((p) => p.from))).toEqual(new Set(['storage']));
  });

  test('resumes inside a part with a range', async () => {
    const source = server();
    const { bytes: got } = await load(manifest, source, await holding(1300));
    expect(got).toEqual(bytes);
    expect(source.asked).toEqual(['m.gguf.01 bytes=300-', 'm.gguf.02']);
  });

  test('begins the part anew when the server ignores the range', async () => {
    const source = server(undefined, false);
    const store = await holding(1300);
    const { bytes: got } = await load(manifest, source, store);
    expect(got).toEqual(bytes);
    expect(store.files.get(second)).toEqual(bytes.slice(1000, 2000));
  });

  test('removes parts of another model', async () => {
    const store = await holding(2500);
    store.files.set('f'.repeat(64), new Uint8Array(10));
    await load(manifest, server(), store);
    expect(store.files.has('f'.repeat(64))).toBe(false);
    expect(await storedBytes(manifest, store)).toBe(2500);
  });

  test('says which parts it takes unchecked: those that are stored whole', async () => {
    const { trusted } = await load(manifest, server(), await holding(1300));
    expect(trusted).toEqual(['m.gguf.00']);
    expect((await load(manifest, server(), await holding(2500))).trusted).toHaveLength(3);
    expect((await load(manifest, server(), null)).trusted).toEqual([]);
  });

  test('heals a part that a second look has found damaged', async () => {
    const store = await holding(2500);
    const damaged = bytes.slice(1000, 2000);
    damaged[7] = (damaged[7] ?? 0) ^ 1;
    store.files.set(second, damaged);
    expect((await removeDamaged(manifest.parts, store, sha256)).map((p) => p.file)).toEqual(['m.gguf.01']);
    expect(store.opened).toBe(0);
    expect([...store.files.keys()].toSorted()).toEqual([first, third].toSorted());
    const source = server();
    const { bytes: got } = await load(manifest, source, store);
    expect(got).toEqual(bytes);
    expect(source.asked).toEqual(['m.gguf.01']);
    expect(await removeDamaged(manifest.parts, store, sha256)).toEqual([]);
  });

  test("a second look goes on past a part that can't be opened", async () => {
    const store = await holding(2500);
    for (const name of [first, second, third]) store.files.set(name, new Uint8Array(1000));
    store.files.set(third, new Uint8Array(500));
    const open = store.open.bind(store);
    store.open = (name) => (name === second ? Promise.reject(new Error('another tab has it')) : open(name));
    const damaged = await removeDamaged(manifest.parts, store, sha256);
    expect(damaged.map((p) => p.file)).toEqual(['m.gguf.00', 'm.gguf.02']);
    expect([...store.files.keys()]).toEqual([second]);
  });

  test('a second look leaves a part alone that is not whole', async () => {
    const store = await holding(1300);
    expect(await removeDamaged(manifest.parts, store, sha256)).toEqual([]);
    expect(await storedBytes(manifest, store)).toBe(1300);
  });

  test('heals a stored part that is too long', async () => {
    const store = await holding(2500);
    store.files.set(first, new Uint8Array(4000));
    const { bytes: got } = await load(manifest, server(), store);
    expect(got).toEqual(bytes);
    expect(store.files.get(first)).toEqual(bytes.slice(0, 1000));
  });
});

describe('a bad line', () => {
  test('is taken up where it broke', async () => {
    const source = server(({ attempt, from }) =>
      attempt <= 3 && from < 900 ? { breakAfter: 300 } : undefined,
    );
    const { bytes: got } = await load(manifest, source, new MemoryStore());
    expect(got).toEqual(bytes);
    expect(source.asked.filter((a) => a.startsWith('m.gguf.00'))).toEqual([
      'm.gguf.00',
      'm.gguf.00 bytes=300-',
      'm.gguf.00 bytes=600-',
      'm.gguf.00 bytes=900-',
    ]);
  });

  test('that brings nothing is given up with a sentence, and what came is kept', async () => {
    const store = new MemoryStore();
    const source = server(({ file, attempt }) => {
      if (file !== 'm.gguf.01') return undefined;
      return attempt === 1 ? { breakAfter: 400 } : { offline: true };
    });
    const outcome = load(manifest, source, store);
    await expect(outcome).rejects.toThrow(LoadError);
    await expect(outcome).rejects.toThrow(
      'The download stopped in Part 2 of 3 (m.gguf.01) at byte 400 of 1000: the network or the server is gone.',
    );
    expect(source.asked.filter((a) => a.startsWith('m.gguf.01'))).toHaveLength(5);
    expect(store.files.get(second)).toHaveLength(400);
    expect(store.opened).toBe(0);
  });

  test('without ranges that always breaks is given up too', async () => {
    const source = server(({ file }) => (file === 'm.gguf.00' ? { breakAfter: 500 } : undefined), false);
    await expect(load(manifest, source, new MemoryStore())).rejects.toThrow(
      'The download stopped in Part 1 of 3',
    );
    expect(source.asked.filter((a) => a.startsWith('m.gguf.00'))).toHaveLength(5);
  });

  test('waits longer each time', async () => {
    const pauses: number[] = [];
    const source = server(({ file }) => (file === 'm.gguf.00' ? { status: 503 } : undefined));
    await load(manifest, source, null, {
      pause: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    }).catch(() => {});
    expect(pauses).toEqual([400, 800, 1600, 3200]);
  });

  test('a missing part is not asked for twice', async () => {
    const source = server(({ file }) => (file === 'm.gguf.02' ? { status: 404 } : undefined));
    await expect(load(manifest, source, null)).rejects.toThrow(
      "Part 3 of 3 (m.gguf.02) can't be fetched: the server answers HTTP 404.",
    );
    expect(source.asked.filter((a) => a.startsWith('m.gguf.02'))).toHaveLength(1);
  });
});

describe('a wrong hash', () => {
  test('is named and the part fetched anew, from its start', async () => {
    const store = new MemoryStore();
    const source = server(({ file, attempt }) =>
      file === 'm.gguf.01' && attempt === 1 ? { corrupt: true } : undefined,
    );
    const { bytes: got, notices } = await load(manifest, source, store);
    expect(got).toEqual(bytes);
    expect(notices).toEqual(['m.gguf.01 arrived damaged (wrong SHA-256); it is fetched anew.']);
    expect(source.asked.filter((a) => a.startsWith('m.gguf.01'))).toEqual(['m.gguf.01', 'm.gguf.01']);
    expect(store.files.get(second)).toEqual(bytes.slice(1000, 2000));
  });

  test('that stays is an error after three fetches, and nothing of it is kept or given on', async () => {
    const store = new MemoryStore();
    const source = server(({ file }) => (file === 'm.gguf.00' ? { corrupt: true } : undefined));
    await expect(load(manifest, source, store)).rejects.toThrow(
      'Part 1 of 3 (m.gguf.00) arrived 3 times with the wrong SHA-256: the copy on the server is damaged.',
    );
    expect(source.asked.filter((a) => a === 'm.gguf.00')).toHaveLength(3);
    expect(store.files.get(first)).toHaveLength(0);
  });

  test('goes past the browser cache', async () => {
    const caches: (RequestCache | undefined)[] = [];
    const source = server(({ attempt, file }) =>
      attempt === 1 && file === 'm.gguf.00' ? { corrupt: true } : undefined,
    );
    await load(manifest, source, null, {
      fetch: (url, init) => {
        if (url.endsWith('.00')) caches.push(init.cache);
        return source.fetch(url, init);
      },
    });
    expect(caches).toEqual(['default', 'reload']);
  });

  test('a part longer than the manifest says is refused', async () => {
    const source = server(({ file }) => (file === 'm.gguf.02' ? { body: new Uint8Array(501) } : undefined));
    await expect(load(manifest, source, null)).rejects.toThrow(
      'is longer on the server than the manifest says',
    );
  });

  test('cannot be seen without WebCrypto, where the engine looks at the whole', async () => {
    const source = server(({ file }) => (file === 'm.gguf.01' ? { corrupt: true } : undefined));
    const { bytes: got } = await load(manifest, source, null, { sha256: null });
    expect(got).not.toEqual(bytes);
  });
});

describe('no room', () => {
  test('is told once; the load goes on from memory', async () => {
    const store = new MemoryStore(1200);
    const { bytes: got, unkept } = await load(manifest, server(), store);
    expect(got).toEqual(bytes);
    expect(unkept).toEqual([
      'This browser has no room to keep the model: it runs from memory and is downloaded again next time.',
    ]);
    expect(store.opened).toBe(0);
  });

  test('a store that opens nothing is as good as none', async () => {
    const store = new MemoryStore();
    store.open = () => Promise.reject(new DOMException('locked', 'NoModificationAllowedError'));
    const { bytes: got, unkept } = await load(manifest, server(), store);
    expect(got).toEqual(bytes);
    expect(unkept).toEqual([
      "This browser can't keep the model (locked): it runs from memory and is downloaded again next time.",
    ]);
  });
});

test('cancelling ends the load, closes the files and keeps what came', async () => {
  const store = new MemoryStore();
  const cancel = new AbortController();
  const source = server();
  const outcome = load(manifest, source, store, {
    signal: cancel.signal,
    progress: ({ done }) => {
      if (done >= 1500) cancel.abort();
    },
  });
  await expect(outcome).rejects.toThrow();
  expect(store.opened).toBe(0);
  const kept = await storedBytes(manifest, store);
  expect(kept).toBeGreaterThanOrEqual(1500);
  expect(kept).toBeLessThan(2500);
  const { bytes: got } = await load(manifest, server(), store);
  expect(got).toEqual(bytes);
});
