// The benchmark's figures, as a table for people and as JSON.

const measures = [
  { key: 'decode', title: 'decode 64 (tokens/s)', digits: 1 },
  { key: 'decode_1000', title: 'decode at 1,000 (tokens/s)', digits: 1 },
  { key: 'prefill', title: 'prefill 256 (tokens/s)', digits: 1 },
  { key: 'first', title: 'first token of a chat of 60 (ms)', digits: 0, less: true },
  { key: 'cold', title: 'ready, cold (s)', digits: 2, less: true },
  { key: 'warm', title: 'ready, warm (s)', digits: 2, less: true },
  { key: 'memory', title: 'renderer PSS after use (MiB)', digits: 0, less: true },
  { key: 'page', title: 'the whole page ready, warm (s)', digits: 2, less: true },
  { key: 'task', title: 'longest task of the main thread (ms)', digits: 0, less: true },
  { key: 'two', title: 'two replies at once / one (time)', digits: 2, less: true },
  { key: 'calibration', title: 'masks from 40 + 40 (s)', digits: 1, less: true },
  { key: 'evidence', title: 'the same, with their evidence (s)', digits: 1, less: true },
  { key: 'estimate', title: 'that, as it was foretold (s)', digits: 1, less: true },
];

export function report(facts, rows) {
  const json = { ...facts, settings: [], ratios: {} };
  let table = `${facts.cpu}, ${facts.cores} cores; Chromium ${facts.chromium}; masque ${facts.versions.masque}\n`;
  const names = [...new Set(rows.map((row) => row.engine.name))];
  for (const setting of new Set(rows.map((row) => row.setting))) {
    const here = rows.filter((row) => row.setting === setting);
    const label = `${setting.workers} worker${setting.workers > 1 ? 's' : ''}, ${setting.isolated ? 'isolated' : 'not isolated'}`;
    table += `\n${label.padEnd(36)}${names.map((n) => n.padStart(22)).join('')}      ratio\n`;
    const suffix = `${setting.workers}${setting.isolated ? '' : '_open'}`;
    for (const measure of measures) {
      const cells = names.map((name) => here.find((row) => row.engine.name === name)?.values[measure.key]);
      if (cells.every((values) => !values)) continue;
      const ratio = compare(here, measure);
      table += measure.title.padEnd(36);
      table += cells.map((values) => cell(values, measure.digits).padStart(22)).join('');
      table += `${ratio === null ? '' : ratio.toFixed(2).padStart(11)}\n`;
      if (ratio !== null) json.ratios[`${measure.key}_${suffix}`] = round(ratio);
    }
    for (const { phases } of here)
      if (phases)
        table += `of a calibration: ${Object.entries(phases)
          .map(([what, all]) => `${what} ${spread(all).median.toFixed(1)} s`)
          .join(', ')}\n`;
    const behind = here.filter((row) => row.behind).map((row) => row.engine.name);
    if (behind.length > 0)
      table += `(${behind.join(', ')}: one repetition, behind another engine in everything)\n`;
    const discarded = here.reduce((sum, row) => sum + (row.discarded ?? 0), 0);
    if (discarded > 0) table += `(${discarded} replies were measured again: other processes were busy)\n`;
    json.settings.push({
      ...setting,
      discarded,
      engines: here.map(({ engine, facts: { variant }, values, phases = {} }) => ({
        name: engine.name,
        variant,
        phases: Object.fromEntries(Object.entries(phases).map(([what, all]) => [what, figure(all)])),
        figures: Object.fromEntries(Object.entries(values).map(([key, all]) => [key, figure(all)])),
      })),
    });
  }
  if (facts.weight) {
    const wasm = Object.entries(facts.weight.files).find(([name]) => name.endsWith('.wasm'))?.[1] ?? 0;
    table += `\nThe page before the model, brotli: ${kilobytes(facts.weight.total)}, of which the program ${kilobytes(wasm)}\n`;
  }
  table +=
    '\nMedians, and the spread in brackets. The ratio is masque to the best of the others: larger is better for rates,\n' +
    'smaller for times and memory.\n';
  return { table, json };
}

/** Ours to the best of the others; null where there is nothing to compare. */
function compare(rows, { key, less }) {
  const own = rows.find((row) => row.engine.kind === 'masque')?.values[key];
  const others = rows
    .filter((row) => row.engine.kind !== 'masque' && row.values[key])
    .map((row) => spread(row.values[key]).median);
  if (!own || others.length === 0) return null;
  return spread(own).median / (less ? Math.min(...others) : Math.max(...others));
}

function spread(values) {
  const all = values.toSorted((a, b) => a - b);
  const middle = all.length >> 1;
  const median = all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
  return { median: round(median), low: round(all[0]), high: round(all.at(-1)) };
}

function figure(values) {
  return { ...spread(values), values: values.map(round) };
}

function cell(values, digits) {
  if (!values) return '–';
  const { median, low, high } = spread(values);
  const spreadText = values.length > 1 ? ` (${low.toFixed(digits)}–${high.toFixed(digits)})` : '';
  return `${median.toFixed(digits)}${spreadText}`;
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} kB`;
}

function round(value) {
  return Number(value.toPrecision(5));
}
