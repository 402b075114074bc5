/**
 * The exchange among real threads: each waits where it would in the browser. (Node's worker has no TypeScript, so the
 * module is turned into JavaScript first.)
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { breakOff, makeBuffer } from '../../src/lib/worker/exchange';

const MIB = 1 << 20;
let folder: string;
let member: URL;

/** What a member does: it stands in the worker as text. */
const MEMBER = `
import { parentPort, workerData } from 'node:worker_threads';
import { Exchange } from './exchange.mjs';
const { buffer, rank, size, steps, bytes } = workerData;
const memory = new Uint8Array(bytes);
const exchange = new Exchange(buffer, rank, size, () => memory.buffer, () => {});
try {
  const got = [];
  for (const step of steps) {
    if (step.gather) {
      const { stride, rows, parts } = step.gather;
      const [lo, hi] = parts[rank];
      memory.fill(0);
      for (let row = 0; row < rows; row++)
        for (let i = lo; i < hi; i++) memory[row * stride + i] = (row * 31 + i * 7 + (i >> 12)) & 255;
      exchange.gather(0, stride, rows, lo, hi);
      let wrong = 0;
      for (let row = 0; row < rows; row++)
        for (let i = 0; i < stride; i++)
          if (memory[row * stride + i] !== ((row * 31 + i * 7 + (i >> 12)) & 255)) wrong++;
      got.push(wrong);
    } else if (rank === 0) {
      for (let i = 0; i < step.send; i++) memory[i] = (i * 13 + (i >> 16)) & 255;
      exchange.send(0, step.send);
      got.push(0);
    } else {
      const length = exchange.receive();
      memory.fill(0);
      exchange.take(0);
      let wrong = length === step.send ? 0 : 1;
      for (let i = 0; i < step.send; i++) if (memory[i] !== ((i * 13 + (i >> 16)) & 255)) wrong++;
      got.push(wrong);
    }
  }
  parentPort.postMessage(got);
} catch (cause) {
  parentPort.postMessage(cause.message);
}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masque-exchange-'));
  const source = await readFile(new URL('../../src/lib/worker/exchange.ts', import.meta.url), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(source, { compilerOptions: options });
  await writeFile(join(folder, 'exchange.mjs'), outputText);
  await writeFile(join(folder, 'member.mjs'), MEMBER);
  member = pathToFileURL(join(folder, 'member.mjs'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Gather {
  stride: number;
  rows: number;
  /** [lo, hi) of a row, for each member. */
  parts: [number, number][];
}
type Step = { gather: Gather } | { send: number };

/** How many bytes were wrong in each step, for each member; or the error that ended one. */
function run(
  size: number,
  steps: Step[],
  present = size,
  buffer = makeBuffer(),
): Promise<(number[] | string)[]> {
  const room = steps.map((step) => ('send' in step ? step.send : step.gather.stride * step.gather.rows));
  return Promise.all(
    Array.from({ length: present }, async (_, rank) => {
      const workerData = { buffer, rank, size, steps, bytes: Math.max(...room) };
      const worker = new Worker(member, { workerData });
      try {
        return await new Promise<number[] | string>((resolve, reject) => {
          worker.once('message', resolve).once('error', reject);
        });
      } finally {
        await worker.terminate();
      }
    }),
  );
}

test('parts of rows come together, also where rows are larger than an area', async () => {
  const wide = 9 * MIB + 12;
  const steps: Step[] = [
    {
      gather: {
        stride: 1000,
        rows: 3,
        parts: [
          [0, 300],
          [300, 301],
          [301, 1000],
        ],
      },
    },
    // More rows than an area holds at once.
    {
      gather: {
        stride: MIB,
        rows: 6,
        parts: [
          [0, 10],
          [10, MIB],
          [0, 0],
        ],
      },
    },
    // A row that takes three areas; a part that ends inside of one, and one that has none of the first.
    {
      gather: {
        stride: wide,
        rows: 2,
        parts: [
          [0, 5 * MIB + 3],
          [5 * MIB + 3, 9 * MIB],
          [9 * MIB, wide],
        ],
      },
    },
    {
      gather: {
        stride: 1000,
        rows: 3,
        parts: [
          [0, 300],
          [300, 301],
          [301, 1000],
        ],
      },
    },
  ];
  expect(await run(3, steps)).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('a message reaches all, also one that is larger than an area', async () => {
  const steps: Step[] = [{ send: 17 }, { send: 9 * MIB + 1 }, { send: 8 * MIB }, { send: 3 }];
  expect(await run(3, steps)).toEqual([
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
});

test('who waits for a member that is gone ends with an error', async () => {
  const buffer = makeBuffer();
  const ended = run(3, [{ send: 5 }], 2, buffer);
  breakOff(buffer);
  expect(await ended).toEqual(['a member of the team is gone', 'a member of the team is gone']);
});
