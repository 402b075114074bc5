/** How the model reaches the engine: at once, in pieces, damaged, from storage, or not at all. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { Line } from './line';
import { startBrowser, Visit } from './visit';

const MIB = 1 << 20;
/** The document, its icon, the program and its glue; and all scripts and styles but the sets of statements. */
const PAGE_FILES =
  4 + readdirSync('dist/assets').filter((f) => /\.(js|css)$/.test(f) && !/^(plus|minus)[-.]/.test(f)).length;
/** The gallery's personas, and the guard. */
const LIBRARY_FILES = 1 + readdirSync('../masks/library/personas').length;

let browser: Browser;
let line: Line;
let context: BrowserContext;

beforeAll(async () => {
  line = await Line.to(inject('origin'));
  // The foreign name counts as served over https, which storage and WebCrypto ask for.
  browser = await startBrowser(`--unsafely-treat-insecure-origin-as-secure=${line.foreign}`);
});
afterAll(async () => {
  await browser.close();
  await line.down();
});
beforeEach(async () => {
  line.faults = {};
  line.asked.length = 0;
  context = await browser.newContext();
});
afterEach(() => context.close());

/** Collects garbage without end, in a worker of a browser that offers it. */
function collect(): void {
  const { gc } = globalThis as unknown as { gc(how: object): Promise<void> };
  const again = (): Promise<void> =>
    gc({ type: 'major', execution: 'async' }).then(() => void setTimeout(again));
  void again();
}

/** What the keyboard is at, in its own words. */
function focused(visit: Visit): Promise<string> {
  return visit.page.evaluate(() => (document.activeElement as HTMLElement).innerText);
}

/** Waits until the page itself is kept for a visit without a network, and so many files more. */
async function kept(visit: Visit, more = 0): Promise<void> {
  const keys = (): Promise<number> =>
    visit.page.evaluate(async () => (await (await caches.open('masque-page-1')).keys()).length);
  await expect.poll(keys, { timeout: 20_000 }).toBe(PAGE_FILES + LIBRARY_FILES + more);
}

test('before the model the page is at most 1 MB, as a server sends it', async () => {
  const weight = new URL('../../bench/weight.mjs', import.meta.url).href;
  const module = (await import(/* @vite-ignore */ weight)) as {
    weight(dist: string): { total: number; files: Record<string, number> };
  };
  const { total, files } = module.weight('dist');
  expect(Object.keys(files)).toContain('wasm/masque.relaxed.wasm');
  expect(total, JSON.stringify(files)).toBeLessThanOrEqual(1_000_000);
});

describe('from this machine', () => {
  test('begins by itself, is kept, and the next visit needs no network at all', async () => {
    const visit = await Visit.to(line.origin, context);
    await visit.ready();
    expect(line.parts()).toHaveLength(5);
    await kept(visit);

    await line.down();
    await context.setOffline(true);
    try {
      await visit.page.reload();
      await visit.ready();
      expect(line.parts()).toEqual([]);
      await visit.set('Longest reply', 16);
      await visit.say('Describe yourself in one sentence.');
      expect(await visit.reply('A')).not.toBe('');
    } finally {
      await line.up();
    }
    await visit.fine();
  });

  test('without cross-origin isolation it loads and replies all the same', async () => {
    line.faults = { noIsolation: true };
    const visit = await Visit.to(line.origin, context);
    expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(false);
    await visit.ready();
    await visit.set('Longest reply', 16);
    await visit.say('Describe yourself in one sentence.');
    expect(await visit.reply('B')).not.toBe('');
    await visit.fine();
  });

  // Chromium forgets what a collected handle of the file system was asked for (opfs.ts).
  test('stands no collection of garbage in the way', async () => {
    const collecting = await startBrowser('--js-flags=--expose-gc');
    try {
      const visit = await Visit.to(line.origin, await collecting.newContext(), '', (page) => {
        page.on('worker', (worker) => void worker.evaluate(collect).catch(() => {}));
      });
      await visit.ready();
      await visit.fine();
    } finally {
      await collecting.close();
    }
  });

  test('with isolation the page has it', async () => {
    line.faults = { slow: 50 };
    const visit = await Visit.to(line.origin, context);
    expect(await visit.page.evaluate(() => crossOriginIsolated)).toBe(true);
  });
});

