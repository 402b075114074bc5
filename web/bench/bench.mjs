// Our page's engine against other engines in the same Chromium; ./build.sh bench prepares what it needs and runs it.
//
// The engines take turns (A B A B …), each in a tab of its own. A repetition counts when other processes took at most
// a tenth of a core (-busy) meanwhile; else it is thrown away and done again. Every figure is the median of the
// counted repetitions after one that warms up. An engine that the first of them shows to be far behind another peer in
// everything takes no part in the rest (-all: it does): it would take most of the time, and has no say in the ratios.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Browser, flags as chromeFlags, pss } from './browser.mjs';
import { readFlags } from './flags.mjs';
import { makePrompt } from './prompts.mjs';
import { report } from './report.mjs';
import { weight } from './weight.mjs';
import { serve } from './site.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const options = readFlags();
const models = { q4: process.env.MASQUE_MODEL, q8: process.env.MASQUE_BENCH_Q8 };
if (!models.q4 || !models.q8)
  throw new Error(
    'MASQUE_MODEL and MASQUE_BENCH_Q8 name the model in Q4_1 and in Q8_0: run ./build.sh bench',
  );

/** So often is a repetition tried before the machine is called too busy. */
const TRIES = 8;

/** A peer that reaches less than this of the best peer's speed is behind: machines drift by less within minutes. */
const BEHIND = 0.7;

const DECODE = 64;
/** So many statements are in a calibration, of each pole. */
const STATEMENTS = 40;
const CONTEXT = 1152; // of the peers: 1,000 tokens and a reply

const dist = path.join(root, 'web/dist');
const workerFile = fs.readdirSync(path.join(dist, 'assets')).find((name) => /^worker-.*\.js$/.test(name));
if (!workerFile) throw new Error('web/dist holds no page: run ./build.sh web first');
const mounts = {
  page: path.join(root, 'web/bench/page'),
  dist,
  'wllama-2': path.join(root, 'web/bench/node_modules/wllama-2'),
  'wllama-3': path.join(root, 'web/bench/node_modules/wllama-3'),
  'q4_1.gguf': models.q4,
  'q8_0.gguf': models.q8,
};
const sites = { isolated: await serve(mounts, true), open: await serve(mounts, false) };

const engines = [
  { name: 'masque', kind: 'masque' },
  ...['wllama-2', 'wllama-3'].flatMap((kind) =>
    (options.quick ? ['Q8_0'] : ['Q8_0', 'Q4_1']).map((file) => ({
      name: `${version(kind)} ${file}`,
      kind,
      file,
    })),
  ),
].filter((engine) => options.only.includes(engine.kind));

const statements = { plus: firstLines('plus'), minus: firstLines('minus') };
const results = [];
let browserVersion = '';
let failure = null;
try {
  for (const setting of options.settings) await measure(setting);
} catch (error) {
  failure = error; // what was measured before is half an hour's work
}
for (const { close } of Object.values(sites)) close();

