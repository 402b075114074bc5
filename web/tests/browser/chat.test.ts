/** The Playground with the real model: one load, then everything one does with it, in order. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, BrowserContext, Download } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { startBrowser, Visit } from './visit';

const PARTY = 'A colleague invites you to a big party tonight. What do you say?';

let browser: Browser;
let context: BrowserContext;
let visit: Visit;

beforeAll(async () => {
  browser = await startBrowser();
  context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  visit = await Visit.to(inject('origin'), context);
  await visit.ready();
});
afterAll(async () => {
  await visit.fine();
  await browser.close();
});

/** The strengths at which the replies of a persona of the library were sampled, as a slider has them. */
async function repliesOf(name: string): Promise<string[]> {
  const file = path.join(import.meta.dirname, `../../../masks/library/personas/${name}.persona.json`);
  const { evidence } = JSON.parse(await readFile(file, 'utf8')) as {
    evidence: { tests: { name: string; gamma?: { plus: number; minus: number } }[] };
  };
  const gamma = evidence.tests.find((t) => t.name === 'Sampled replies')?.gamma;
  if (!gamma) throw new Error(`${file} has no sampled replies`);
  return [gamma.plus, gamma.minus].map((g) => String(Number((1 - g).toFixed(6))));
}

/** The page as a first visit has it, the model apart. */
beforeEach(async () => {
  if (await visit.button('Clear').isEnabled()) await visit.button('Clear').click();
  await visit.persona('A').selectOption({ label: 'Extravert' });
  await visit.persona('B').selectOption({ label: 'Introvert' });
  for (const pane of ['A', 'B'] as const) await visit.strength(pane).fill('1');
  await visit.set('Longest reply', 32);
  await visit.set('Seed', 1);
});

describe('a first visit', () => {
  test('has the two ends of one trait in the panes, and its evidence beside them', async () => {
    const fresh = await Visit.to(inject('origin'), await browser.newContext());
    await fresh.ready();
    expect(await fresh.persona('A').locator('option:checked').innerText()).toBe('Extravert');
    expect(await fresh.persona('B').locator('option:checked').innerText()).toBe('Introvert');
    const [plus, minus] = await repliesOf('extraversion');
    expect([await fresh.strength('A').inputValue(), await fresh.strength('B').inputValue()]).toEqual([
      plus,
      minus,
    ]);
    const summary = fresh.region('A').getByRole('button', { name: /^Evidence/ });
    expect(await summary.innerText()).toMatch(
      /Held-out AUC \.\d+.*strongest control \.\d+.*perplexity ×1\.\d+/,
    );
    await summary.click();
    const dialog = fresh.page.getByRole('dialog');
    expect(await dialog.innerText()).toContain('Outgoing, talkative and at home in a crowd.');
    expect(await dialog.innerText()).not.toMatch(/model is (an )?(extra|intro)ver/i);
    await fresh.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await fresh.context.close();
  });
});