describe('from elsewhere', () => {
  test('waits for the visitor, tells the size and what the browser can do, and remembers', async () => {
    const visit = await Visit.to(line.foreign, context);
    const load = visit.button('Load the model (98 MB)');
    await load.waitFor();
    expect(await visit.status.innerText()).toContain('Not loaded');
    const panel = visit.page.getByRole('region', { name: 'The model' });
    expect(await panel.innerText()).toMatch(/98 MB\s+to fetch once/);
    expect(await panel.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^(Yes This browser has the fast|Note This browser lacks relaxed SIMD)/),
      expect.stringContaining('MB of memory'),
      expect.stringContaining('The model is kept in this browser'),
    ]);
    expect(line.parts()).toEqual([]);
    await load.click();
    await visit.ready();
    expect(line.parts()).toHaveLength(5);
    await visit.page.reload();
    await visit.ready();
    expect(line.parts()).toEqual([]);
    await visit.fine();
  });

  test('can be cancelled and taken up again, and tells its bytes', async () => {
    line.faults = { slow: 3 };
    const visit = await Visit.to(line.foreign, context);
    await visit.button('Load the model (98 MB)').click();
    const bar = visit.page.getByRole('progressbar', { name: 'Loading the model' });
    await expect
      .poll(() => bar.evaluate((p: HTMLProgressElement) => p.value), { timeout: 60_000 })
      .toBeGreaterThan(8 * MIB);
    expect(await bar.evaluate((p: HTMLProgressElement) => p.max)).toBe(98_362_432);
    await visit.button('Cancel').click();
    const resume = visit.button(/^Resume loading the model \(\d+ MB\)$/);
    await resume.waitFor();
    expect(await visit.page.getByRole('alert').count()).toBe(0);
    expect(await focused(visit)).toMatch(/^Resume loading/);
    await visit.button('SmolLM2-135M-Instruct').click();
    await visit.page
      .getByText(/^\d+ MB of the default model, so that the next visit goes on from there\.$/)
      .waitFor();
    await visit.page.keyboard.press('Escape');
    line.faults = {};
    line.parts();
    await resume.click();
    await visit.ready();
    expect(line.parts().some((part) => part.includes('bytes='))).toBe(true);
    await visit.fine();
  });

  test('of several loads asked for at once the last one comes, and the others are cancelled', async () => {
    const visit = await Visit.to(line.foreign, context);
    const file = readdirSync('dist/assets').find((name) => /^worker-.*\.js$/.test(name)) ?? '';
    const told = await visit.page.evaluate(async (worker) => {
      const engine = new Worker(worker, { type: 'module' });
      const events: string[] = [];
      await new Promise<void>((resolve) => {
        engine.addEventListener('message', ({ data }: MessageEvent<{ type: string; id: number }>) => {
          if (['opened', 'cancelled', 'failed'].includes(data.type)) events.push(`${data.type} ${data.id}`);
          if (events.length === 4) resolve();
        });
        const base = document.baseURI;
        const source = { kind: 'manifest', url: new URL('model/manifest.json', base).href };
        engine.postMessage({ type: 'boot', variant: 'auto', base, workers: 1 });
        for (const id of [1, 2, 3, 4]) engine.postMessage({ type: 'load', id, source });
        engine.postMessage({ type: 'cancel', id: 3 });
      });
      engine.terminate();
      return events;
    }, `./assets/${file}`);
    expect(told).toEqual(['cancelled 1', 'cancelled 2', 'cancelled 3', 'opened 4']);
    await visit.fine();
  });

  test('over plain http it runs from memory, says so, and the engine checks the whole', async () => {
    const plain = await startBrowser();
    try {
      const visit = await Visit.to(line.foreign, await plain.newContext());
      expect(await visit.page.evaluate(() => isSecureContext)).toBe(false);
      await visit.button('Load the model (98 MB)').click();
      await visit.ready();
      await visit.page.getByText('the model runs from memory and is downloaded again next time').waitFor();
      await visit.fine();

      // One flipped bit in the weights, which nothing but the engine's own hash can see here.
      line.faults = { corrupt: (file) => file.endsWith('.03') };
      await visit.page.reload();
      await visit.button('Load the model (98 MB)').click();
      await visit.page
        .getByRole('alert')
        .filter({ hasText: 'The model arrived damaged' })
        .waitFor({ timeout: 120_000 });
    } finally {
      await plain.close();
    }
  });
});

