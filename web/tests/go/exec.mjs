// Runs a Go test binary for GOOS=js in Chromium or in Node:
//
//   GOOS=js GOARCH=wasm go test -exec "node $PWD/web/tests/go/exec.mjs chromium" ./engine/...
//   GOOS=js GOARCH=wasm go test -exec "node $PWD/web/tests/go/exec.mjs node" ./engine/...
//
// For binaries built with -tags relaxed, set MASQUE_LINK to the program of wasm/link, which mends their opcodes, and
// build with -ldflags='-s=0 -w=0', since it finds the kernels by name.
//
// In Chromium the binary runs in a dedicated worker, as the page's program does; its file system is this machine's,
// through synchronous requests to the server below, which only this run's secret opens.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [where, binary, ...args] = process.argv.slice(2);
if ((where !== 'node' && where !== 'chromium') || !binary) {
  console.error('usage: exec.mjs node|chromium BINARY [ARGS]');
  process.exit(2);
}
const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
if (process.env.MASQUE_LINK)
  execFileSync(process.env.MASQUE_LINK, ['-relaxed', binary], { stdio: 'inherit' });

if (where === 'node') runInNode();
else await runInChromium();

function runInNode() {
  // local.get 0 three times, i32x4.relaxed_dot_i8x16_i7x16_add_s
  const relaxed = WebAssembly.validate(
    Uint8Array.from([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 0,
      32, 0, 253, 147, 2, 11,
    ]),
  );
  // Node 20 has relaxed SIMD behind a flag, and its baseline compiler gets the instruction wrong when registers run
  // short; the optimising one is right.
  const flags = relaxed ? [] : ['--experimental-wasm-relaxed-simd', '--no-liftoff'];
  const child = spawn(
    process.execPath,
    ['--stack-size=8192', ...flags, path.join(goroot, 'lib/wasm/wasm_exec_node.js'), binary, ...args],
    { stdio: 'inherit' },
  );
  child.on('exit', (code) => process.exit(code ?? 1));
}

async function runInChromium() {
  const { chromium } = await import('playwright-core');
  const secret = `/${randomUUID()}/`;
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const server = http.createServer((request, response) => {
    const body = [];
    request.on('data', (chunk) => body.push(chunk));
    request.on('end', () => {
      if (!request.url.startsWith(secret)) return void response.writeHead(404).end();
      respond(request.url.slice(secret.length), Buffer.concat(body), response, finish);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: process.env.CHROME || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ].concat(['--disable-component-update', '--disable-sync']),
  });
  const page = await browser.newPage();
  page.on('crash', () => finish({ code: 1, message: 'the page crashed' }));
  page.on('pageerror', (error) => finish({ code: 1, message: String(error) }));
  await page.goto(`http://127.0.0.1:${server.address().port}${secret}page.html`);
  const { code, message } = await finished;
  if (message) console.error(message);
  await browser.close();
  server.close();
  process.exit(code);
}

/** The files of the page, and the operations that the binary asks for. */
function respond(name, body, response, finish) {
  const send = (type, data) => response.writeHead(200, { 'content-type': type }).end(data);
  switch (name) {
    case 'page.html':
      return send(
        'text/html',
        '<!doctype html><script>new Worker("worker.js").onerror = (e) => { throw e; };</script>',
      );
    case 'worker.js':
      return send('text/javascript', `(${inWorker})(${JSON.stringify(environment())})`);
    case 'wasm_exec.js':
      return send('text/javascript', fs.readFileSync(path.join(goroot, 'lib/wasm/wasm_exec.js')));
    case 'test.wasm':
      return send('application/wasm', fs.readFileSync(binary));
    case 'exit':
      finish(JSON.parse(body.toString()));
      return send('text/plain', '');
    case 'fs':
      return operate(body, response);
    default:
      response.writeHead(404).end();
  }
}

function environment() {
  const env = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (/^(MASQUE_|GO[A-Z]*$|HOME$|TMPDIR$|PWD$)/.test(key)) env[key] = value;
  }
  return { argv: [binary, ...args], env, cwd: process.cwd(), constants: fs.constants };
}

