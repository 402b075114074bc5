/** Personas that a visitor brings: by file, by drop, by link, whole and broken. */
import { readFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startBrowser, Visit } from './visit';

let browser: Browser;
let context: BrowserContext;
let visit: Visit;
/** The library's persona, as its own Save file gives it. */
let saved: Record<string, unknown>;

beforeAll(async () => {
  browser = await startBrowser();
  context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  visit = await Visit.to(inject('origin'), context);
  await visit.ready();
  const download = visit.page.waitForEvent('download');
  await more('Save file of persona A');
  const file = await download;
  expect(file.suggestedFilename()).toBe('extraversion.persona.json');
  saved = JSON.parse(await readFile(await file.path(), 'utf8')) as Record<string, unknown>;
});
afterAll(async () => {
  await visit.fine();
  await browser.close();
});

async function more(name: string): Promise<void> {
  const action = visit.region('A').getByRole('button', { name });
  if (!(await action.isVisible())) await visit.page.getByLabel('More for persona A').click();
  await action.click();
}

async function pick(name: string, content: string): Promise<void> {
  const chooser = visit.page.waitForEvent('filechooser');
  await more('Open a persona file');
  await (await chooser).setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) });
}

function renamed(name: string): string {
  return JSON.stringify({ ...saved, name });
}

const alert = (words: string | RegExp) => visit.page.getByRole('alert').filter({ hasText: words });

async function options(): Promise<string[]> {
  return visit
    .persona('A')
    .locator('optgroup')
    .evaluateAll((groups) => groups.map((g) => (g as HTMLOptGroupElement).label));
}

test('a picked file goes into the gallery and both panes, and stays for the next visit', async () => {
  await pick('quiet.persona.json', renamed('Quietness'));
  await visit.page.getByText('Quietness is in both panes.').waitFor();
  expect(await options()).toEqual(expect.arrayContaining(['Extraversion', 'Quietness']));
  expect(await visit.persona('A').inputValue()).toMatch(/^plus /);
  expect(await visit.persona('B').inputValue()).toMatch(/^minus /);
  const chosen = await visit.persona('A').inputValue();
  await visit.page.waitForTimeout(600);
  await visit.page.reload();
  await visit.ready();
  expect(await options()).toEqual(expect.arrayContaining(['Extraversion', 'Quietness']));
  expect(await visit.persona('A').inputValue()).toBe(chosen);
  await visit.set('Longest reply', 16);
  await visit.say('Hello');
  expect(await visit.reply('A')).not.toBe('');
});

test('two personas become one, which talks and stays', async () => {
  await more('Combine two personas');
  const dialog = visit.page.getByRole('dialog', { name: 'Combine two personas' });
  await dialog.getByLabel('Persona A').selectOption({ label: 'Extravert' });
  const other = dialog.getByLabel('Persona B').locator('optgroup[label="Quietness"] option').first();
  await dialog.getByLabel('Persona B').selectOption((await other.getAttribute('value')) ?? '');
  await dialog.getByLabel('Strength A').fill('0.7');
  await dialog.getByLabel('Strength B').fill('0');
  await dialog.getByRole('button', { name: 'Combine' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'at strength 0' }).waitFor();
  await dialog.getByLabel('Strength B').fill('0.4');
  await dialog.getByRole('button', { name: 'Combine' }).click();
  await visit.page.getByText('Extraversion + Quietness is in both panes.').waitFor();
  expect(await options()).toContain('Extraversion + Quietness');
  await visit.say('Hello again');
  expect(await visit.reply('A')).not.toBe('');

  const download = visit.page.waitForEvent('download');
  await more('Save file of persona A');
  const file = JSON.parse(await readFile(await (await download).path(), 'utf8')) as Record<string, unknown>;
  expect(file).toMatchObject({ version: 2, kind: 'together', together: { parts: [{ strength: 0.7 }, {}] } });
  expect(file['parents']).toMatchObject([{ name: 'Extraversion' }, { name: 'Quietness' }]);
});

test('a dropped file works as well', async () => {
  const content = renamed('Dropped');
  await visit.page.evaluate((body) => {
    const data = new DataTransfer();
    data.items.add(new File([body], 'dropped.persona.json'));
    for (const type of ['dragover', 'drop'])
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }),
      );
  }, content);
  await visit.page.getByText('Dropped is in both panes.').waitFor();
  expect(await options()).toContain('Dropped');
});

