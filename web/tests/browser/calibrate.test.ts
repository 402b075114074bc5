/** Masks found in the tab, with the real model: from statements to a persona that is worn, shared and kept. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { startBrowser, Visit } from './visit';

const run = promisify(execFile);
const library = path.resolve(import.meta.dirname, '../../../masks/library/statements');
const golden = path.resolve(import.meta.dirname, '../../../engine/testdata/golden/personas');

/** Enough for masks: half of them are held out. */
const FEW = 8;
/** Twenty seconds where nothing else runs; a machine that does ten things at once needs ten times as long. */
const RUN_MS = 500_000;
vi.setConfig({ testTimeout: RUN_MS + 60_000 });

let browser: Browser;
let context: BrowserContext;
let visit: Visit;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'masque-calibrate-'));
  browser = await startBrowser();
  context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  visit = await Visit.to(inject('origin'), context);
  await visit.ready();
  await visit.button('Calibrate').click();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await visit.fine();
  await browser.close();
});

const statements = (pole: 0 | 1): Locator =>
  visit.page.getByRole('textbox', { name: /^Statements, one a line/ }).nth(pole);
const undo = (): Locator =>
  visit.page.getByRole('region', { name: 'Statements' }).getByRole('button', { name: 'Undo' });
const progress = (): Locator => visit.page.getByRole('progressbar', { name: 'Finding the masks' });
const result = (): Locator => visit.page.getByRole('region', { name: 'The persona' });

/** The golden set's first statements, as files that the command line reads too. */
function files(): [plus: string, minus: string] {
  const [plus, minus] = ['extravert', 'introvert'].map((pole) => {
    const file = path.join(folder, `${pole}.txt`);
    const lines = readFileSync(path.join(golden, `${pole}.txt`), 'utf8').split('\n');
    writeFileSync(file, lines.slice(0, FEW).join('\n'));
    return file;
  });
  return [plus ?? '', minus ?? ''];
}

interface Document {
  units: Record<'plus' | 'minus', unknown> & { layers: number[] };
  statements: { sha256: string };
  evidence: { tests: { name: string }[]; controls?: { name: string; auc: { draws?: number[] } }[] };
}

async function saved(): Promise<Document> {
  const download = visit.page.waitForEvent('download');
  await result().getByRole('button', { name: 'Save file' }).click();
  return JSON.parse(readFileSync(await (await download).path(), 'utf8')) as Document;
}

test('a ready set fills both editors; what confounds statements is told beside them; all can be undone', async () => {
  await visit.page
    .getByRole('combobox', { name: 'Start from a ready set' })
    .selectOption({ label: 'Extraversion: sentences' });
  await expect
    .poll(() => statements(0).inputValue())
    .toBe(readFileSync(path.join(library, 'extraversion/plus.txt'), 'utf8').trim());
  await visit.page
    .getByText(/^1\d\d statements$/)
    .first()
    .waitFor();
  expect(await visit.page.getByRole('textbox', { name: 'Plus pole is called' }).inputValue()).toMatch(
    /^extravert$/i,
  );

  await statements(0).fill('I am never late.\nI am never late.\nI never shout.');
  await visit.page.getByText(/1 statement is repeated in the extravert pole/i).waitFor();
  await visit.page.getByText(/The extravert pole has 2 statements: below 20/i).waitFor();
  await visit.page.getByText(/100 % of the extravert and \d+ % of the introvert statements/i).waitFor();
  expect(await visit.button('Find the masks').isDisabled()).toBe(true);

  await visit.button('Clear').click();
  expect(await statements(1).inputValue()).toBe('');
  await undo().click();
  expect(await statements(0).inputValue()).toContain('I never shout.');
  expect(await undo().isDisabled(), 'there was nothing before').toBe(true);
  await visit.button('Clear').click(); // the words too

  // A set that can't be fetched is told where it was chosen.
  await context.setOffline(true);
  await visit.page
    .getByRole('combobox', { name: 'Start from a ready set' })
    .selectOption({ label: 'Formality: sentences' });
  await visit.page
    .getByRole('region', { name: 'Statements' })
    .getByRole('alert')
    .filter({ hasText: "These statements can't be fetched" })
    .waitFor();
  await context.setOffline(false);
});