/**
 * A file operation: a line of JSON, [name, ...arguments], and behind it what is to be written. The answer is bytes
 * read, or JSON; errors come as status 400 with their code.
 */
function operate(body, response) {
  const line = body.indexOf(10);
  const [op, ...given] = JSON.parse(body.subarray(0, line).toString());
  try {
    let result;
    if (op === 'read') {
      const [fd, length, position] = given;
      const buffer = Buffer.alloc(length);
      result = buffer.subarray(0, fs.readSync(fd, buffer, 0, length, position));
    } else if (op === 'write') {
      const [fd, position] = given;
      result = JSON.stringify(fs.writeSync(fd, body.subarray(line + 1), 0, undefined, position));
    } else {
      const value = fs[`${op}Sync`](...given);
      result = JSON.stringify(
        value instanceof fs.Stats ? { ...value, directory: value.isDirectory() } : (value ?? null),
      );
    }
    response.writeHead(200).end(result);
  } catch (error) {
    response.writeHead(400).end(error.code ?? 'EIO');
  }
}

/** Runs in the worker; must not use anything from outside but its argument. */
function inWorker({ argv, env, cwd, constants }) {
  const post = (name, data, binary) => {
    const request = new XMLHttpRequest();
    request.open('POST', name, false);
    if (binary) request.responseType = 'arraybuffer';
    request.send(data);
    return request;
  };
  const encode = (parts, bytes) => new Blob([JSON.stringify(parts), '\n', bytes ?? '']);
  const call = (parts, bytes, binary) => {
    const request = post('fs', encode(parts, bytes), binary);
    if (request.status === 200)
      return binary ? new Uint8Array(request.response) : JSON.parse(request.responseText);
    const code = binary ? new TextDecoder().decode(request.response) : request.responseText;
    throw Object.assign(new Error(code), { code });
  };
  const ask =
    (work) =>
    (...given) => {
      const done = given.pop();
      let result;
      try {
        result = work(...given);
      } catch (error) {
        return void done(error);
      }
      done(null, result);
    };
  const stats = (value) => ({ ...value, isDirectory: () => value.directory });
  const files = {
    constants,
    writeSync: (fd, bytes) => call(['write', fd, null], bytes),
    write: ask((fd, bytes, offset, length, position) =>
      call(['write', fd, position], bytes.subarray(offset, offset + length)),
    ),
    read: ask((fd, into, offset, length, position) => {
      const bytes = call(['read', fd, length, position], undefined, true);
      into.set(bytes, offset);
      return bytes.length;
    }),
  };
  for (const op of ['stat', 'lstat', 'fstat']) files[op] = ask((...given) => stats(call([op, ...given])));
  for (const op of [
    'open',
    'close',
    'mkdir',
    'readdir',
    'rename',
    'rmdir',
    'unlink',
    'fsync',
    'ftruncate',
    'chmod',
  ].concat(['fchmod', 'utimes', 'truncate', 'symlink', 'readlink', 'link']))
    files[op] = ask((...given) => call([op, ...given]));
  globalThis.fs = files;
  globalThis.path = {
    resolve: (...parts) => {
      const out = [];
      const from = parts.findLastIndex((part) => part.startsWith('/'));
      for (const part of (from < 0 ? [cwd, ...parts] : parts.slice(from)).join('/').split('/')) {
        if (part === '..') out.pop();
        else if (part && part !== '.') out.push(part);
      }
      return '/' + out.join('/');
    },
  };
  globalThis.process = {
    getuid: () => 0,
    getgid: () => 0,
    geteuid: () => 0,
    getegid: () => 0,
    getgroups: () => [],
    pid: 1,
    ppid: 0,
    umask: () => 0o22,
    cwd: () => cwd,
    chdir: (to) => void (cwd = globalThis.path.resolve(to)),
  };
  importScripts('wasm_exec.js');
  const go = new globalThis.Go();
  go.argv = argv;
  go.env = env;
  const exit = (code, message) => post('exit', JSON.stringify({ code, message }));
  go.exit = (code) => exit(code);
  fetch('test.wasm')
    .then((response) => WebAssembly.instantiateStreaming(response, go.importObject))
    .then(({ instance }) => go.run(instance))
    .catch((error) => exit(1, String(error)));
}
