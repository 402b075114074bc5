/** Where a mask's closed units are: a layer a row, a column a head or a group of neurons. */
import { colour, TOP_NATS } from '../divergence';
import { plural } from '../numbers';
import type { Census } from '../protocol';

export interface HeatCell {
  x: number;
  y: number;
  width: number;
  height: number;
  layer: number;
  /** "head 3" or "neurons 96–191". */
  column: string;
  closed: number;
  of: number;
}

export interface HeatMap {
  width: number;
  height: number;
  cells: HeatCell[];
  /** The share of a group that the darkest colour stands for. */
  top: number;
  total: number;
}

const LEFT = 30;
const TOP = 18;
const ROW = 11;
const GAP = 10;

/** Families without a closed unit are left out. `top` makes two maps comparable. */
export function heatMap(census: Census, width: number, top = shareOfFullest(census)): HeatMap {
  const heads = total(census.heads) > 0 || total(census.neurons) === 0 ? (census.heads[0]?.length ?? 0) : 0;
  const groups = total(census.neurons) > 0 ? (census.neurons[0]?.length ?? 0) : 0;
  const gap = heads > 0 && groups > 0 ? GAP : 0;
  const cell = Math.max(6, Math.min(34, (width - LEFT - gap) / Math.max(1, heads + groups)));
  const layers = census.heads.length;
  const cells: HeatCell[] = [];
  for (let layer = 0; layer < layers; layer++) {
    // The last layer is at the top, next to the output.
    const y = TOP + (layers - 1 - layer) * ROW;
    for (let h = 0; h < heads; h++)
      cells.push({
        x: LEFT + h * cell,
        y,
        width: cell,
        height: ROW,
        layer,
        column: `head ${h}`,
        closed: census.heads[layer]?.[h] ?? 0,
        of: census.headSize,
      });
    for (let g = 0; g < groups; g++)
      cells.push({
        x: LEFT + heads * cell + gap + g * cell,
        y,
        width: cell,
        height: ROW,
        layer,
        column: `neurons ${g * census.neuronsEach}–${(g + 1) * census.neuronsEach - 1}`,
        closed: census.neurons[layer]?.[g] ?? 0,
        of: census.neuronsEach,
      });
  }
  return {
    width: Math.ceil(LEFT + (heads + groups) * cell + gap + 2),
    height: TOP + layers * ROW + 4,
    cells,
    top,
    total: total(census.heads) + total(census.neurons),
  };
}

export function shareOfFullest(...all: Census[]): number {
  const fullest = all.flatMap((c) => [
    Math.max(0, ...c.heads.flat()) / c.headSize,
    Math.max(0, ...c.neurons.flat()) / c.neuronsEach,
  ]);
  return Math.max(0.05, ...fullest);
}

export function shade(cell: HeatCell, top: number, dark: boolean): string {
  return colour((cell.closed / cell.of / top) * TOP_NATS, dark);
}

export function cellText(cell: HeatCell): string {
  return `layer ${cell.layer}, ${cell.column}: ${amount(cell.closed)} of ${cell.of} closed`;
}

/** Where most of it is, for people who don't see the map. */
export function heatSentence(census: Census): string {
  const layers = census.heads.map((row, layer) => ({
    layer,
    closed: sum(row) + sum(census.neurons[layer] ?? []),
  }));
  const most = layers
    .toSorted((a, b) => b.closed - a.closed || a.layer - b.layer)
    .filter((l) => l.closed > 0);
  const all = sum(layers.map((l) => l.closed));
  if (all === 0) return 'No unit is closed: this mask prunes weights.';
  const named = most.slice(0, 3).map((l) => `${l.layer} (${amount(l.closed)})`);
  return `${plural(Math.round(all), 'unit')} closed, most of them in layer ${named.join(', ')}.`;
}

function amount(n: number): string {
  return String(Number(n.toFixed(1)));
}

function total(rows: readonly (readonly number[])[]): number {
  return sum(rows.flat());
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
