/** Several workers compute as one, and the page outlives the death of one. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { Line } from './line';
import { startBrowser, Visit } from './visit';

let browser: Browser;
let line: Line;
let context: BrowserContext;

beforeAll(async () => {
  line = await Line.to(inject('origin'));
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await line.down();
});
beforeEach(async () => {
  line.faults = {};
  context = await browser.newContext();
});
afterEach(() => context.close());

const assets = readdirSync(path.resolve(import.meta.dirname, '../../dist/assets'));
const script = assets.find((name) => /^worker-.*\.js$/.test(name));

/** Two poles of a persona reply, by a number of workers: every token with its log-probability and divergence. */
interface Said {
  workers: number;
  tokens: string[];
}

test('any number of workers writes the same, bit for bit', async () => {
  const page = await context.newPage();
  await page.goto(`${line.origin}/wasm/wasm_exec.js`); // any page of the site that runs nothing by itself
  const say = (workers: number): Promise<Said> =>
    page.evaluate(
      ({ url, count }) =>
        new Promise<Said>((resolve, reject) => {
          const worker = new Worker(url, { type: 'module' });
          const said: Said = { workers: 0, tokens: [] };
          let persona = '';
          worker.addEventListener('error', (event) => reject(new Error(event.message)));
          worker.addEventListener('message', ({ data }) => {
            if (data.type === 'failed' || data.type === 'crashed') reject(new Error(data.message));
            if (data.type === 'started') {
              persona = data.library[0].key;
              const source = { kind: 'manifest', url: new URL('/model/manifest.json', location.href).href };
              worker.postMessage({ type: 'load', id: 1, source });
            }
            if (data.type === 'opened') {
              said.workers = data.model.workers;
              // Long enough for a prompt of several passes and pages of the cache.
              const content = 'Tell me what you like about mornings by the sea. '.repeat(9);
              const messages = [{ role: 'user', content }];
              const pane = { persona, strength: 1, messages };
              const panes = [
                { ...pane, pane: 'A', pole: 'plus' },
                { ...pane, pane: 'B', pole: 'minus' },
              ];
              const cut = { topK: 0, topP: 1, minP: 0, repeatPenalty: 1, repeatLast: 0 };
              const sampling = { temperature: 1, seed: 5, ...cut };
              const rest = { maxTokens: 12, compare: true, family: '' };
              worker.postMessage({ type: 'generate', id: 2, panes, sampling, ...rest });
            }
            if (data.type === 'tokens')
              said.tokens.push(...data.tokens.map((token: unknown) => JSON.stringify(token)));
            if (data.type === 'divergence') said.tokens.push(JSON.stringify(data));
            if (data.type === 'finished') {
              worker.terminate();
              resolve(said);
            }
          });
          worker.postMessage({ type: 'boot', variant: 'auto', base: location.origin + '/', workers: count });
        }),
      { url: `${line.origin}/assets/${script}`, count: workers },
    );
  const alone = await say(1);
  expect(alone.workers).toBe(1);
  expect(alone.tokens.length).toBeGreaterThan(20);
  for (const workers of [2, 3]) expect(await say(workers)).toEqual({ ...alone, workers });
});

test('where a worker dies the page says so and goes on with one', async () => {
  // A follower waits for its leader by Atomics.wait: one that throws ends the follower's program.
  const fatal = `if (self.name.includes('follower')) {
    let left = 3;
    const wait = Atomics.wait;
    Atomics.wait = (...args) => {
      if (left-- === 0) throw new Error('struck down');
      return wait(...args);
    };
  }`;
  line.faults = { prepend: (file) => (/worker.*\.js$/.test(file) ? fatal : undefined) };
  const visit = await Visit.to(line.origin, context, '?workers=2');
  await visit.ready();
  await visit.set('Longest reply', 8);
  await visit.message.fill('Hello');
  await visit.message.press('Enter');
  await visit.page.getByText(/workers has died.*goes on with one/).waitFor();
  await visit.ready();
  await visit.button('Regenerate').click();
  await visit.replied();
  expect(await visit.reply('A')).not.toBe('');
});