test('a browser without relaxed SIMD is told so and takes the baseline program', async () => {
  // Such a browser validates no module that uses it (FD xx 02).
  const lacking =
    '{const v=WebAssembly.validate;WebAssembly.validate=(b)=>!b.some((x,i)=>x===253&&b[i+2]===2)&&v(b);}';
  await context.addInitScript(lacking);
  line.faults = { prepend: (file) => (/worker.*\.js$/.test(file) ? lacking : undefined) };
  const visit = await Visit.to(line.foreign, context);
  await visit.page.getByText('This browser lacks relaxed SIMD: the engine runs more slowly.').waitFor();
  await visit.button('Load the model (98 MB)').click();
  await visit.ready();
  expect(line.asked.find((asked) => asked.endsWith('.wasm'))).toBe('/wasm/masque.baseline.wasm');
  await visit.button('SmolLM2-135M-Instruct').click();
  await visit.page.getByText('baseline SIMD').waitFor();
  await visit.page.keyboard.press('Escape');
  await visit.set('Longest reply', 16);
  await visit.say('Describe yourself in one sentence.');
  expect(await visit.reply('A')).not.toBe('');
  await visit.fine();
});

describe('a bad line', () => {
  test('that breaks inside a part is taken up where it broke', async () => {
    let breaks = 0;
    line.faults = { cut: (file) => (file.endsWith('.01') && breaks++ < 2 ? 5 * MIB : undefined) };
    const visit = await Visit.to(line.origin, context);
    await visit.ready();
    const asked = line.parts().filter((part) => part.includes('.01'));
    expect(asked).toHaveLength(3);
    expect(asked[0]).not.toContain('bytes=');
    expect(asked.slice(1)).toEqual([
      expect.stringMatching(/bytes=\d+-$/),
      expect.stringMatching(/bytes=\d+-$/),
    ]);
    await visit.fine();
  });

  test('to a server without ranges begins the part anew', async () => {
    let breaks = 0;
    line.faults = {
      noRanges: true,
      cut: (file) => (file.endsWith('.01') && breaks++ === 0 ? 5 * MIB : undefined),
    };
    const visit = await Visit.to(line.origin, context);
    await visit.ready();
    await visit.fine();
  });

  test('that is gone for good is named; a later visit goes on from what came', async () => {
    line.faults = { status: (file) => (file.endsWith('.02') ? 503 : undefined) };
    const visit = await Visit.to(line.origin, context);
    await visit.page
      .getByRole('alert')
      .filter({ hasText: 'The download stopped in Part 3 of 5 (SmolLM2-135M-Instruct.Q4_1.gguf.02)' })
      .waitFor({ timeout: 60_000 });
    expect(await visit.status.innerText()).toContain('Not loaded');
    line.faults = {};
    line.parts();
    await visit.page.reload();
    await visit.ready();
    const asked = line.parts();
    expect(asked.filter((part) => /\.0[01]/.test(part))).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  test('a tab closed in the middle loses nothing that was written', async () => {
    line.faults = { slow: 3 };
    const visit = await Visit.to(line.origin, context);
    const bar = visit.page.getByRole('progressbar', { name: 'Loading the model' });
    await expect
      .poll(() => bar.evaluate((p: HTMLProgressElement) => p.value), { timeout: 60_000 })
      .toBeGreaterThan(12 * MIB);
    await visit.page.close();
    line.faults = {};
    line.parts();
    const again = await Visit.to(line.origin, context);
    await again.ready();
    const [first] = line.parts();
    expect(first).toMatch(/\.00 bytes=[1-9]\d*-$|\.01/);
    await again.fine();
  });
});

describe('a damaged part', () => {
  test('is named and fetched anew', async () => {
    let sent = 0;
    line.faults = { corrupt: (file) => file.endsWith('.01') && sent++ === 0 };
    const visit = await Visit.to(line.origin, context);
    await visit.page
      .getByText('gguf.01 arrived damaged (wrong SHA-256); it is fetched anew.')
      .waitFor({ timeout: 60_000 });
    await visit.ready();
    expect(line.parts().filter((part) => part.includes('.01'))).toHaveLength(2);
    await visit.fine();
  });

  test('that stays damaged ends the load with a sentence', async () => {
    line.faults = { corrupt: (file) => file.endsWith('.00') };
    const visit = await Visit.to(line.origin, context);
    await visit.page
      .getByRole('alert')
      .filter({ hasText: 'arrived 3 times with the wrong SHA-256: the copy on the server is damaged' })
      .waitFor({ timeout: 60_000 });
    expect(await visit.status.innerText()).toContain('Not loaded');
  });

  /** Writes over four bytes of the first or the last stored part. */
  const damage = (visit: Visit, part: 'first' | 'last', position: number): Promise<void> =>
    visit.page.evaluate(
      async (at) => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('masque-model');
        for await (const [name, handle] of folder.entries()) {
          if (handle.kind !== 'file' || name === 'manifest.json') continue;
          const handles = handle as FileSystemFileHandle;
          const file = await handles.getFile();
          const first = (await file.slice(0, 4).text()) === 'GGUF';
          const last = file.size === 14_476_352; // the shortest
          if (at.part === 'first' ? !first : !last) continue;
          const writer = await handles.createWritable({ keepExistingData: true });
          await writer.write({ type: 'write', position: at.position, data: new Uint8Array([1, 2, 3, 4]) });
          await writer.close();
        }
      },
      { part, position },
    );

  const heals = async (visit: Visit, file: string): Promise<void> => {
    line.parts();
    await visit.page.reload();
    await visit.page
      .getByText(`The stored copy of ${file} was damaged (wrong SHA-256); it is fetched anew.`)
      .waitFor({ timeout: 60_000 });
    await visit.ready();
    expect(line.parts()).toEqual([expect.stringContaining(file.slice(-3))]);
    await visit.fine();
  };

  test('in the storage heals: of weights nothing but the hash tells it, when the page is ready', async () => {
    const visit = await Visit.to(line.origin, context);
    await visit.ready();
    await damage(visit, 'last', 1_000_000);
    await heals(visit, 'SmolLM2-135M-Instruct.Q4_1.gguf.04');
  });

  test('in the storage heals where the engine can make nothing of it', async () => {
    const visit = await Visit.to(line.origin, context);
    await visit.ready();
    await damage(visit, 'first', 0);
    await heals(visit, 'SmolLM2-135M-Instruct.Q4_1.gguf.00');
  });
});

test('with a full disk it runs from memory and says so', async () => {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: line.origin, quotaSize: 30 * MIB });
  const visit = await Visit.to(line.origin, context);
  await visit.ready();
  await visit.page.getByText('it runs from memory and is downloaded again next time').waitFor();
  await visit.fine();
});

