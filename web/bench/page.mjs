// Measures the page as a visitor meets it, in a headless Chromium with an empty profile:
//
//   ./build.sh cli && ./build.sh web && node web/bench/page.mjs [--variant baseline] [--runs 3]
//
// For each run: the time from opening the page to Ready, cold (the model comes from the server on this machine) and
// warm (from the browser's storage); the speed of two replies in one pass, as the page tells it; and
// the proportional set size of the renderer that holds the engine after that. Prints medians and the spread.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '../..');
const { values: flags } = parseArgs({
  options: { variant: { type: 'string', default: 'relaxed' }, runs: { type: 'string', default: '3' } },
});
if (!['relaxed', 'baseline'].includes(flags.variant) || !(Number(flags.runs) > 0)) {
  console.error('usage: page.mjs [--variant relaxed|baseline] [--runs N]');
  process.exit(2);
}

const question = 'What would you like to do this weekend?';
const server = spawn(path.join(root, 'bin/masque'), [
  'serve',
  '-addr',
  '127.0.0.1:0',
  '-dir',
  path.join(root, 'web/dist'),
]);
process.on('exit', () => server.kill());
const url = await new Promise((resolve, reject) => {
  let out = '';
  const read = (chunk) => {
    out += chunk;
    const found = /http:\/\/\S+/.exec(out);
    if (found) resolve(found[0]);
  };
  server.stdout.on('data', read);
  server.stderr.on('data', read);
  server.on('exit', () => reject(new Error(`masque serve ended: ${out}`)));
});

const results = [];
for (let run = 0; run < Number(flags.runs); run++) results.push(await measure());
for (const name of Object.keys(results[0])) {
  const all = results.map((result) => result[name]).toSorted((a, b) => a - b);
  const median = all[Math.floor(all.length / 2)];
  process.stdout.write(
    `${name.padEnd(36)} ${median.toFixed(1).padStart(8)}   (${all[0].toFixed(1)} to ${all.at(-1).toFixed(1)})\n`,
  );
}
process.exit(0);

async function measure() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'masque-bench-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROME || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ].concat(['--disable-component-update', '--disable-sync']),
  });
  try {
    // A browser without relaxed SIMD validates no module that uses it (FD xx 02): the page then takes the baseline
    // program.
    if (flags.variant === 'baseline') {
      await context.route(/worker.*\.js$/, async (route) => {
        const response = await route.fetch();
        const body = `{const v=WebAssembly.validate;WebAssembly.validate=(b)=>!b.some((x,i)=>x===253&&b[i+2]===2)&&v(b);}\n${await response.text()}`;
        await route.fulfill({ response, body });
      });
    }
    const page = await context.newPage();
    const cold = await ready(page);
    const warm = await ready(page);
    await page.getByRole('textbox', { name: 'Message' }).fill(question);
    await page.getByRole('button', { name: 'Send' }).click();
    await page
      .getByRole('button', { name: 'Stop' })
      .and(page.locator(':disabled'))
      .waitFor({ timeout: 120_000 });
    const speeds = [];
    for (const pane of ['A', 'B']) {
      const text = await page.getByRole('region', { name: `Chat ${pane}` }).innerText();
      speeds.push(Number(/([\d.]+) tokens\/s/.exec(text)?.[1]));
    }
    return {
      'ready, cold (s)': cold,
      'ready, warm (s)': warm,
      'two replies, pane A (tokens/s)': speeds[0],
      'two replies, pane B (tokens/s)': speeds[1],
      'renderer PSS (MiB)': pss(profile),
    };
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

/** Opens the page and returns the seconds until it says Ready. */
async function ready(page) {
  const start = performance.now();
  await page.goto(url);
  await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor({ timeout: 180_000 });
  return (performance.now() - start) / 1000;
}

/** The largest renderer of the browser with this profile, in MiB. */
function pss(profile) {
  let most = 0;
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!command.includes('--type=renderer')) continue;
      const parents = ancestors(pid).some((p) =>
        fs.readFileSync(`/proc/${p}/cmdline`, 'utf8').includes(profile),
      );
      if (!parents) continue;
      const size = /^Pss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
      if (size) most = Math.max(most, Number(size[1]) / 1024);
    } catch {
      // The process is gone.
    }
  }
  return most;
}

function ancestors(pid) {
  const all = [];
  for (let p = pid; Number(p) > 1;) {
    p = /^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${p}/status`, 'utf8'))?.[1] ?? '1';
    all.push(p);
  }
  return all;
}