describe('a message', () => {
  test('gets two different replies, each with its speed, side by side', async () => {
    await visit.say(PARTY);
    const [a, b] = [await visit.reply('A'), await visit.reply('B')];
    expect(a.length).toBeGreaterThan(20);
    expect(b.length).toBeGreaterThan(20);
    expect(a).not.toBe(b);
    for (const pane of ['A', 'B'] as const)
      expect(await visit.region(pane).getByRole('article').innerText()).toMatch(
        /\d+ tokens, [\d.]+ tokens\/s/,
      );
    const tops = await Promise.all(
      (['A', 'B'] as const).map(
        async (pane) => (await visit.region(pane).getByRole('article').boundingBox())?.y,
      ),
    );
    expect(tops[0]).toBe(tops[1]);
  });

  test('is sent by Enter; Shift and Enter begin a line; nothing empty is sent', async () => {
    await visit.message.fill('  ');
    await visit.message.press('Enter');
    expect(await visit.button('Send').isDisabled()).toBe(true);
    await visit.message.fill('One');
    await visit.message.press('Shift+Enter');
    await visit.message.pressSequentially('two');
    await visit.message.press('Enter');
    await visit.replied();
    expect(await visit.region('A').locator('.asked').innerText()).toMatch(/^You:\s+One\ntwo$/);
  });

  test('with the same seed gets the same replies again', async () => {
    await visit.say(PARTY);
    const first = [await visit.reply('A'), await visit.reply('B')];
    await visit.button('Clear').click();
    await visit.say(PARTY);
    expect([await visit.reply('A'), await visit.reply('B')]).toEqual(first);
  });

  test('reaches a masked and a plain pane differently, and two plain ones alike', async () => {
    await visit.persona('A').selectOption({ label: 'None' });
    await visit.persona('B').selectOption({ label: 'None' });
    expect(await visit.strength('A').isDisabled()).toBe(true);
    await visit.say(PARTY);
    const plain = await visit.reply('A');
    expect(await visit.reply('B')).toBe(plain);

    await visit.button('Clear').click();
    await visit.persona('B').selectOption({ label: 'Extravert' });
    await visit.strength('B').fill('0');
    await visit.say(PARTY);
    expect(await visit.reply('B'), 'at strength 0 the mask does nothing').toBe(plain);

    await visit.button('Clear').click();
    await visit.strength('B').fill('1');
    await visit.say(PARTY);
    expect(await visit.reply('A')).toBe(plain);
    expect(await visit.reply('B')).not.toBe(plain);
  });

  test('in Arabic is set from right to left', async () => {
    await visit.say('مرحبا');
    const asked = visit.region('A').locator('.asked');
    expect(await asked.evaluate((said) => getComputedStyle(said).direction)).toBe('rtl');
  });

  test('in a longer conversation is read with what went before', async () => {
    await visit.persona('A').selectOption({ label: 'None' });
    await visit.set('Temperature', 0);
    await visit.say('My name is Wilhelmina. Remember it.');
    await visit.say('What is my name?');
    expect(await visit.reply('A')).toContain('Wilhelmina');
    expect(await visit.region('B').getByRole('article').count()).toBe(2);
    await visit.set('Temperature', 0.5);
  });
});

test('a message that is too long comes back to be shortened, and the next one is answered', async () => {
  await visit.say('Hello');
  const long = 'a long word '.repeat(4000).trim();
  await visit.message.fill(long);
  await visit.message.press('Enter');
  const alert = visit.page.getByRole('alert').filter({ hasText: "as long as the model's context" });
  await alert.waitFor();
  expect(await alert.innerText()).not.toContain('generate:');
  expect(await visit.message.inputValue()).toBe(long);
  await visit.say('And then?');
  expect(await alert.count()).toBe(0);
  expect(await visit.reply('A')).not.toBe('');
});

