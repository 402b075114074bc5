// Chromium with an empty profile, and what its processes take: their memory, and how busy the rest of the machine is
// meanwhile. Both are read from /proc, so they are known on Linux alone.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

export const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The engines stand in tabs beside each other, and the one at work is not always in front.
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
];

const linux = process.platform === 'linux';
const tick = 1 / 100; // seconds: USER_HZ, the same on every Linux

export class Browser {
  static async start() {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'masque-bench-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROME || '/usr/bin/chromium',
      args: flags,
    });
    return new Browser(profile, context);
  }

  constructor(profile, context) {
    this.profile = profile;
    this.context = context;
    this.known = new Set();
  }

  get version() {
    return this.context.browser()?.version() ?? '';
  }

  async tab(url) {
    const page = await this.context.newPage();
    await page.goto(url);
    return page;
  }

  /** The renderer that has come since the last call: the largest, for a spare one may have come as well. */
  newRenderer() {
    let most = null;
    for (const pid of this.processes()) {
      if (this.known.has(pid) || !commandLine(pid).includes('--type=renderer')) continue;
      const size = pss(pid);
      if (!most || size > most.size) most = { pid, size };
    }
    if (most) this.known.add(most.pid);
    return most?.pid ?? null;
  }

  /** The browser's own processes. */
  processes() {
    if (!linux) return [];
    const parents = new Map();
    let root = null;
    for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const fields = stat(pid);
      if (!fields) continue;
      parents.set(pid, fields.parent);
      const command = commandLine(pid);
      if (command.includes(`--user-data-dir=${this.profile}`) && !command.includes('--type=')) root = pid;
    }
    const below = (pid) => {
      for (let p = pid; p && p !== '0'; p = parents.get(p)) if (p === root) return true;
      return false;
    };
    return root ? [...parents.keys()].filter(below) : [];
  }

  /**
   * Runs an action; others says how many cores were busy with anything but this browser and this program, null where
   * that is not known.
   */
  async watch(action) {
    const before = this.usage();
    const result = await action();
    const after = this.usage();
    const others = linux
      ? Math.max(
          0,
          (after.machine - before.machine - (after.own - before.own)) / (after.clock - before.clock),
        )
      : null;
    return { result, others };
  }

  usage() {
    if (!linux) return { clock: 0, machine: 0, own: 0 };
    const own = [...this.processes(), String(process.pid)].reduce(
      (sum, pid) => sum + (stat(pid)?.ticks ?? 0),
      0,
    );
    const [user, nice, system, , , irq, softirq] = fs
      .readFileSync('/proc/stat', 'utf8')
      .split('\n', 1)[0]
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return {
      clock: performance.now() / 1000,
      machine: (user + nice + system + irq + softirq) * tick,
      own: own * tick,
    };
  }

  async close() {
    await this.context.close();
    fs.rmSync(this.profile, { recursive: true, force: true });
  }
}

/** The proportional set size of a process in MiB; null where it is not known. */
export function pss(pid) {
  if (!linux || !pid) return null;
  try {
    const size = /^Pss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return size ? Number(size[1]) / 1024 : 0;
  } catch {
    return 0; // The process is gone.
  }
}

function commandLine(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** The parent of a process and the time it has taken so far, in ticks. */
function stat(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: fields[1], ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}
