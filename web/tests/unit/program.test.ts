/** The program's files, from a real server or from none. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { compile, Program, type Code } from '../../src/lib/worker/program';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** The address of a server that answers so. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The address of a server that is gone. */
async function gone(): Promise<string> {
  const base = await serve(() => {});
  for (const end of ends.splice(0)) end();
  return base;
}

const GONE = "The engine can't be fetched: the network or the server is gone.";

test('without a network that is what is told, whole', async () => {
  const base = await gone();
  await expect(compile(base, 'auto')).rejects.toThrow(new Error(GONE));
  const code = { variant: 'baseline', module: null as never, base } satisfies Code;
  const hooks = { event() {}, crashed() {}, lonely() {} };
  await expect(Program.start(code, { buffer: null, rank: 0, size: 1 }, hooks)).rejects.toThrow(
    new Error(GONE),
  );
});

test.each(['application/wasm', 'application/octet-stream'])(
  'a server that goes while it sends %s is gone',
  async (type) => {
    const base = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': type, 'Content-Length': 100 });
      response.write('\0asm', () => response.destroy());
    });
    await expect(compile(base, 'baseline')).rejects.toThrow(new Error(GONE));
  },
);

test('a server that has no such file is told of by its answer', async () => {
  const base = await serve((_request, response) => response.writeHead(404).end());
  await expect(compile(base, 'relaxed')).rejects.toThrow(
    new Error("The engine can't be fetched: the server answers HTTP 404."),
  );
});

test('a file that has arrived is compiled, whatever the server says it is', async () => {
  const empty = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  for (const type of ['application/wasm', 'text/plain']) {
    const base = await serve((_request, response) =>
      response.writeHead(200, { 'Content-Type': type }).end(empty),
    );
    expect((await compile(base, 'baseline')).module).toBeInstanceOf(WebAssembly.Module);
  }
});