test.each([
  ['no JSON', 'hello', /JSON|persona/],
  ['another document', '{"format":"something-else"}', /persona/],
  ['a persona of a later version', () => JSON.stringify({ ...saved, version: 99 }), /version/],
  ['a broken mask', () => JSON.stringify({ ...saved, units: { layers: [20, 29] } }), /unit|mask|persona/i],
])('%s is refused with a sentence, and nothing changes', async (_name, content, words) => {
  const before = [await options(), await visit.persona('A').inputValue()];
  await pick('wrong.persona.json', typeof content === 'string' ? content : content());
  await alert(words).waitFor();
  expect([await options(), await visit.persona('A').inputValue()]).toEqual(before);
  await visit.button('Dismiss').last().click();
});

test("another model's persona names the model that is meant and cannot be chosen", async () => {
  const foreign = { name: 'Other-1B', arch: 'llama', digest: 'f'.repeat(64) };
  await pick('foreign.persona.json', JSON.stringify({ ...saved, name: 'Foreign', model: foreign }));
  await alert('Other-1B').waitFor();
  expect(await options()).toContain('Foreign (for another model)');
  const disabled = await visit
    .persona('A')
    .locator('optgroup', { has: visit.page.locator('option[disabled]') })
    .getAttribute('label');
  expect(disabled).toBe('Foreign (for another model)');
  await visit.button('Dismiss').last().click();
});

test('a file that is neither persona nor model is named', async () => {
  await pick('big.json', 'x'.repeat(33 << 20));
  await alert('big.json is neither a persona (.persona.json) nor a model (.gguf).').waitFor();
  await visit.button('Dismiss').last().click();
});

test('a link carries the persona to another visitor', async () => {
  await visit
    .persona('A')
    .selectOption({ label: 'Extravert' })
    .catch(() => {});
  await more('Copy link to persona A');
  await visit
    .region('A')
    .getByText(/^Copied: \d+,\d+ characters, which some messengers cut\./)
    .first()
    .waitFor();
  const link = await visit.page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#p=[\w-]+$/);
  const hash = new URL(link).hash;
  expect(hash.length).toBeLessThan(32_768); // up to 4,800 units a pole, and their evidence

  const other = await Visit.to(inject('origin'), await browser.newContext(), hash);
  await other.page.getByText('Extraversion is in both panes.').waitFor({ timeout: 60_000 });
  await other.ready();
  // The library has this very persona: it comes once.
  expect(await other.persona('A').locator('optgroup[label="Extraversion"]').count()).toBe(1);
  // What is chosen afterwards is what a reload brings back.
  await other.persona('A').selectOption({ label: 'None' });
  await other.page.waitForTimeout(600);
  await other.page.reload();
  await other.ready();
  expect(await other.persona('A').locator('option:checked').innerText()).toBe('None');
  await other.fine();
  await other.context.close();
});

test('a broken link is told, until the address is another', async () => {
  const other = await Visit.to(inject('origin'), await browser.newContext(), '#p=nonsense');
  await other.page.getByRole('alert').filter({ hasText: 'The link in the address is damaged' }).waitFor();
  await other.ready();
  expect(await other.persona('A').locator('option:checked').innerText()).toBe('Extravert');
  await other.button('Dismiss').click();
  expect(new URL(other.page.url()).hash).toBe('');
  await other.page.evaluate(() => void (location.hash = '#p=worse'));
  await other.page.getByRole('alert').waitFor();
  await other.page.goBack();
  await other.page.getByRole('alert').waitFor({ state: 'detached' });
  await other.context.close();
});

test("a link to another model's persona leaves the panes when the model is there, and says why", async () => {
  const foreign = { name: 'Other-1B', arch: 'llama', digest: 'e'.repeat(64) };
  const document = JSON.stringify({ ...saved, name: 'Stranger', model: foreign });
  const hash = `#p=${deflateRawSync(document).toString('base64url')}`;
  const other = await Visit.to(inject('origin'), await browser.newContext(), hash);
  await other.ready();
  await other.page.getByRole('alert').filter({ hasText: 'Other-1B' }).waitFor();
  for (const pane of ['A', 'B'] as const)
    expect(await other.persona(pane).locator('option:checked').innerText()).toBe('None');
  expect(await other.region('A').innerText()).toContain(
    'No mask: Stranger was made for another model (Other-1B).',
  );
  expect(await other.persona('A').locator('optgroup').last().getAttribute('label')).toBe(
    'Stranger (for another model)',
  );
  await other.fine();
  await other.context.close();
});
