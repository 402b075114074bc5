/** A browser and the page in it, in the words of the tests. */
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';

/** A load of 98 MB and its arithmetic on a busy machine with two cores. */
const LOAD_MS = 120_000;
const REPLY_MS = 120_000;

export async function startBrowser(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: inject('chrome'),
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Nothing but this machine can be reached.
      '--host-resolver-rules=MAP masque.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ...more,
    ],
  });
}

export class Visit {
  /** What the page did that it should not: errors, refusals by the policy, requests to other hosts. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    origin: string,
  ) {
    context.on('request', (request) => {
      const url = request.url();
      if (!/^(data|blob):/.test(url) && !url.startsWith(origin)) this.complaints.push(`a request to ${url}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`an error: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy|Uncaught/i.test(message.text())) this.complaints.push(message.text());
    });
  }

  /** Opens the page; prepare gets it before it is there. */
  static async to(
    origin: string,
    context: BrowserContext,
    hash = '',
    prepare: (page: Page) => void = () => {},
  ): Promise<Visit> {
    const visit = new Visit(await context.newPage(), context, origin);
    prepare(visit.page);
    await visit.page.goto(`${origin}/${hash}`);
    return visit;
  }

  get status(): Locator {
    return this.page.getByRole('banner').getByRole('status');
  }

  get message(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get log(): { A: Locator; B: Locator } {
    return { A: this.region('A').getByRole('log'), B: this.region('B').getByRole('log') };
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  region(pane: 'A' | 'B'): Locator {
    return this.page.getByRole('region', { name: `Chat ${pane}` });
  }

  persona(pane: 'A' | 'B'): Locator {
    return this.page.getByRole('combobox', { name: `Persona ${pane}` });
  }

  strength(pane: 'A' | 'B'): Locator {
    return this.page.getByRole('slider', { name: `Strength ${pane}` });
  }

  /** The words of the last reply. */
  async reply(pane: 'A' | 'B'): Promise<string> {
    return this.region(pane).getByRole('article').last().locator('.text').innerText();
  }

  async ready(): Promise<void> {
    try {
      await this.status.filter({ hasText: 'Ready' }).waitFor({ timeout: LOAD_MS });
    } catch (cause) {
      const shown = await this.page.locator('body').innerText();
      throw new Error(`The page did not become ready. It says:\n${shown}\n${this.complaints.join('\n')}`, {
        cause,
      });
    }
  }

  /** Waits for a status that is not Ready, then for Ready. */
  async replied(): Promise<void> {
    await this.status.filter({ hasText: /Reading|Writing/ }).waitFor();
    await this.status.filter({ hasText: 'Ready' }).waitFor({ timeout: REPLY_MS });
  }

  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await this.message.press('Enter');
    await this.replied();
  }

  async set(label: string, value: number): Promise<void> {
    const details = this.page.locator('details', { hasText: 'Sampling' });
    if (!(await details.evaluate((d: HTMLDetailsElement) => d.open)))
      await details.locator('summary').click();
    await this.page.getByRole('spinbutton', { name: label }).fill(String(value));
    await this.page.getByRole('spinbutton', { name: label }).press('Tab');
    await details.locator('summary').click();
  }

  /** Nothing to complain about, and nothing wider than the window. */
  async fine(): Promise<void> {
    expect(this.complaints).toEqual([]);
    expect(
      await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    ).toBeLessThanOrEqual(0);
  }
}
