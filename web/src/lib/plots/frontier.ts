/**
 * The frontier of a study: how well each setting separates held-out statements, against what it costs. Up and to the
 * left is better. Controls are grey; the line joins the masks that nothing beats at their cost.
 */
import { scaleLinear, scaleLog, type ScaleLinear, type ScaleLogarithmic } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { share } from '../numbers';
import { costOf, type StudyRecord } from '../study';
import { horizontal, spaced, vertical, type Frame, type Tick } from './axis';
import { at, node, type SvgNode } from './node';
import { legend, seriesOf, shapeOf, type Series } from './series';

/** Beyond this perplexity ratio a model is broken, and by how much matters little: such marks stand in a strip apart. */
export const BROKEN = 4;
/** How far right of the axis the strip's middle is. */
const STRIP = 36;
/** More masks than this and their intervals would hide them. */
const FEW = 60;

export interface FrontierOptions {
  width: number;
  height: number;
  /** Where the statements come from, for the axis: "development" or "test". */
  on: string;
}

export interface Frontier {
  root: SvgNode;
  /** The records in the order of their marks: from cheap to dear. */
  order: number[];
}

/** Indices of the masks that no other beats: each separates better than all that cost as little or less. */
export function pareto(records: readonly StudyRecord[]): number[] {
  let best = -Infinity;
  return byCost(records).filter((i) => {
    const record = records[i];
    if (record?.kind !== 'mask' || record.auc.value <= best) return false;
    best = record.auc.value;
    return true;
  });
}

/** Indices from cheap to dear, the better of equals first. */
function byCost(records: readonly StudyRecord[]): number[] {
  return records
    .map((record, i) => ({ i, cost: costOf(record), auc: record.auc.value }))
    .toSorted((a, b) => a.cost - b.cost || b.auc - a.auc || a.i - b.i)
    .map(({ i }) => i);
}

export function frontier(records: readonly StudyRecord[], options: FrontierOptions): Frontier {
  const { width, height } = options;
  const key = legend(seriesIn(records), width - 8);
  const costs = records.map(costOf);
  const broken = costs.some((c) => c > BROKEN);
  const frame: Frame = {
    left: 40,
    right: width - (broken ? 64 : 16),
    top: key.height + 34,
    bottom: height - 46,
  };
  const sound = costs.filter((c) => c <= BROKEN);
  const x = scaleLog()
    .domain([Math.min(0.98, ...sound), Math.max(1.1, ...sound.map((c) => c * 1.02))])
    .range([frame.left, frame.right]);
  const lowest = Math.min(0.4, ...records.map((record) => record.auc.value));
  const y = scaleLinear()
    .domain([Math.floor(lowest * 10) / 10, 1])
    .range([frame.bottom, frame.top]);
  const marks = records.map((record, i) => {
    const c = costs[i] ?? 1;
    return {
      record,
      series: seriesOf(record.kind, record.recipe),
      x: at(c > BROKEN ? frame.right + STRIP : x(c)),
      y: at(y(record.auc.value)),
      number: 0,
    };
  });
  const order = byCost(records);
  order.forEach((i, number) => {
    const mark = marks[i];
    if (mark) mark.number = number;
  });

  const best = pareto(records).flatMap((i) => {
    const mark = marks[i];
    return mark && costOf(mark.record) <= BROKEN ? [[mark.x, mark.y] as [number, number]] : [];
  });
  const last = best.at(-1);
  if (last) best.push([frame.right, last[1]]);

  const masks = marks.filter(({ record }) => record.kind === 'mask');
  const controls = marks.filter(({ record }) => record.kind !== 'mask');
  const root = node(
    'g',
    {},
    node('g', { transform: 'translate(4,2)' }, key.node),
    horizontal(frame, ratioTicks(x), width < ROOMY ? 'Perplexity ratio (×), the worse pole' : RATIO_TITLE),
    vertical(frame, aucTicks(y), `AUC on ${options.on} statements (.5 = chance)`),
    node('line', { class: 'chance', x1: frame.left, x2: frame.right, y1: at(y(0.5)), y2: at(y(0.5)) }),
    ...(broken ? brokenStrip(frame) : []),
    node('path', { class: 'frontier', d: line().curve(curveStepAfter).digits(1)(best) ?? '' }),
    node(
      'g',
      { class: 'whiskers' },
      ...(masks.length > FEW ? [] : masks).flatMap(({ record: { auc }, series, x: cx }) =>
        auc.low === null || auc.high === null
          ? []
          : [
              node('line', {
                class: series.style,
                x1: cx,
                x2: cx,
                y1: at(Math.min(y(auc.low), frame.bottom)),
                y2: at(y(auc.high)),
              }),
            ],
      ),
    ),
    node(
      'g',
      { class: 'marks', role: 'listbox', 'aria-label': 'Measured settings, from cheap to dear' },
      // Controls first, so that no mask is hidden by one. The number is the place in `order`.
      ...[...controls, ...masks].map(({ series, x: cx, y: cy, number }) =>
        node('path', {
          class: `mark ${series.style}`,
          d: shapeOf(series),
          transform: `translate(${cx},${cy})`,
          'data-mark': number,
        }),
      ),
    ),
  );
  return { root, order };
}

/** What the records are of, each once, recipes before controls. */
function seriesIn(records: readonly StudyRecord[]): Series[] {
  const found = new Map(
    records.map((record) => {
      const series = seriesOf(record.kind, record.recipe);
      return [series.name, series];
    }),
  );
  return [...found.values()].toSorted(
    (a, b) => Number(a.style === 'control') - Number(b.style === 'control'),
  );
}

function brokenStrip(frame: Frame): SvgNode[] {
  const middle = frame.right + STRIP;
  return [
    node('rect', {
      class: 'strip',
      x: middle - 20,
      y: frame.top,
      width: 40,
      height: at(frame.bottom - frame.top),
    }),
    node('text', { x: middle, y: frame.bottom + 16, 'text-anchor': 'middle' }, `over ×${BROKEN}`),
  ];
}

const RATIO_TITLE = 'Perplexity ratio on neutral text, the worse pole (×; 1 = unharmed)';
/** From this width on, titles may be long. */
const ROOMY = 480;

const RATIOS = [0.5, 0.7, 0.8, 0.9, 0.95, 1, 1.02, 1.05, 1.1, 1.2, 1.3, 1.5, 1.75, 2, 2.5, 3, 4];

/** 1 always stands, and as many round numbers beside it as have room. */
function ratioTicks(x: ScaleLogarithmic<number, number>): Tick[] {
  const [from = 1, to = 1] = x.domain();
  const ticks = RATIOS.filter((r) => r >= from && r <= to).map((r) => ({
    place: x(r),
    label: `×${Number(r.toFixed(2))}`,
  }));
  const one = ticks.findIndex(({ label }) => label === '×1');
  const below = spaced(ticks.slice(0, one + 1).toReversed(), 44).toReversed();
  return [...below.slice(0, -1), ...spaced(ticks.slice(one), 44)];
}

function aucTicks(y: ScaleLinear<number, number>): Tick[] {
  return y.ticks(6).map((value) => ({ place: y(value), label: share(value, 1) }));
}