test('where a page may keep nothing, it says so, also when the model has come', async () => {
  await context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('Access is denied.', 'SecurityError');
    };
  });
  const visit = await Visit.to(line.origin, context);
  await visit.ready();
  await visit.page
    .getByText('This browser does not let this page keep the conversation: it ends with this tab.')
    .waitFor();
  await visit.fine();
});

test('two tabs at once: the second waits and then finds the model stored', async () => {
  line.faults = { slow: 1 };
  const first = await Visit.to(line.origin, context);
  await first.page.getByRole('progressbar', { name: 'Loading the model' }).waitFor();
  const second = await Visit.to(line.origin, context);
  await second.page
    .getByText('The stored model is in use, perhaps in another tab: waiting for it.')
    .waitFor();
  line.faults = {};
  await Promise.all([first.ready(), second.ready()]);
  expect(line.parts()).toHaveLength(5);
});

test('on a plain static host, below a path, it works; offline too', async () => {
  line.faults = { below: '/some/path', bare: true };
  const visit = await Visit.to(`${line.origin}/some/path`, context);
  await visit.ready();
  await kept(visit);
  await line.down();
  try {
    await visit.page.reload();
    await visit.ready();
  } finally {
    await line.up();
  }
  await visit.fine();
});

test('a ready set that was opened once needs no network later, until the site has another version', async () => {
  const bare = { below: '/some/path', bare: true, unkept: true };
  line.faults = bare;
  const visit = await Visit.to(`${line.origin}/some/path`, context);
  const open = async (): Promise<void> => {
    await visit.button('Calibrate').click();
    await visit.page
      .getByRole('combobox', { name: 'Start from a ready set' })
      .selectOption({ label: 'Extraversion: sentences' });
    const statements = visit.page.getByRole('textbox', { name: /^Statements, one a line/ }).first();
    await expect.poll(() => statements.inputValue()).not.toBe('');
    await visit.button('Clear').click();
  };
  /** Another visit, that has sorted out what is kept. */
  const again = async (): Promise<void> => {
    await visit.page.evaluate(async () => (await caches.open('masque-page-1')).put('unused', new Response()));
    await visit.page.reload();
    await visit.ready();
    const unused = (): Promise<boolean> =>
      visit.page.evaluate(async () => (await caches.match('unused')) !== undefined);
    await expect.poll(unused, { timeout: 20_000 }).toBe(false);
  };
  await visit.ready();
  await kept(visit);
  await open();
  await kept(visit, 2);
  await again();
  await kept(visit, 2);

  await line.down();
  try {
    await visit.page.reload();
    await visit.ready();
    await open();
  } finally {
    await line.up();
  }
  line.faults = { ...bare, prepend: (file) => (file.endsWith('/') ? '<!-- assets/new.js -->' : undefined) };
  await again();
  await kept(visit);
  await visit.fine();
});