/** Leaving the page would be asked about. */
const asksToStay = (): Promise<boolean> =>
  visit.page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));

test('a persona of the library is not measured on the set that it was made from', async () => {
  const subject = result().getByRole('combobox', { name: 'Persona to look at' });
  await subject.selectOption({ label: 'Extraversion' });
  const set = result().getByRole('combobox', { name: 'Take a ready set to test on' });
  const measure = result().getByRole('button', { name: 'Measure' });
  await set.selectOption({ label: 'Extraversion: sentences' });
  await result()
    .getByText(/^\d+ of these statements are of the set that the masks were made from/)
    .waitFor();
  expect(await measure.isDisabled()).toBe(true);
  await set.selectOption({ label: 'Extraversion: questionnaire items' });
  await expect.poll(() => measure.isEnabled(), { timeout: 30_000 }).toBe(true);
  expect(await result().getByText('Nothing here tells').count()).toBe(0);
  await subject.selectOption('');
});

test('files are dropped or picked into an editor, and refused by their name', async () => {
  const [plus, minus] = files();
  for (const [pole, file] of [plus, minus].entries()) {
    const chooser = visit.page.waitForEvent('filechooser');
    await visit.page
      .getByRole('region', { name: 'Statements' })
      .getByRole('button', { name: 'Open a file' })
      .nth(pole)
      .click();
    await (await chooser).setFiles(file);
  }
  await expect.poll(() => statements(1).inputValue()).toBe(readFileSync(minus, 'utf8'));
  await visit.page.getByText(`${FEW} statements`, { exact: true }).nth(1).waitFor();

  await drop([77, 0], 'odd.bin');
  await visit.page.getByText('odd.bin is no text of statements').waitFor();
  expect(await statements(0).inputValue()).toBe(readFileSync(plus, 'utf8'));

  // A table that says whose a row is goes into both, and comes out of both.
  await drop([...Buffer.from('statement,pole\nI sing.,minus\nI hum.,plus\n')], 'both.csv');
  await visit.page.getByText('both.csv has both poles').waitFor();
  await expect.poll(() => statements(0).inputValue()).toBe('I hum.');
  expect(await statements(1).inputValue()).toBe('I sing.');
  await undo().click();
  await expect.poll(() => statements(0).inputValue()).toBe(readFileSync(plus, 'utf8'));
  expect(await statements(1).inputValue()).toBe(readFileSync(minus, 'utf8'));

  function drop(bytes: number[], name: string): Promise<void> {
    return statements(0).evaluate(
      (box, file) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(file.bytes)], file.name));
        for (const type of ['dragover', 'drop'])
          box.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
      },
      { bytes, name },
    );
  }
});

test('the time is told before, a run stops within a batch and loses nothing', async () => {
  await visit.page
    .getByText(/^Takes about .* by a short measurement just now\.$/)
    .waitFor({ timeout: RUN_MS });
  await visit.button('Find the masks').click();
  await progress().waitFor();
  await visit.status.filter({ hasText: 'Calibrating' }).waitFor();
  expect(await asksToStay()).toBe(true);
  await visit.button('Stop').click();
  await visit.page.getByText('Stopped. Your statements are as they were.').waitFor({ timeout: RUN_MS });
  await visit.ready();
  expect(await asksToStay()).toBe(false);
  expect(await statements(0).inputValue()).toContain('\n');
});

