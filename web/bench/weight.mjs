// What a first visit downloads of the page before the model, compressed as a server sends it.
import fs from 'node:fs';
import path from 'node:path';

/** Bytes of the built site, by file: what its document names, the worker and the program that it starts. */
export function weight(dist, variant = 'relaxed') {
  const html = fs.readFileSync(path.join(dist, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file);
  const assets = fs.readdirSync(path.join(dist, 'assets'));
  const worker = assets.filter((name) => /^worker-.*\.js$/.test(name)).map((name) => `assets/${name}`);
  const files = [
    'index.html',
    ...named,
    ...worker,
    'sw.js',
    'wasm/wasm_exec.js',
    `wasm/masque.${variant}.wasm`,
  ];
  const sizes = files.map((file) => [file, fs.statSync(path.join(dist, `${file}.br`)).size]);
  return { total: sizes.reduce((sum, [, size]) => sum + size, 0), files: Object.fromEntries(sizes) };
}