describe('the buttons', () => {
  test('Stop ends both replies in the middle, and the next message works', async () => {
    await visit.set('Longest reply', 1024);
    await visit.set('Temperature', 1);
    await visit.message.fill('Write a long story about a lighthouse.');
    await visit.button('Send').click();
    await visit.status.filter({ hasText: 'Writing' }).waitFor();
    await expect
      .poll(async () => (await visit.region('A').locator('.text').innerText()).length)
      .toBeGreaterThan(20);
    await visit.button('Stop').click();
    await visit.ready();
    for (const pane of ['A', 'B'] as const) {
      const article = visit.region(pane).getByRole('article');
      expect(await article.locator('footer').innerText()).toMatch(/stopped|tokens/);
      expect(Number(/([\d,]+) tokens?,/.exec(await article.innerText())?.[1])).toBeLessThan(600);
    }
    expect(await visit.region('A').locator('footer').innerText()).toContain('stopped');
    expect(await visit.message.evaluate((box) => document.activeElement === box)).toBe(true);
    await visit.set('Longest reply', 32);
    await visit.set('Temperature', 0.5);
    await visit.say('And then?');
    expect(await visit.region('A').getByRole('article').count()).toBe(2);
  });

  test('Escape stops as well', async () => {
    await visit.set('Longest reply', 1024);
    await visit.message.fill('Write a long story about a lighthouse.');
    await visit.message.press('Enter');
    await visit.status.filter({ hasText: 'Writing' }).waitFor();
    await visit.page.keyboard.press('Escape');
    await visit.ready();
    expect(await visit.region('A').locator('footer').innerText()).toContain('stopped');
  });

  test('Regenerate answers again, with the next seed', async () => {
    await visit.say(PARTY);
    const first = await visit.reply('A');
    await visit.button('Regenerate').click();
    await visit.replied();
    expect(await visit.region('A').getByRole('article').count()).toBe(1);
    expect(await visit.region('A').locator('footer').innerText()).toContain('seed 2');
    expect(await visit.reply('A')).not.toBe(first);
    await visit.strength('A').fill('0.5');
    await visit.button('Regenerate').click();
    await visit.replied();
    expect(await visit.region('A').locator('footer').innerText()).toMatch(/Extravert, 50 %.*seed 1\b/s);
  });

  test('Stop before the first word of another reply brings the one before back', async () => {
    await visit.set('Longest reply', 8);
    await visit.say(`${'One more thing is on the list. '.repeat(60)}What is on the list?`);
    const said = [await visit.reply('A'), await visit.reply('B')];
    for (const pane of ['A', 'B'] as const) await visit.strength(pane).fill('0.5'); // so that all is read anew
    await visit.button('Regenerate').click();
    await visit.status.filter({ hasText: 'Reading' }).waitFor();
    await visit.button('Stop').click();
    await visit.ready();
    expect([await visit.reply('A'), await visit.reply('B')]).toEqual(said);
    expect(await visit.region('A').locator('footer').innerText()).toContain('Extravert, 100 %');
    expect(await visit.button('Earlier replies').count()).toBe(0);
  });

  test('Clear empties both panes', async () => {
    await visit.say('Hello');
    await visit.button('Clear').click();
    expect(await visit.page.getByRole('article').count()).toBe(0);
    expect(await visit.button('Regenerate').isDisabled()).toBe(true);
  });

  test('Clear leaves the focus on the way back', async () => {
    await visit.say('Hello');
    const said = await visit.reply('A');
    await visit.button('Clear').press('Enter');
    await visit.page.keyboard.press('Enter');
    expect(await visit.reply('A')).toBe(said);
    expect(await visit.button('Undo clear').count()).toBe(0);
  });

  test('Copy copies a reply, as the model wrote it', async () => {
    await visit.say('Hello');
    await visit.button('Copy reply B').click();
    const copied = await visit.page.evaluate(() => navigator.clipboard.readText());
    const json = JSON.parse(
      await text(visit.page.waitForEvent('download'), exported('Export JSON')),
    ) as Exported;
    expect(copied).toBe(json.turns[0]?.replies[1]?.text);
    expect(copied).not.toBe(json.turns[0]?.replies[0]?.text);
  });

  test('the conversation is exported as JSON and as Markdown', async () => {
    await visit.say('Hello');
    const json = JSON.parse(
      await text(visit.page.waitForEvent('download'), exported('Export JSON')),
    ) as Exported;
    expect(json.model.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(json.turns[0]?.message).toBe('Hello');
    expect(json.turns[0]?.settings.seed).toBe(1);
    expect(json.turns[0]?.replies.map((r) => r.text).join('')).not.toBe('');
    const markdown = await text(visit.page.waitForEvent('download'), exported('Export Markdown'));
    expect(markdown).toContain('**You:** Hello');
    expect(markdown).toContain('**B (Introvert, 100 %, seed 1):**');
  });
});

describe('the divergence strip', () => {
  test('has a bar a token, walked by arrow keys and told in words', async () => {
    await visit.say(PARTY);
    const strip = visit.page.getByRole('listbox', { name: 'Where A parts from B' });
    const bars = strip.getByRole('option');
    const count = await bars.count();
    expect(count).toBeGreaterThan(8);
    expect(await visit.region('A').getByRole('article').innerText()).toContain(`${count} tokens`);
    const labels = await bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label') ?? ''));
    for (const label of labels) expect(label).toMatch(/^.+, \d+\.\d\d nats$/s);
    expect(labels.some((label) => !label.endsWith(' 0.00 nats'))).toBe(true);

    // One stop in the tab order; the arrow keys do the rest.
    expect(await strip.locator('[tabindex="0"]').count()).toBe(1);
    await bars.first().focus();
    await visit.page.keyboard.press('ArrowRight');
    await visit.page.keyboard.press('ArrowRight');
    expect(await visit.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      labels[2],
    );
    const nats = /[\d.]+ nats$/.exec(labels[2] ?? '')?.[0] ?? 'none';
    expect(await visit.region('A').locator('.reading').innerText()).toContain(nats);
    await visit.page.keyboard.press('End');
    expect(await visit.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      labels.at(-1),
    );
    await visit.page.keyboard.press('ArrowRight');
    expect(await bars.last().evaluate((bar) => bar === document.activeElement)).toBe(true);
  });

  test('is told when both are compared, and a message breaks that off', async () => {
    await visit.say('Hello');
    await visit.set('Longest reply', 256);
    await visit.message.fill('Write a long story about a lighthouse.');
    await visit.message.press('Enter');
    await visit.status.filter({ hasText: 'Comparing' }).waitFor({ timeout: 120_000 });
    expect(await visit.region('B').locator('.reading').last().innerText()).toBe('Comparing …');
    await visit.set('Longest reply', 16);
    await visit.say('And then?');
    const readings = visit.region('B').locator('.reading');
    expect(await readings.count()).toBe(3);
    expect(await readings.nth(1).innerText()).toMatch(/not measured|of \d+ tokens measured/);
    expect(await readings.nth(2).innerText()).toMatch(/^Parts from A by .*\)$/);
  });

  test('is flat where both panes wear the same mask', async () => {
    await visit.persona('B').selectOption({ label: 'Extravert' });
    await visit.say('Hello');
    expect(await visit.reply('A')).toBe(await visit.reply('B'));
    const strip = visit.page.getByRole('listbox', { name: 'Where A parts from B' });
    for (const bar of await strip.getByRole('option').all())
      expect(await bar.getAttribute('aria-label')).toMatch(/ 0\.00 nats$/);
  });
});

