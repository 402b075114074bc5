/** The Lab: a study's file without a model, and settings measured in the tab with the real one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readStudy } from '../../src/lib/study';
import { startBrowser, Visit } from './visit';

const study = new URL('../unit/plots/study.jsonl', import.meta.url).pathname;
const records = readStudy(readFileSync(study, 'utf8'));
/** Reading a few dozen statements and the neutral texts, on a busy machine with two cores. */
const MEASURE_MS = 200_000;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await startBrowser();
  folder = mkdtempSync(path.join(tmpdir(), 'masque-lab-'));
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const marks = (visit: Visit): Locator => visit.page.locator('svg [role=option]');
const chosen = (visit: Visit): Locator => visit.page.getByRole('region', { name: 'The chosen setting' });

/** Saves by a button and returns the file's path. */
async function saved(visit: Visit, name: string): Promise<string> {
  const download = visit.page.waitForEvent('download');
  await visit.button(name).click();
  const file = await download;
  const to = path.join(folder, file.suggestedFilename());
  await file.saveAs(to);
  return to;
}

test('a study is drawn without a model, walked by keyboard and saved as a picture', async () => {
  const context = await browser.newContext();
  await context.route('**/model/**', (route) => route.abort());
  const visit = await Visit.to(inject('origin'), context);
  // Wherever it is dropped, it opens in the Lab.
  await visit.page.getByRole('heading', { name: 'Chat A' }).waitFor();
  await visit.page.evaluate(
    (body) => {
      const data = new DataTransfer();
      data.items.add(new File([body], 'grid.jsonl'));
      for (const type of ['dragover', 'drop'])
        document.body.dispatchEvent(
          new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }),
        );
    },
    readFileSync(study, 'utf8'),
  );
  await marks(visit).first().waitFor();
  expect(await marks(visit).count()).toBe(records.length);

  const best = visit.page.locator('[role=option][tabindex="0"]');
  expect(await best.count()).toBe(1);
  await best.focus();
  await visit.page.keyboard.press('Home');
  const first = await chosen(visit).getByRole('heading').first().innerText();
  await visit.page.keyboard.press('End');
  const last = await chosen(visit).getByRole('heading').first().innerText();
  expect(last).not.toBe(first);
  expect(
    await visit.page.locator('[role=option][aria-selected="true"]').getAttribute('aria-label'),
  ).toContain(last);
  await visit.page.keyboard.press('ArrowLeft');
  expect(await chosen(visit).getByRole('heading').first().innerText()).not.toBe(last);

  const svg = readFileSync(await saved(visit, 'Save picture'), 'utf8');
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  expect(svg.match(/data-mark/g)?.length).toBe(records.length);

  // It is cleared and brought back by keyboard.
  await visit.button('Clear').press('Enter');
  await visit.page.getByText('Nothing is measured yet.').waitFor();
  const focused = visit.page.locator(':focus');
  expect(await focused.innerText()).toBe('Undo');
  await focused.press('Enter');
  expect(await marks(visit).count()).toBe(records.length);
  expect(await focused.innerText()).toBe('Clear');
  expect(visit.complaints).toEqual([]);
  await context.close();
});

const plus = [
  'I love parties.',
  'I talk to everyone I meet.',
  'I feel alive in a crowd.',
  'I make friends easily.',
  'I enjoy meeting new people.',
  'I like to be the center of attention.',
  'I am full of energy among friends.',
  'I start conversations.',
  'I love big groups.',
  'I go out every night.',
];
const minus = [
  'I avoid parties.',
  'I keep to myself.',
  'I feel tired in a crowd.',
  'I prefer to be alone.',
  'I dislike meeting new people.',
  'I hate being the center of attention.',
  'I am quiet among strangers.',
  'I rarely speak.',
  'I love silence.',
  'I stay home every night.',
];

