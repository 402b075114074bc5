// What the benchmark's browser is served: the built page, the engines that it is compared with, and the model as one
// file for those that take it so. One server with cross-origin isolation, one without.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Serves folders and files by the first part of the path; resolves to the origin. */
export async function serve(mounts, isolated) {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://bench');
    const [, mount = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const target = mounts[mount];
    const file = target && (rest.length > 0 ? path.join(target, ...rest) : target);
    const inside = file && (file === target || file.startsWith(target + path.sep));
    let info = null;
    try {
      info = inside ? fs.statSync(file) : null;
    } catch {
      // There is no such file.
    }
    if (!info?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const headers = {
      'Content-Type': types[path.extname(file)] ?? 'application/octet-stream',
      'Content-Length': info.size,
      'Last-Modified': info.mtime.toUTCString(),
      'Cache-Control': 'no-cache',
      ...(isolated ? isolation : {}),
    };
    if (request.headers['if-modified-since'] === headers['Last-Modified']) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, headers);
    if (request.method === 'HEAD') response.end();
    else fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