test('a persona begins at the strength of its measured replies, and one that was set stays', async () => {
  const [plus, minus] = await repliesOf('nostalgia');
  await visit.persona('B').selectOption({ label: 'None' });
  await visit.persona('B').selectOption({ label: 'Nostalgic' });
  expect(await visit.strength('B').inputValue()).toBe(plus);
  await visit.persona('B').selectOption({ label: 'Forward-looking' });
  expect(await visit.strength('B').inputValue()).toBe(minus);
  expect(minus, 'else the test says nothing').not.toBe(plus);
  await visit.strength('B').fill('0.2');
  await visit.persona('B').selectOption({ label: 'Nostalgic' });
  expect(await visit.strength('B').inputValue()).toBe('0.2');
});

test('by keyboard alone: a persona, a message, Stop and the views', async () => {
  await visit.persona('B').focus();
  await visit.page.keyboard.press('Home');
  expect(await visit.persona('B').locator('option:checked').innerText()).toBe('None');
  await visit.strength('A').focus();
  await visit.page.keyboard.press('ArrowLeft');
  expect(await visit.strength('A').getAttribute('aria-valuetext')).toBe('95 %');
  await visit.set('Longest reply', 1024);
  await visit.message.focus();
  await visit.page.keyboard.type('Write a long story about a lighthouse.');
  await visit.page.keyboard.press('Tab'); // Send has the text to send
  await visit.page.keyboard.press('Enter');
  await visit.status.filter({ hasText: 'Writing' }).waitFor();
  await visit.button('Stop').focus();
  await visit.page.keyboard.press('Space');
  await visit.ready();
  await visit.button('How it works').focus();
  await visit.page.keyboard.press('Enter');
  await visit.page.getByRole('heading', { name: 'One model, two masks' }).waitFor();
  await visit.button('Playground').focus();
  await visit.page.keyboard.press('Enter');
  expect(await visit.page.getByRole('article').count()).toBe(2);
});

