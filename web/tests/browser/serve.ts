/** Serves web/dist with the real `masque serve` for all browser tests, and finds the browser, or says what is missing. */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    origin: string;
    chrome: string;
  }
}

const web = path.resolve(import.meta.dirname, '../..');

export default async function setup(project: TestProject): Promise<() => void> {
  project.provide('chrome', findBrowser());
  const program = process.env['MASQUE_BIN'] ?? path.join(web, '../bin/masque');
  const site = path.join(web, 'dist');
  for (const needed of [program, path.join(site, 'index.html'), path.join(site, 'model/manifest.json')])
    if (!existsSync(needed)) throw new Error(`${needed} is missing: run ./build.sh web first`);
  const server = spawn(program, ['serve', '-addr', '127.0.0.1:0', '-dir', site], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  project.provide('origin', await address(server));
  return () => void server.kill();
}

/** CHROME, or one that is installed under a usual name. */
function findBrowser(): string {
  const named = process.env['CHROME'];
  const names = named ? [named] : ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  for (const name of names) {
    const folders = path.isAbsolute(name) ? [''] : (process.env['PATH'] ?? '').split(path.delimiter);
    const found = folders.map((dir) => path.join(dir, name)).find(runs);
    if (found) return found;
  }
  throw new Error(
    named
      ? `CHROME names ${named}, which can't be run: set it to a Chromium or Chrome.`
      : 'No Chromium was found: install the package chromium, or set CHROME to a Chromium or Chrome.',
  );
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The address that `masque serve` prints when it listens. */
async function address(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error('masque serve has no output');
  for await (const line of createInterface(server.stdout)) {
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url) {
      server.stdout.resume();
      return url;
    }
  }
  throw new Error('masque serve ended without an address');
}