test('the masks are those that the command line finds, and come with their evidence', async () => {
  const [plus, minus] = files();
  await visit.page.getByRole('textbox', { name: 'Plus pole is called' }).fill('extravert');
  await visit.page.getByRole('textbox', { name: 'Minus pole is called' }).fill('introvert');
  const out = path.join(folder, 'native.persona.json');
  const program = process.env['MASQUE_BIN'] ?? path.resolve(import.meta.dirname, '../../../bin/masque');
  const model = process.env['MASQUE_MODEL'];
  if (!model)
    throw new Error('MASQUE_MODEL must name the GGUF file that the site has: ./build.sh model prints it');
  await visit.button('Find the masks').click();
  await progress().waitFor({ timeout: RUN_MS });
  await progress().waitFor({ state: 'hidden', timeout: RUN_MS });
  await run(program, ['calibrate', '-model', model, '-plus', plus, '-minus', minus, '-seed', '1', '-o', out]);
  const region = result();
  await region.getByRole('heading', { name: 'extravert – introvert' }).waitFor();
  expect(await region.innerText()).toMatch(/label “extravert” more likely.*of 100 pairs/);
  expect(await region.innerText()).not.toMatch(/is (an )?(extra|intro)vert/i);
  await region.getByRole('img', { name: /^Unseen statements: AUC .*\(\..* to /s }).waitFor();

  const here = await saved();
  const there = JSON.parse(readFileSync(out, 'utf8')) as Document;
  expect(here.statements).toEqual(there.statements);
  // The arithmetic is the same to the bit, and so are the masks and what was measured of them.
  expect(here.units).toEqual(there.units);
  expect(here.evidence.tests).toEqual(there.evidence.tests);
});

test('controls are measured when they are asked for, and stand beside the masks', async () => {
  const region = result();
  for (const name of ['Label-shuffled masks: how many', 'Random masks: how many'])
    await region.getByRole('spinbutton', { name }).fill('1');
  for (const name of ['A prompt', 'Label-shuffled masks'])
    await region.getByRole('checkbox', { name }).uncheck();
  await region.getByRole('button', { name: 'Measure' }).click();
  await region
    .getByRole('img', { name: /^Random masks of the same size \(control\)/ })
    .waitFor({ timeout: RUN_MS });
  await visit.ready();
  const { evidence } = await saved();
  expect(evidence.controls?.map((c) => [c.name, c.auc.draws?.length])).toEqual([
    ['Random masks of the same size', 1],
  ]);
});

test('the persona is worn in the Playground, and carried on by a link', async () => {
  await result().getByRole('button', { name: 'Copy link to this persona' }).click();
  await result().getByText('Copied').first().waitFor();
  const link = await visit.page.evaluate(() => navigator.clipboard.readText());
  await result().getByRole('button', { name: 'Try it in the Playground' }).click();
  expect(await visit.persona('A').locator('option:checked').innerText()).toBe('extravert');
  expect(await visit.persona('B').locator('option:checked').innerText()).toBe('introvert');
  await visit.set('Longest reply', 16);
  await visit.say('What do you do on a free evening?');
  expect(await visit.reply('A')).not.toBe('');
  await visit
    .region('A')
    .getByRole('button', { name: /^Evidence/ })
    .click();
  const dialog = visit.page.getByRole('dialog');
  await dialog.getByRole('img', { name: /^Random masks of the same size \(control\)/ }).waitFor();
  await visit.page.keyboard.press('Escape');

  const other = await Visit.to(inject('origin'), await browser.newContext(), new URL(link).hash);
  await other.page.getByText('extravert – introvert is in both panes.').waitFor({ timeout: 60_000 });
  await other.context.close();
});

test('a reload brings back statements, persona and evidence', async () => {
  await visit.page.waitForTimeout(600); // what a visit leaves is written when things are quiet
  await visit.page.reload();
  await visit.ready();
  await visit.button('Calibrate').click();
  expect(await statements(0).inputValue()).toBe(readFileSync(files()[0], 'utf8'));
  await result()
    .getByRole('img', { name: /^Random masks of the same size \(control\)/ })
    .waitFor();
  await visit.page.getByText('On the statements held out for the test').waitFor();
  await result().getByRole('button', { name: 'Remove' }).click();
  // The keyboard stays where the way back is, and comes back with it.
  const focused = result().locator(':focus');
  expect(await focused.innerText()).toBe('Undo');
  await focused.press('Enter');
  await result().getByRole('heading', { name: 'extravert – introvert' }).waitFor();
  expect(await focused.innerText()).toBe('Try it in the Playground');
  await result().getByRole('button', { name: 'Remove' }).click();
  expect(await result().getByRole('heading', { name: 'extravert – introvert' }).count()).toBe(0);
  const subject = result().getByRole('combobox', { name: 'Persona to look at' });
  expect(await subject.locator('option:checked').innerText()).toBe('Choose a persona …');
});
