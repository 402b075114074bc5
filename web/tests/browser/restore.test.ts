/** A long conversation that an earlier visit has left: what is in view, where it stays, what is read out. */
import type { Browser, Locator, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { turnsShape } from '../../src/lib/turn.svelte';
import { DEFAULTS } from '../../src/lib/sampling';
import { startBrowser, Visit } from './visit';

/** As the page kept it before a turn could have several versions of its replies. */
type Kept = Omit<ReturnType<typeof turnsShape>[number], 'others' | 'place'>[];

const TURNS = 12;

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** High, but few tokens for the model to read again. */
const text = (n: number): string => `Yes, ${n}.\n\n- one\n- two\n- three\n- four\n- five\n\nNo.`;

function conversation(): Kept {
  const reply = (n: number): Kept[number]['replies']['A'] => ({
    state: 'done',
    text: text(n),
    through: { persona: null, pole: 'plus', strength: 0, name: 'No persona' },
    tokens: Array.from({ length: 60 }, (_, i) => ({ text: `${i} `, kl: (i % 7) / 10 })),
    prefill: { done: 9, total: 9 },
    reason: 'stop',
    tokensPerSecond: 80,
    count: 60,
  });
  return Array.from({ length: TURNS }, (_, i) => ({
    text: `Question ${i + 1}`,
    settings: { ...DEFAULTS },
    seed: 1,
    model: null,
    replies: { A: reply(i + 1), B: reply(i + 1) },
  }));
}

const layouts = [
  ['side by side', 1440, 900, true],
  ['one at a time', 360, 740, false],
] as const;

/** Slow enough to come when the turns are there. */
async function slowly(route: Route): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await route.continue();
}

/**
 * Opens the page of a visitor who was here before. Without anchors, the browser leaves all scrolling to the page.
 * `markup` is how that which shows it comes.
 */
async function back(width: number, height: number, anchors: boolean, markup = slowly): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width, height } });
  if (!anchors)
    await context.addInitScript(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('* { overflow-anchor: none !important }');
      document.adoptedStyleSheets.push(sheet);
    });
  const origin = inject('origin');
  const before = await context.newPage();
  await before.goto(`${origin}/model/manifest.json`); // of the same origin, without the page's program
  await before.evaluate(
    (entries) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('keyval-store');
        opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('keyval'));
        opening.addEventListener('error', () => reject(new Error('no database')));
        opening.addEventListener('success', () => {
          const transaction = opening.result.transaction('keyval', 'readwrite');
          for (const [key, value] of entries) transaction.objectStore('keyval').put(value, key);
          transaction.addEventListener('complete', () => resolve());
        });
      }),
    [
      ['conversation', conversation()],
      ['settings', { ...DEFAULTS, maxTokens: 48 }],
    ] as [string, unknown][],
  );
  await before.close();
  await context.addInitScript(() => {
    // What a screen reader would be told of.
    const told: string[] = [];
    new MutationObserver((changes) => {
      for (const { target, addedNodes } of changes)
        if (target instanceof Element && target.closest('[role=log][aria-live=polite]'))
          told.push(...Array.from(addedNodes, (node) => node.textContent ?? ''));
    }).observe(document, { childList: true, subtree: true });
    Object.assign(globalThis, { told });
  });
  await context.route(/\/markdown-/, markup);
  return Visit.to(origin, context);
}

/** Waits until what was kept is there, with as many of its list's items as have their markup. */
async function restored(visit: Visit, items = 5 * TURNS): Promise<void> {
  await visit.ready();
  await expect.poll(() => visit.page.getByRole('article').count(), { timeout: 30_000 }).toBe(2 * TURNS);
  await expect
    .poll(() => visit.log.B.getByRole('article').getByRole('listitem').count(), { timeout: 30_000 })
    .toBe(items);
  for (const log of [visit.log.A, visit.log.B])
    await expect.poll(() => log.getAttribute('aria-live')).toBe('polite');
}

/** What was added to the logs while they were live. */
function announced(visit: Visit): Promise<string[]> {
  return visit.page.evaluate(() =>
    (globalThis as unknown as { told: string[] }).told.filter((words) => words.trim() !== ''),
  );
}

/** What scrolls: the panes together, or each by itself. */
function scrollers(visit: Visit, wide: boolean): Locator[] {
  return wide ? [visit.page.getByRole('group', { name: 'Chats' })] : [visit.log.A, visit.log.B];
}

/** How far what is in view is from the end. */
function below(scroller: Locator): Promise<number> {
  return scroller.evaluate((e) => e.scrollHeight - e.clientHeight - e.scrollTop);
}

test.each(layouts)('%s: the end is in view, and nothing is read out', async (_name, width, height, wide) => {
  const visit = await back(width, height, false);
  for (const again of [false, true]) {
    if (again) await visit.page.reload();
    await restored(visit);
    expect(await announced(visit), 'nothing of it is new').toEqual([]);
    for (const scroller of scrollers(visit, wide)) {
      expect(await scroller.evaluate((e) => e.scrollHeight / e.clientHeight)).toBeGreaterThan(3);
      await expect.poll(() => below(scroller)).toBeLessThan(2);
    }
  }
  await visit.fine();
  await visit.context.close();
});

