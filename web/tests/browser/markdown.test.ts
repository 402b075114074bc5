/** Replies are untrusted: what becomes of hostile ones, in a real browser. */
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser } from './visit';

let browser: Browser;
let page: Page;
const asked: string[] = [];

beforeAll(async () => {
  const entry = path.resolve(import.meta.dirname, '../../src/lib/markdown.ts');
  const built = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'markdown' } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (!output || !('output' in output)) throw new Error('nothing was built');
  browser = await startBrowser();
  page = await browser.newPage();
  page.on('request', (request) => asked.push(request.url()));
  await page.addScriptTag({ content: output.output[0].code });
});
afterAll(() => browser.close());

async function render(text: string): Promise<string> {
  return page.evaluate((reply) => {
    const { markdown } = globalThis as unknown as { markdown: { render(text: string): string } };
    document.body.innerHTML = markdown.render(reply);
    return document.body.innerHTML;
  }, text);
}

test.each([
  ['**bold** and *thin*', '<p><strong>bold</strong> and <em>thin</em></p>'],
  ['# Title', '<p><strong>Title</strong></p>'],
  ['[text](https://example.org)', '<p>text</p>'],
  ['![a cat](https://example.org/cat.png)', '<p>a cat</p>'],
  ['<img src="https://example.org/x.png" onerror="alert(1)">', ''],
  ['<b onclick="alert(1)">hi</b>', '<p>hi</p>'],
  ['a<script>alert(1)</script>b', '<p>ab</p>'],
  ['<style>body{background:url(https://example.org)}</style>x', 'x'],
  ['<a href="javascript:alert(1)">x</a>', '<p>x</p>'],
  ['<form action="https://example.org"><input name=q></form>', ''],
  ['3. third', '<ol start="3">\n<li>third</li>\n</ol>'],
  ['- [x] done', '<ul>\n<li>☑ done</li>\n</ul>'],
  ['line\nbreak', '<p>line<br>break</p>'],
  ['`<b>`', '<p><code>&lt;b&gt;</code></p>'],
])('%j', async (text, html) => {
  expect((await render(text)).trim()).toBe(html);
});

test('a reply that grows letter by letter ends as the whole would', async () => {
  const text = [
    'First **bold** line\nand a break.',
    '1. one\n\n   more of one\n2. two',
    '| a | b |\n|---|---|\n| 1 | 2 |',
    'Title\n===',
    '```js\nlet a;\n\nlet b;\n```',
    '> quote\n\n- [ ] open\n\n- last',
  ].join('\n\n');
  const { grown, whole, again, steady } = await page.evaluate((reply) => {
    const { markdown } = globalThis as unknown as {
      markdown: { GrowingText: new () => { blocks(text: string): string[] } };
    };
    const growing = new markdown.GrowingText();
    let before: string[] = [];
    let kept = true;
    for (let n = 1; n <= reply.length; n++) {
      const blocks = growing.blocks(reply.slice(0, n));
      // All but the last block of a step must stand in the next.
      kept &&= before.slice(0, -1).every((block, i) => block === blocks[i]);
      before = blocks;
    }
    return {
      grown: before,
      whole: new markdown.GrowingText().blocks(reply),
      again: growing.blocks('Another reply'),
      steady: kept,
    };
  }, text);
  expect(grown).toEqual(whole);
  expect(grown).toHaveLength(7);
  expect(steady).toBe(true);
  expect(again).toEqual(['<p>Another reply</p>\n']);
});

test('line ends of any kind are one', async () => {
  const [windows, unix] = await page.evaluate(() => {
    const { markdown } = globalThis as unknown as {
      markdown: { GrowingText: new () => { blocks(text: string): string[] } };
    };
    const text = 'one\n\ntwo\n\nthree\n\nfour\n\nfive';
    return [text.replaceAll('\n', '\r\n'), text].map((t) => new markdown.GrowingText().blocks(t));
  });
  expect(windows).toEqual(unix);
  expect(unix).toHaveLength(5);
});

test('nothing was asked of any host', () => {
  expect(asked).toEqual([]);
});