const facts = {
  date: new Date().toISOString(),
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
  chromium: browserVersion,
  flags: chromeFlags,
  versions: {
    masque: commit(),
    node: process.version,
    'wllama-2': version('wllama-2'),
    'wllama-3': version('wllama-3'),
  },
  model: { default: path.basename(models.q4), q8_0: path.basename(models.q8) },
  runs: options.runs,
  weight: weight(dist),
};
const text = report(facts, results);
process.stdout.write(text.table);
if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(text.json, null, 2)}\n`);
if (failure) process.stderr.write(`bench: it ended early: ${failure.message}\n`);
process.exit(failure ? 1 : 0);

/** All engines at one number of workers, with or without cross-origin isolation. */
async function measure(setting) {
  say(
    `${setting.workers} worker${setting.workers > 1 ? 's' : ''}, ${setting.isolated ? '' : 'not '}isolated`,
  );
  const rows = engines
    .filter((engine) => setting.isolated || engine.kind !== 'wllama-3')
    .map((engine) => ({ engine, setting, values: {}, others: [], facts: {} }));
  results.push(...rows);
  for (let run = 0; run < options.runs; run++) for (const row of rows) await starting(row);

  const browser = await Browser.start();
  try {
    browserVersion = browser.version;
    const prompts = await makePrompts(browser);
    browser.newRenderer();
    for (const row of rows) {
      row.page = await browser.tab(`${originFor(setting)}/page/index.html`);
      row.facts = await row.page.evaluate((s) => window.bench.load(s), loadOf(row));
      row.pid = browser.newRenderer();
      if (row.facts.isolated !== setting.isolated) throw new Error('the isolation is not what was asked for');
    }
    for (let run = -1; run < options.runs; run++) {
      say(`  repetition ${run + 1} of ${options.runs}`);
      for (const row of rows.filter(({ behind }) => !behind)) {
        await row.page.bringToFront();
        const set = (offset) => prompts[(run + 1) * 4 + offset];
        const reply = (...args) => repeat(browser, row, ...args);
        const short = await reply(set(0), DECODE, true);
        const prefill = await reply(set(1), 1, true);
        const chat = await reply(set(2), 1, true);
        const deep = await reply(prompts[3], DECODE, false);
        const two = row.engine.kind === 'masque' ? await reply(set(0), DECODE, true, true) : null;
        if (run < 0) continue;
        add(row, 'decode', rate(short.wrote - 1, short.decode));
        add(row, 'prefill', rate(prefill.read, prefill.first));
        add(row, 'first', chat.first);
        add(row, 'decode_1000', rate(deep.wrote - 1, deep.decode));
        if (two) add(row, 'two', rate(short.wrote - 1, short.decode) / rate(two.wrote - 1, two.decode));
      }
      if (run === 0 && !options.all) for (const row of rows) row.behind = isBehind(row, rows);
    }
    for (const row of rows) if (pss(row.pid)) add(row, 'memory', pss(row.pid));
    for (const row of rows) if (row.engine.kind === 'masque') await calibration(browser, row);
  } finally {
    await browser.close();
  }
  for (const row of rows) delete row.page;
}

/** Whether a peer is so far behind another in everything that no repetition would make it the fastest. */
function isBehind(row, rows) {
  const peers = rows.filter(({ engine }) => engine.kind !== 'masque');
  return (
    peers.includes(row) &&
    [
      ['decode', 1],
      ['decode_1000', 1],
      ['prefill', 1],
      ['first', -1], // a time
    ].every(([key, sign]) => {
      const score = ({ values }) => values[key][0] ** sign;
      return score(row) < BEHIND * Math.max(...peers.map(score));
    })
  );
}

/** From the start of the navigation until the engine can reply: with an empty profile, then again. */
async function starting(row) {
  const browser = await Browser.start();
  try {
    for (const name of ['cold', 'warm']) {
      const page = await browser.tab(`${originFor(row.setting)}/page/index.html`);
      const { sinceNavigation } = await page.evaluate((s) => window.bench.load(s), loadOf(row));
      add(row, name, sinceNavigation / 1000);
      await page.close();
    }
    if (row.engine.kind === 'masque') await wholePage(browser, row);
  } finally {
    await browser.close();
  }
}

/**
 * The page itself, as a visitor meets it the second time: until it says Ready, and the longest task of its main thread
 * from there to the end of two replies.
 */
async function wholePage(browser, row) {
  const url = `${originFor(row.setting)}/dist/index.html?workers=${row.setting.workers}`;
  const visit = async () => {
    const start = performance.now();
    const page = await browser.tab(url);
    await says(page, 'Ready');
    return { page, seconds: (performance.now() - start) / 1000 };
  };
  await (await visit()).page.close();
  const { page, seconds } = await visit();
  add(row, 'page', seconds);
  await page.evaluate(() => {
    window.longestTask = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries())
        window.longestTask = Math.max(window.longestTask, duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.getByRole('textbox', { name: 'Message' }).fill('What would you like to do this weekend?');
  await page.getByRole('button', { name: 'Send' }).click();
  await says(page, /Reading|Writing/);
  await says(page, 'Ready');
  add(row, 'task', await page.evaluate(() => window.longestTask));
  await page.close();
}

/**
 * Waits for a word of the page's status line. By a selector, not by its role: roles are computed of every element, on
 * the thread whose tasks are measured.
 */
function says(page, hasText) {
  return page.locator('[role=status]', { hasText }).first().waitFor({ timeout: 180_000 });
}

/** One reply while others keep still. */
async function repeat(browser, row, prompt, tokens, fresh, both) {
  const result = await quietly(browser, row, () =>
    row.page.evaluate((args) => window.bench.reply(...args), [prompt, tokens, fresh, both]),
  );
  if (result.wrote < tokens / 2)
    throw new Error(`${row.engine.name} wrote ${result.wrote} tokens of ${tokens}: nothing to measure`);
  return result;
}

/** Repeats an action until other processes keep still meanwhile. */
async function quietly(browser, row, action) {
  for (let attempt = 1; ; attempt++) {
    const { result, others } = await browser.watch(action);
    if (others === null || others <= options.busy) return result;
    row.discarded = (row.discarded ?? 0) + 1;
    if (attempt === TRIES)
      throw new Error(
        `other processes took ${others.toFixed(2)} of a core, ${TRIES} times: measure on a quiet machine`,
      );
  }
}

/** Making a persona with its evidence, as often as replies are counted. */
async function calibration(browser, row) {
  await row.page.bringToFront();
  for (let run = 0; run < options.runs; run++) {
    say(`  calibration ${run + 1} of ${options.runs}`);
    const { made, seconds, estimate, phases } = await quietly(browser, row, () =>
      row.page.evaluate((args) => window.bench.calibrate(...args), [statements.plus, statements.minus]),
    );
    add(row, 'calibration', made);
    add(row, 'evidence', seconds);
    add(row, 'estimate', estimate);
    row.phases ??= {};
    for (const [what, ms] of Object.entries(phases)) (row.phases[what] ??= []).push(ms / 1000);
  }
}

/** The prompts of all repetitions: short, 256 tokens, a chat of 60, and the deep one, which stays the same. */
async function makePrompts(browser) {
  const page = await browser.tab(`${sites.open.origin}/page/index.html`);
  await page.evaluate((s) => window.bench.load(s), {
    kind: 'wllama-2',
    library: `${sites.open.origin}/wllama-2`,
    model: `${sites.open.origin}/q4_1.gguf`,
    workers: 1,
    context: CONTEXT,
  });
  const tokenize = (words) => page.evaluate((w) => window.bench.tokenize(w), words);
  const all = [];
  for (let run = 0; run <= options.runs; run++)
    for (const [i, n] of [40, 256, 60, 1000].entries())
      all.push(i === 3 && run > 0 ? all[3] : await makePrompt(tokenize, n, run * 17 + i * 5));
  await page.close();
  return all;
}

function loadOf({ engine, setting }) {
  const origin = originFor(setting);
  return engine.kind === 'masque'
    ? {
        kind: engine.kind,
        worker: `${origin}/dist/assets/${workerFile}`,
        base: `${origin}/dist/`,
        workers: setting.workers,
      }
    : {
        kind: engine.kind,
        library: `${origin}/${engine.kind}`,
        model: `${origin}/${engine.file.toLowerCase()}.gguf`,
        workers: setting.workers,
        context: CONTEXT,
      };
}

function firstLines(pole) {
  const file = path.join(root, 'masks/library/statements/extraversion', `${pole}.txt`);
  return fs.readFileSync(file, 'utf8').split('\n').slice(0, STATEMENTS);
}

function originFor(setting) {
  return (setting.isolated ? sites.isolated : sites.open).origin;
}

/** Things a second, from the milliseconds that n of them took. */
function rate(n, ms) {
  return (1000 * n) / ms;
}

function add(row, name, value) {
  (row.values[name] ??= []).push(value);
}

function version(kind) {
  const { name, version: number } = JSON.parse(
    fs.readFileSync(path.join(root, 'web/bench/node_modules', kind, 'package.json'), 'utf8'),
  );
  return `${name.replace('@wllama/', '')} ${number}`;
}

function commit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
