/** What everyone must be able to see and reach: axe, widths, themes, motion, and no other host. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Axe from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Line } from './line';
import { startBrowser, Visit } from './visit';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const study = new URL('../unit/plots/study.jsonl', import.meta.url).pathname;

let browser: Browser;
let line: Line;

beforeAll(async () => {
  browser = await startBrowser();
  line = await Line.to(inject('origin'));
});
afterAll(async () => {
  await browser.close();
  await line.down();
});

/** What axe finds that is serious or worse, with the elements. */
async function faults(visit: Visit): Promise<string[]> {
  // As the page's policy allows no foreign script, axe comes in by the debugger.
  await visit.page.evaluate(axe);
  return visit.page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as { axe: typeof Axe };
    const { violations } = await run.run(document, { resultTypes: ['violations'] });
    return violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join(' | ')}`);
  });
}

async function sound(visit: Visit): Promise<void> {
  expect(await faults(visit)).toEqual([]);
  await visit.fine();
}

const widths = [
  ['wide', 1440, 900],
  ['narrow', 360, 740],
] as const;

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each(widths)('%s (%i px): every state', async (_name, width, height) => {
    line.faults = { slow: 4 };
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const visit = await Visit.to(line.origin, context);
    await visit.page.getByRole('progressbar', { name: 'Loading the model' }).waitFor();
    await sound(visit);
    line.faults = {};
    await visit.ready();
    await sound(visit);

    // Long enough to be looked at while it is written.
    await visit.set('Longest reply', 400);
    await visit.message.fill('Write a long story about a lighthouse and its keeper.');
    await visit.message.press('Enter');
    await visit.status.filter({ hasText: 'Writing' }).waitFor();
    await sound(visit);
    await visit.page.keyboard.press('Escape');
    await visit.ready();
    await visit.set('Longest reply', 48);
    await visit.say('Write a list of three things, each with **bold** and `code`.');
    await visit.page.getByRole('option').first().focus();
    await sound(visit);
    await visit.button('Regenerate').click();
    await visit.replied();
    await visit.button('Earlier replies').first().click();
    await sound(visit);

    await visit.page.locator('summary', { hasText: 'Sampling' }).click();
    await sound(visit);
    await visit.page.locator('summary', { hasText: 'Sampling' }).click();
    await visit
      .region('A')
      .getByRole('button', { name: /^Evidence/ })
      .click();
    await sound(visit);
    await visit.page.keyboard.press('Escape');
    await visit.button('SmolLM2-135M-Instruct').click();
    await sound(visit);
    await visit.page.keyboard.press('Escape');
    await visit.button('Calibrate').click();
    await visit.page
      .getByRole('combobox', { name: 'Start from a ready set' })
      .selectOption({ label: 'Risk taking: sentences' });
    await visit.page
      .getByRole('combobox', { name: 'Persona to look at' })
      .selectOption({ label: 'Extraversion' });
    await visit.page.locator('summary', { hasText: 'Settings and controls' }).click();
    await visit.page.getByRole('spinbutton', { name: 'First layer' }).waitFor();
    await sound(visit);
    await visit.button('How it works').click();
    await sound(visit);
    await visit.button('Lab').click();
    await visit.page.locator('input[type=file][accept*=jsonl]').setInputFiles(study);
    await visit.page.locator('svg [role=option][tabindex="0"]').focus();
    await sound(visit);
    await visit.page.locator('summary', { hasText: 'as a table' }).click();
    await sound(visit);
    await context.close();
  });
});

test.each([320, 480, 759, 760, 1024])('at %i px nothing is wider than the window', async (width) => {
  const context = await browser.newContext({ viewport: { width, height: 640 } });
  const visit = await Visit.to(inject('origin'), context);
  await visit.ready();
  await visit.set('Longest reply', 16);
  await visit.say('A'.repeat(200));
  await visit.fine();
  await context.close();
});

test('on a phone both chats are there: one in view, the other a press, a swipe or a Tab away', async () => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    reducedMotion: 'reduce',
  });
  const visit = await Visit.to(inject('origin'), context);
  await visit.ready();
  await visit.set('Longest reply', 16);
  await visit.say('Hello');
  const choose = visit.page.getByRole('group', { name: 'Chat in view' }).getByRole('button');
  expect(await choose.allInnerTexts()).toEqual([
    expect.stringMatching(/A\s+Extravert/),
    expect.stringMatching(/B\s+Introvert/),
  ]);
  const inView = async (pane: 'A' | 'B'): Promise<void> => {
    await expect.poll(async () => (await visit.region(pane).boundingBox())?.x).toBe(0);
    const pressed = await choose.evaluateAll((all) => all.map((b) => b.getAttribute('aria-pressed')));
    expect(pressed).toEqual(pane === 'A' ? ['true', 'false'] : ['false', 'true']);
    for (const text of [visit.persona(pane), visit.region(pane).getByRole('article')])
      expect((await text.boundingBox())?.y, 'without scrolling').toBeLessThan(844);
  };
  await inView('A');
  expect(await visit.region('B').getByRole('article').count()).toBe(1);
  await choose.nth(1).focus();
  await visit.page.keyboard.press('Enter');
  await inView('B');
  await visit.persona('A').focus();
  await inView('A');
  await visit.page.locator('.panes').evaluate((panes) => panes.scrollBy({ left: panes.clientWidth }));
  await inView('B');
  await visit.fine();
  await visit.page.setViewportSize({ width: 1024, height: 768 });
  await choose.first().waitFor({ state: 'detached' });
  expect((await visit.region('A').boundingBox())?.x).toBe(0);
  expect((await visit.region('B').boundingBox())?.x).toBe(512);
  await context.close();
});

test('axe sees what there is to see', async () => {
  const context = await browser.newContext();
  const visit = await Visit.to(inject('origin'), context);
  await visit.page.evaluate(() => {
    document.querySelector('main')?.append(document.createElement('button'), document.createElement('img'));
  });
  expect(await faults(visit)).toEqual([
    expect.stringMatching(/^button-name:/),
    expect.stringMatching(/^image-alt:/),
  ]);
  await context.close();
});

test('every control is as the tests of others name it', async () => {
  const context = await browser.newContext();
  const visit = await Visit.to(inject('origin'), context);
  await visit.ready();
  for (const name of ['Send', 'Stop', 'Clear', 'Regenerate'])
    expect(await visit.button(name).count()).toBe(1);
  for (const pane of ['A', 'B'] as const) {
    expect(await visit.region(pane).count()).toBe(1);
    expect(await visit.persona(pane).count()).toBe(1);
    expect(await visit.strength(pane).count()).toBe(1);
    expect(await visit.log[pane].getAttribute('aria-live')).toBe('polite');
  }
  expect(await visit.message.count()).toBe(1);
  await context.close();
});

test('whoever wants less motion gets none', async () => {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  line.faults = { slow: 4 };
  const visit = await Visit.to(line.origin, context);
  await visit.page.getByRole('progressbar', { name: 'Loading the model' }).waitFor();
  const running = await visit.page.evaluate(
    () =>
      document
        .getAnimations()
        .filter((a) => a.playState === 'running' && a.effect?.getTiming().iterations === Infinity).length,
  );
  expect(running).toBe(0);
  line.faults = {};
  await context.close();
});

test('the policy stands in the page itself and forbids what it must', async () => {
  const context = await browser.newContext();
  const visit = await Visit.to(inject('origin'), context);
  const policy = await visit.page
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute('content');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/https?:|unsafe-inline|'unsafe-eval'|\*/);
  const refused = await visit.page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
        void fetch('https://example.org/').catch(() => {});
      }),
  );
  expect(refused).toBe('connect-src');
  await context.close();
});
