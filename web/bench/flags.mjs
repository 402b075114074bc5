// The benchmark's flags, in Go's way of writing them, as masque has it. ./build.sh bench runs this file by itself before
// it builds anything.
import { parseArgs } from 'node:util';

const usage = `usage: ./build.sh bench [flags]

Measures the page's engine beside other engines in the same Chromium and prints medians and ratios. Everything takes
an hour on two cores, -quick six minutes.

  -quick          one repetition, isolated, beside the strongest other engine only
  -json FILE      write versions, figures and ratios there, too
  -runs N         counted repetitions (5; with -quick 1)
  -workers 1,2    so many workers
  -only LIST      some of masque,wllama-2,wllama-3
  -all            repeat those engines, too, that the first repetition shows to be slower in everything
  -busy CORES     throw a repetition away while other processes take more (0.1)
`;

/** The flags that were given; ends the process where they are wrong or help is asked for. */
export function readFlags() {
  try {
    return parse();
  } catch (error) {
    process.stderr.write(`bench: ${error.message}; ./build.sh bench -help lists the flags\n`);
    process.exit(2);
  }
}

function parse() {
  const args = process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z]{2})/, '--'));
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'string' },
      quick: { type: 'boolean' },
      all: { type: 'boolean' },
      runs: { type: 'string' },
      only: { type: 'string' },
      busy: { type: 'string' },
      workers: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const runs = Number(values.runs ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`-runs ${values.runs}: give a whole number from 1`);
  const counts = (values.workers ?? '1,2').split(',').map(Number);
  if (!counts.every((n) => Number.isInteger(n) && n > 0))
    throw new Error(`-workers ${values.workers}: give numbers, with commas`);
  const settings = counts.map((workers) => ({ workers, isolated: true }));
  if (!values.quick && counts.includes(1)) settings.push({ workers: 1, isolated: false });
  const kinds = ['masque', 'wllama-2', 'wllama-3'];
  const only = values.only?.split(',') ?? (values.quick ? kinds.slice(0, 2) : kinds);
  const unknown = only.find((kind) => !kinds.includes(kind));
  if (unknown !== undefined) throw new Error(`-only ${unknown}: there are ${kinds.join(', ')}`);
  const busy = Number(values.busy ?? 0.1);
  if (!(busy >= 0)) throw new Error(`-busy ${values.busy}: give a number of cores`);
  return { json: values.json, quick: values.quick, all: values.all, runs, settings, only, busy };
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) readFlags();