test('what was there is not read out again when its markup comes late', async () => {
  let gone = true;
  const visit = await back(1440, 900, true, (route) => (gone ? route.abort() : route.continue()));
  await restored(visit, 0);
  gone = false;
  await visit.say('And then?');
  await visit.log.B.getByRole('article').first().getByRole('listitem').first().waitFor();
  const told = (await announced(visit)).join('\n');
  expect(told).toContain('And then?');
  expect(told).not.toContain('Yes, 7.');
  await visit.context.close();
});

test.each(layouts)(
  '%s: replies are followed, until the reader goes up',
  async (_name, width, height, wide) => {
    const visit = await back(width, height, true);
    await restored(visit);
    const [first, ...others] = scrollers(visit, wide);
    if (!first) throw new Error('nothing scrolls');
    await visit.say('And then?');
    expect((await announced(visit)).join('\n')).toContain('And then?');
    for (const scroller of [first, ...others]) await expect.poll(() => below(scroller)).toBeLessThan(2);

    await first.hover();
    await visit.page.mouse.wheel(0, -600);
    await expect.poll(() => below(first)).toBeGreaterThan(598);
    const place = await first.evaluate((e) => e.scrollTop);
    await visit.say('And then?');
    expect(await visit.page.getByRole('article').count()).toBe(2 * (TURNS + 2));
    expect(await first.evaluate((e) => e.scrollTop)).toBe(place);
    // A pane that nobody has scrolled goes on.
    for (const other of others) await expect.poll(() => below(other)).toBeLessThan(2);
    await visit.fine();
    await visit.context.close();
  },
);

test.each(layouts)(
  '%s: earlier replies are looked at by keyboard; they are not read out, and nothing pressed moves away',
  async (_name, width, height, wide) => {
    const visit = await back(width, height, true);
    await restored(visit);
    expect(await visit.button('Earlier replies').count()).toBe(0);
    await visit.button('Regenerate').click();
    await visit.replied();
    // Where one chat is in view, each has the way to them.
    expect(await visit.button('Earlier replies').count()).toBe(wide ? 1 : 2);
    const earlier = visit.region('A').getByRole('button', { name: 'Earlier replies' });
    const later = visit.region('A').getByRole('button', { name: 'Later replies' });
    const which = visit.log.A.getByRole('group', { name: 'Replies to this message' }).getByRole('status');
    expect(await which.innerText()).toMatch(/^Replies\s+2 of 2$/);
    expect(await later.isDisabled()).toBe(true);
    const other = [await visit.reply('A'), await visit.reply('B')];
    const told = await announced(visit);

    await earlier.press('Enter');
    expect(await which.innerText()).toMatch(/^Replies\s+1 of 2$/);
    for (const pane of ['A', 'B'] as const) expect(await visit.reply(pane)).toMatch(/^Yes, 12\.\s+one\s/);
    expect(await later.evaluate((button) => button === document.activeElement)).toBe(true);
    for (const log of [visit.log.A, visit.log.B])
      await expect.poll(() => log.getAttribute('aria-live')).toBe('polite');
    expect(await announced(visit)).toEqual(told);
    await visit.page.keyboard.press('Enter');
    expect([await visit.reply('A'), await visit.reply('B')]).toEqual(other);

    // The conversation goes on with what is shown, whatever of it is looked at later.
    for (const scroller of scrollers(visit, wide))
      await scroller.evaluate((e) => e.scrollTo({ top: e.scrollHeight, behavior: 'instant' }));
    await visit.say('And then?');
    for (const scroller of scrollers(visit, wide)) await expect.poll(() => below(scroller)).toBeLessThan(2);
    await earlier.focus();
    const place = (await earlier.boundingBox())?.y;
    await visit.page.keyboard.press('Enter');
    expect(await which.innerText()).toMatch(/^Replies\s+1 of 2\s*\. The conversation went on with 2\.$/);
    await visit.page.waitForTimeout(300); // for whoever would scroll
    expect((await earlier.boundingBox())?.y).toBeCloseTo(place ?? 0, 0);
    if (wide) {
      const copy = visit.region('A').getByRole('button', { name: 'Copy reply A' }).first();
      await copy.focus();
      const head = await visit.region('A').locator('.head').first().boundingBox();
      expect((await copy.boundingBox())?.y, 'not under the head').toBeGreaterThanOrEqual(
        (head?.y ?? 0) + (head?.height ?? 0),
      );
    }
    await visit.page.reload();
    await visit.ready();
    await expect.poll(() => which.innerText()).toMatch(/^Replies\s+2 of 2$/);
    await visit.fine();
    await visit.context.close();
  },
);
