/** How recipes and controls are told apart: one colour and one shape each, the same in every plot. */
import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  type SymbolType,
} from 'd3-shape';
import { node, type SvgNode } from './node';

export interface Series {
  /** What people read. */
  name: string;
  /** Of the style sheet: its colour. */
  style: string;
  symbol: SymbolType;
}

const recipes: Readonly<Record<string, Series>> = {
  units: { name: 'Units', style: 'series-units', symbol: symbolCircle },
  tilt: { name: 'Tilt', style: 'series-tilt', symbol: symbolSquare },
  wanda: { name: 'Wanda', style: 'series-wanda', symbol: symbolTriangle },
  'contrastive-wanda': { name: 'Contrastive Wanda', style: 'series-contrastive', symbol: symbolDiamond },
  'contrastive-sparse': { name: 'Contrastive sparse', style: 'series-sparse', symbol: symbolWye },
};
const other: Series = { name: 'Another recipe', style: 'series-other', symbol: symbolStar };

const shuffled: Series = { name: 'Control: labels shuffled', style: 'control', symbol: symbolCross };
const random: Series = { name: 'Control: random mask', style: 'control', symbol: symbolStar };

export function seriesOf(kind: string, recipe: string): Series {
  if (kind === 'shuffled') return shuffled;
  if (kind === 'random' || recipe === 'random') return random;
  return Object.hasOwn(recipes, recipe) ? (recipes[recipe] ?? other) : other;
}

/** The path of a mark of so many square pixels, round 0, 0. */
export function shapeOf(series: Series, area = 72): string {
  return symbol(series.symbol, area).digits(1)() ?? '';
}

/** A row of shapes with their names, broken where the width ends. Returns how high it is. */
export function legend(series: readonly Series[], width: number): { node: SvgNode; height: number } {
  const ROW = 20;
  let x = 0;
  let row = 0;
  const entries = series.map((s) => {
    const room = 22 + 7.2 * s.name.length;
    if (x > 0 && x + room > width) {
      x = 0;
      row++;
    }
    const entry = node(
      'g',
      { transform: `translate(${Math.round(x) + 8},${row * ROW + 8})` },
      node('path', { class: `mark ${s.style}`, d: shapeOf(s) }),
      node('text', { x: 12, y: 4 }, s.name),
    );
    x += room;
    return entry;
  });
  return { node: node('g', { class: 'legend' }, ...entries), height: (row + 1) * ROW };
}