describe("a file of the visitor's", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'masque-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A copy of the model, perhaps with other weights. */
  function copy(name: string, other = false): string {
    const file = path.join(folder, name);
    const dist = path.resolve(import.meta.dirname, '../../dist/model');
    const parts = readdirSync(dist).filter((part) => /\.gguf\.\d+$/.test(part));
    const bytes = Buffer.concat(parts.toSorted().map((part) => readFileSync(path.join(dist, part))));
    if (other) bytes.fill(1, bytes.length - 4);
    writeFileSync(file, bytes);
    return file;
  }

  async function open(visit: Visit, file: string): Promise<void> {
    await visit.button('SmolLM2-135M-Instruct').click();
    const chooser = visit.page.waitForEvent('filechooser');
    await visit.button('Open a GGUF file').click();
    await (await chooser).setFiles(file);
  }

  test('streams from the disk, is hashed, and its personas fit', async () => {
    const file = copy('mine.gguf');
    const visit = await Visit.to(line.foreign, context);
    await open(visit, file);
    const panel = visit.page.getByRole('region', { name: 'The model' });
    await panel.getByText('98 MB from this device, which no message leaves.').waitFor();
    expect(await panel.innerText()).not.toMatch(/Licence|this browser/);
    await visit.ready();
    expect(line.parts()).toEqual([]);
    expect(await visit.persona('A').locator('option:checked').innerText()).toBe('Extravert');
    await visit.set('Longest reply', 16);
    await visit.say('Describe yourself in one sentence.');
    expect(await visit.reply('A')).not.toBe('');
    await visit.fine();
  });

  test('takes off the masks of another model, until that is open again', async () => {
    const visit = await Visit.to(line.origin, context);
    await visit.ready();
    await open(visit, copy('other.gguf', true));
    const why = 'Extraversion was made for another model (SmolLM2-135M-Instruct).';
    const alert = visit.page.getByRole('alert').filter({ hasText: why });
    await alert.waitFor({ timeout: 120_000 });
    await visit.ready();
    expect(await visit.persona('B').locator('option:checked').innerText()).toBe('None');
    expect(await visit.region('B').innerText()).toContain(`No mask: ${why}`);

    await visit.page.waitForTimeout(600); // what a visit leaves is written when things are quiet
    await visit.page.reload();
    await visit.ready();
    expect(await visit.persona('B').locator('option:checked').innerText()).toBe('Introvert');

    await open(visit, path.join(folder, 'other.gguf'));
    await alert.waitFor({ timeout: 120_000 });
    await visit.ready();
    await visit.page.getByRole('banner').getByRole('button').last().click();
    await visit.button('Back to SmolLM2-135M-Instruct').click();
    await alert.waitFor({ state: 'detached', timeout: 120_000 });
    await visit.ready();
    expect(await visit.persona('A').locator('option:checked').innerText()).toBe('Extravert');
    await visit.fine();
  });

  test('that is no model is refused with a sentence, and the default can be loaded', async () => {
    const file = path.join(folder, 'broken.gguf');
    writeFileSync(file, 'GGUF, it says, and no more');
    const visit = await Visit.to(line.foreign, context);
    await open(visit, file);
    await visit.page.getByRole('alert').filter({ hasText: 'broken.gguf' }).waitFor();
    await visit.button('Load the model (98 MB)').click();
    await visit.ready();
    await visit.fine();
  });
});

test('a site without a model says so and takes a file', async () => {
  line.faults = { status: (file) => (file.startsWith('/model/') ? 404 : undefined) };
  const visit = await Visit.to(line.origin, context);
  await visit.page.getByRole('alert').filter({ hasText: 'This site holds no model' }).waitFor();
  await visit.button('Open a GGUF file').waitFor();
});

test('the stored model can be removed, as soon as nobody reads it', async () => {
  const visit = await Visit.to(line.origin, context);
  await visit.ready();
  // As a tab that has a part open.
  const reading = await visit.page.evaluateHandle(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('masque-model');
    const file = await folder.getFileHandle('manifest.json');
    return new Promise<{ end: () => void }>((resolve) => {
      void navigator.locks.request('masque-model', async () => {
        const open = await file.createWritable({ keepExistingData: true });
        await new Promise<void>((end) => {
          resolve({ end });
        });
        await open.abort();
      });
    });
  });
  await visit.button('SmolLM2-135M-Instruct').click();
  await visit.button('Remove it').click();
  await reading.evaluate(({ end }) => end());
  await visit.page.getByText('Nothing of the model.').waitFor();
  expect(await focused(visit)).toBe('Nothing of the model.');
  const names = await visit.page.evaluate(async () => {
    const found: string[] = [];
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('masque-model');
    for await (const name of folder.keys()) found.push(name);
    return found;
  });
  expect(names).toEqual([]);
});
