/** Scenes in links, with the real library: what is copied opens elsewhere, and costs nobody what they have. */
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startBrowser, Visit } from './visit';

const QUESTION = 'What would you do on a free Saturday? 100 %!';

let browser: Browser;
let context: BrowserContext;
let visit: Visit;
/** A link to the first scene, as the page copied it. */
let link: string;

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

async function copied(from: Visit): Promise<string> {
  const button = from.button('Copy link to this scene');
  if (!(await button.isVisible())) await from.page.getByLabel('Share this scene').click();
  await button.click();
  await from.page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  const text = await from.page.evaluate(() => navigator.clipboard.readText());
  await from.page.keyboard.press('Escape');
  return text;
}

const scene = (of: Visit) =>
  of.page.getByRole('status').filter({ hasText: 'The link has set a scene' }).last();

async function setUp(of: Visit): Promise<unknown[]> {
  return [
    ...(await Promise.all(
      (['A', 'B'] as const).flatMap((pane) => [
        of.persona(pane).locator('option:checked').innerText(),
        of.strength(pane).inputValue(),
      ]),
    )),
    await of.message.inputValue(),
  ];
}

test('Copy link gives a short link to what both panes are set to', async () => {
  await visit.persona('A').selectOption({ label: 'Risk-averse' });
  await visit.persona('B').selectOption({ label: 'Optimist' });
  await visit.strength('B').fill('0.35');
  link = await copied(visit);
  expect(link.length).toBeLessThan(200);
  const { origin, hash } = new URL(link);
  expect(origin).toBe(inject('origin'));
  expect(hash).toMatch(
    /^#scene=1&a=minus\+[\d.]+\+[\da-f]{12}\+[\da-f]{12}\+Risk\+taking&b=plus\+0\.35\+.*\+Optimism$/,
  );

  await visit.set('Seed', 7);
  await visit.set('Longest reply', 16);
  await visit.message.fill(QUESTION);
  link = await copied(visit);
  await visit.page.getByLabel('Share this scene').click();
  await visit.page.getByText('Copied: the message that you have typed goes along.').first().waitFor();
  expect(await visit.button(/^Copied/).count()).toBe(1);
  await visit.page.keyboard.press('Escape');
});

test('where the clipboard is denied it copies as well', async () => {
  await visit.page.evaluate(async () => {
    await navigator.clipboard.writeText('before');
    navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));
  });
  expect(await copied(visit)).toBe(link);
});

test('the link sets the scene for a first visit, types the question, and leaves the address', async () => {
  const other = await Visit.to(inject('origin'), await browser.newContext(), new URL(link).hash);
  await scene(other).waitFor({ timeout: 60_000 });
  expect(await scene(other).innerText()).toMatch(
    /The link has set a scene: Risk-averse at \d+ % in A, Optimist at 35 % in B\. It has settings of its own under Sampling\. Its message is typed, not sent\./,
  );
  await other.ready();
  expect(await setUp(other)).toEqual(await setUp(visit));
  expect(await setUp(other)).toMatchObject({ 4: QUESTION, 3: '0.35' });
  expect(new URL(other.page.url()).hash).toBe('');
  expect(await other.log.A.getByRole('article').count(), 'nothing was sent').toBe(0);

  // The same scene, the same replies.
  await Promise.all([visit, other].map((v) => v.message.press('Enter').then(() => v.replied())));
  for (const pane of ['A', 'B'] as const) {
    expect(await other.region(pane).getByRole('article').innerText()).toContain('seed 7');
    expect(await other.reply(pane)).toBe(await visit.reply(pane));
  }
  expect(await scene(other).count(), 'once something is said, there is no way back').toBe(0);
  await other.fine();
  await other.context.close();
});

test('a scene sets what is there aside; Undo brings all of it back', async () => {
  await visit.persona('A').selectOption({ label: 'Playful' });
  await visit.message.fill('Half a thought');
  const before = await setUp(visit);
  const reply = await visit.reply('A');
  await visit.page.evaluate((hash) => void (location.hash = hash), new URL(link).hash);
  await scene(visit).waitFor();
  expect(await scene(visit).innerText()).toContain(
    'Undo brings the conversation back, until something is said.',
  );
  expect(await setUp(visit)).toMatchObject({ 0: 'Risk-averse', 4: QUESTION });
  expect(await visit.log.A.getByRole('article').count()).toBe(0);
  await visit.button('Undo').click();
  expect(await setUp(visit)).toEqual(before);
  expect(await visit.reply('A')).toBe(reply);
  expect(await scene(visit).count()).toBe(0);

  // A tab that is closed over it has lost nothing.
  await visit.page.evaluate((hash) => void (location.hash = hash), new URL(link).hash);
  await scene(visit).waitFor();
  await visit.page.waitForTimeout(600);
  await visit.page.reload();
  await visit.ready();
  expect(await visit.reply('A')).toBe(reply);
  expect(await setUp(visit)).toMatchObject({ 0: 'Risk-averse', 4: QUESTION });
});

test("a persona of one's own goes along; what this site has not is left out, in a sentence", async () => {
  const library = await fetch(`${inject('origin')}/library/extraversion.persona.json`);
  const mine = JSON.stringify({ ...((await library.json()) as object), name: 'Mine' });
  await visit.page.getByLabel('More for persona A').click();
  const chooser = visit.page.waitForEvent('filechooser');
  await visit.region('A').getByRole('button', { name: 'Open a persona file' }).click();
  const file = { name: 'mine.persona.json', mimeType: 'application/json', buffer: Buffer.from(mine) };
  await (await chooser).setFiles(file);
  await visit.page.getByText('Mine is in both panes.').waitFor();
  const own = await copied(visit);
  expect(own.match(/&p=[\w-]{1000,}/g)).toHaveLength(1);

  const hash = new URL(own).hash.replace(/&b=.*/, '&b=plus+0.5+000000000000+111111111111+Gone%3Cb%3E');
  const other = await Visit.to(inject('origin'), await browser.newContext(), hash);
  await scene(other).waitFor({ timeout: 60_000 });
  await other.ready();
  expect(await scene(other).innerText()).toContain(
    'no mask in B. It has settings of its own under Sampling. Its message is typed, not sent. This site has no persona “Gone<b>”, which is left out (pane B).',
  );
  expect((await setUp(other)).slice(0, 2)).toEqual((await setUp(visit)).slice(0, 2));
  expect((await setUp(other))[2]).toBe('None');
  expect(await other.persona('A').locator('optgroup[label="Mine"]').count()).toBe(1);
  await other.say('Hello');
  expect(await other.reply('A')).not.toBe('');
  await other.fine();
  await other.context.close();
});

test.each([
  ['#scene=1&a=none', 'The link in the address is damaged, probably cut short: ask for it again.'],
  ['#scene=2&a=none', 'it is of version 2, and this page knows version 1.'],
  ['#scene=1&temperature=99&a=none&b=none', 'its temperature must be a number from 0 to 2.'],
])('%s is told, changes nothing, and is left by Dismiss', async (hash, words) => {
  const other = await Visit.to(inject('origin'), await browser.newContext(), hash);
  await other.page.getByRole('alert').filter({ hasText: words }).waitFor();
  expect(await setUp(other)).toMatchObject({ 0: 'Extravert', 2: 'Introvert', 4: '' });
  await other.button('Dismiss').click();
  expect(new URL(other.page.url()).hash).toBe('');
  await other.context.close();
});