describe('a reload', () => {
  test('brings back conversation, personas and settings', async () => {
    await visit.persona('B').selectOption({ label: 'None' });
    await visit.strength('A').fill('0.7');
    await visit.set('Seed', 7);
    await visit.say('Hello');
    const said = await visit.reply('A');
    await visit.page.waitForTimeout(600); // what a visit leaves is written when things are quiet
    await visit.page.reload();
    await visit.ready();
    expect(await visit.reply('A')).toBe(said);
    expect(await visit.persona('A').locator('option:checked').innerText()).toBe('Extravert');
    expect(await visit.persona('B').locator('option:checked').innerText()).toBe('None');
    expect(await visit.strength('A').inputValue()).toBe('0.7');
    expect(await visit.region('A').locator('footer').innerText()).toContain('seed 7');
    await visit.button('Regenerate').click();
    await visit.replied();
    expect(await visit.region('A').locator('footer').innerText()).toContain('seed 8');
  });

  test('in the middle of a reply loses none of its words, nor of those that are being written', async () => {
    await visit.set('Longest reply', 200);
    await visit.message.fill(PARTY);
    await visit.message.press('Enter');
    await visit.page.evaluate(() =>
      addEventListener('pagehide', () => {
        const shown = document.querySelector<HTMLElement>('[aria-label="Chat A"] article:last-of-type .text');
        sessionStorage.setItem('shown', shown?.innerText ?? '');
      }),
    );
    const count = async (): Promise<number> => (await visit.reply('A')).split(/\s/).length;
    await expect.poll(count, { timeout: 60_000 }).toBeGreaterThan(8);
    await visit.message.fill('And then');
    await visit.page.reload();
    await visit.ready();
    const shown = await visit.page.evaluate(() => sessionStorage.getItem('shown') ?? '');
    expect(shown).not.toBe('');
    const letters = (words: string): string => words.replaceAll(/\P{L}/gu, '');
    expect(letters(await visit.reply('A'))).toContain(letters(shown));
    expect(await visit.message.inputValue()).toBe('And then');
    await visit.message.fill('');
  });
});

test('of two tabs, the one whose conversation is no longer kept says so', async () => {
  await visit.say('Hello');
  const other = await Visit.to(inject('origin'), context);
  await other.ready();
  await other.page.waitForTimeout(600);
  const notice = visit.page.getByText('Another tab has kept its conversation');
  expect(await notice.count()).toBe(0);
  await other.button('Clear').click();
  await notice.waitFor();
  await visit.button('Dismiss').click();
  await other.fine();
  await other.page.close();
});

test('a crash of the engine is told; Restart brings it back with the conversation', async () => {
  await visit.say('Hello');
  const said = await visit.reply('B');
  const [worker] = visit.page.workers();
  if (!worker) throw new Error('the page has no worker');
  // The Go program panics when its host takes no events.
  await worker.evaluate(() => {
    const { masqueHost } = globalThis as unknown as { masqueHost: { event(json: string): void } };
    masqueHost.event = () => {
      throw new Error('gone');
    };
  });
  await visit.message.fill('And then?');
  await visit.message.press('Enter');
  const alert = visit.page.getByRole('alert').filter({ hasText: 'The engine has stopped' });
  await alert.waitFor();
  expect(await visit.status.innerText()).toContain('Stopped');
  expect(await visit.region('B').getByRole('article').first().locator('.text').innerText()).toBe(said);
  await visit.button('Restart the engine').click();
  await visit.ready();
  expect(await alert.count()).toBe(0);
  await visit.button('Regenerate').click();
  await visit.replied();
  expect(await visit.region('B').getByRole('article').count()).toBe(2);
  visit.complaints.length = 0; // the panic itself is reported as an error of the worker
});

/** What the tests read of an exported conversation. */
interface Exported {
  model: { digest: string };
  turns: {
    message: string;
    settings: { seed: number };
    replies: { text: string; divergence: { kl: number }[] }[];
  }[];
}

async function exported(name: string): Promise<void> {
  const menu = visit.page.getByLabel('Export the conversation');
  if (!(await visit.button(name).isVisible())) await menu.click();
  await visit.button(name).click();
}

async function text(download: Promise<Download>, click: Promise<void>): Promise<string> {
  await click;
  return readFile(await (await download).path(), 'utf8');
}