test('a setting is measured in the tab, its controls can be stopped, and all of it stays and is saved', async () => {
  const context = await browser.newContext();
  const visit = await Visit.to(inject('origin'), context);
  await visit.ready();
  await visit.button('Lab').click();
  await visit.page
    .getByRole('combobox', { name: 'Statements', exact: true })
    .selectOption({ label: 'Your own' });
  await visit.page.getByLabel('Plus pole, one statement a line').fill(plus.slice(0, 3).join('\n'));
  expect(await visit.button('Measure this setting').isDisabled()).toBe(true);
  await visit.page.getByText('At least 4 statements of each pole are needed.').waitFor();
  await visit.page.getByLabel('Plus pole, one statement a line').fill(plus.join('\n'));
  await visit.page.getByLabel('Minus pole').fill(minus.join('\n'));
  await visit.page.getByRole('slider', { name: 'First layer' }).fill('27');
  await visit.button('Measure this setting').click();
  await visit.page.getByRole('progressbar').waitFor();
  await visit.button('Measure this setting').waitFor({ timeout: MEASURE_MS });
  expect(await marks(visit).count()).toBe(1);
  await chosen(visit).getByText('units, both, layers 27–29').waitFor();
  expect(await chosen(visit).innerText()).toMatch(/of 100 pairs .* come out in the right order/);
  await chosen(visit)
    .getByText(/^\d+ units closed, most of them in layer/)
    .first()
    .waitFor();

  // Statements are not read again: the first control comes soon. What was drawn by then stays.
  await visit.button(/^Draw 5/).click();
  await visit.page.getByText(/^[23] of 10:/).waitFor({ timeout: MEASURE_MS });
  await visit.button('Cancel').click();
  await visit.button('Measure this setting').waitFor({ timeout: MEASURE_MS });
  const count = await marks(visit).count();
  expect(count).toBeGreaterThan(1);
  await visit.button('Playground').click();
  await visit.button('Lab').click();
  expect(await marks(visit).count()).toBe(count);
  expect(await visit.page.getByLabel('Plus pole, one statement a line').inputValue()).toBe(plus.join('\n'));

  // All of it is there at the next visit.
  await visit.page.waitForTimeout(500);
  await visit.page.reload();
  await visit.ready();
  await visit.button('Lab').click();
  expect(await marks(visit).count()).toBe(count);
  await chosen(visit).getByText('units, both, layers 27–29').waitFor();
  await chosen(visit).getByText('Where its closed units are is not kept').waitFor();
  expect(await visit.page.getByLabel('Plus pole, one statement a line').inputValue()).toBe(plus.join('\n'));
  const first = visit.page.getByRole('slider', { name: 'First layer' });
  expect(await first.inputValue()).toBe('27');
  await first.fill('25');
  await visit.button('Use these settings').click();
  expect(await first.inputValue()).toBe('27');

  // The file is one that the command line reads.
  const file = await saved(visit, 'Save study');
  expect(readStudy(readFileSync(file, 'utf8')).length).toBe(count);
  const program = process.env['MASQUE_BIN'] ?? path.resolve(import.meta.dirname, '../../../bin/masque');
  const merged = path.join(folder, 'merged.jsonl');
  rmSync(merged, { force: true }); // where the test is tried again
  expect(execFileSync(program, ['study', '-merge', '-o', merged, file], { encoding: 'utf8' })).toContain(
    `${count} cells`,
  );

  // The slider shows what is measured, whatever the layers and the scope have room for.
  const n = visit.page.getByRole('slider', { name: 'Units closed (n)' });
  await n.fill((await n.getAttribute('max')) ?? '');
  await visit.page.getByRole('slider', { name: 'First layer' }).fill('29');
  await visit.page
    .getByRole('combobox', { name: 'What it may touch' })
    .selectOption({ label: 'Attention channels' });
  expect(await n.getAttribute('aria-valuetext')).toBe('560');
  await visit.page.getByText('More', { exact: true }).click();
  const own = visit.page.getByRole('spinbutton', { name: 'Own tokens' });
  await own.fill('0');
  await visit.button('Measure this setting').click();
  await chosen(visit)
    .getByText(/units, channels, layer 29, n 560/)
    .waitFor({ timeout: MEASURE_MS });
  // What a record leaves out, for it is zero, is shown as a number.
  await own.fill('1');
  await visit.button('Use these settings').click();
  expect(await own.inputValue()).toBe('0');
  await visit.fine();
  await context.close();
});

test('a view can be linked to, and gone back from', async () => {
  const context = await browser.newContext();
  await context.route('**/model/**', (route) => route.abort());
  const visit = await Visit.to(inject('origin'), context, '#lab');
  await visit.page.getByRole('heading', { name: 'Lab' }).waitFor();
  expect(await visit.page.title()).toBe('Lab – Masque');
  await visit.button('Playground').click();
  await visit.page.getByRole('heading', { name: 'Chat A' }).waitFor();
  expect(await visit.page.evaluate(() => location.hash)).toBe('');
  await visit.button('Calibrate').click();
  await visit.page.getByRole('heading', { name: 'Find masks of your own' }).waitFor();
  await visit.page.goBack();
  await visit.page.getByRole('heading', { name: 'Chat A' }).waitFor();
  expect(await visit.page.title()).toBe('Masque');
  await visit.page.goForward();
  await visit.page.reload();
  await visit.page.getByRole('heading', { name: 'Find masks of your own' }).waitFor();
  await context.close();
});

test('a page that is older than the site says so, and reloads', async () => {
  const context = await browser.newContext();
  await context.route('**/model/**', (route) => route.abort());
  const visit = await Visit.to(inject('origin'), context);
  await visit.page.getByRole('heading', { name: 'Chat A' }).waitFor();
  // The site is renewed: its document names another script, and this page's files are gone.
  const renewed = `${inject('origin')}/`;
  await context.route(renewed, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll('/index-', '/index-2') });
  });
  await context.route('**/assets/Lab-*', (route) => route.fulfill({ status: 404 }));
  await visit.button('Lab').click();
  const told = visit.page.getByRole('alert').filter({ hasText: 'newer version than this page' });
  await told.waitFor();
  expect(await told.innerText()).toMatch(/^Lab can't be fetched: .* The conversation is kept\.\s+Reload$/);
  expect(await visit.button('Try again').count()).toBe(0);
  await context.unroute(renewed);
  await context.unroute('**/assets/Lab-*');
  await visit.button('Reload').click();
  await visit.page.getByRole('heading', { name: 'Lab' }).waitFor();
  await context.close();
});

test("a view that can't be fetched says so, and can be tried again", async () => {
  const context = await browser.newContext();
  await context.route('**/model/**', (route) => route.abort());
  await context.route('**/assets/Lab-*.js', (route) => route.abort());
  const visit = await Visit.to(inject('origin'), context);
  await visit.button('Lab').click();
  const told = visit.page.getByRole('alert').filter({ hasText: "Lab can't be fetched: the network" });
  await told.waitFor();
  await context.unroute('**/assets/Lab-*.js');
  await visit.button('Try again').click();
  await visit.page.getByRole('heading', { name: 'Lab' }).waitFor();
  expect(await told.count()).toBe(0);
  await context.close();
});
