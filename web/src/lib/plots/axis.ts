/** Axes: ticks with their labels, a grid behind the marks, and a title that says the unit. */
import { at, node, type SvgNode } from './node';

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Tick {
  /** In pixels. */
  place: number;
  label: string;
}

/** Leaves out ticks that would come closer than so many pixels to the one before. */
export function spaced(ticks: readonly Tick[], pixels: number): Tick[] {
  const kept: Tick[] = [];
  for (const tick of ticks) {
    const last = kept.at(-1);
    if (!last || Math.abs(tick.place - last.place) >= pixels) kept.push(tick);
  }
  return kept;
}

export function horizontal(frame: Frame, ticks: readonly Tick[], title: string): SvgNode {
  const middle = (frame.left + frame.right) / 2;
  return node(
    'g',
    { class: 'axis' },
    ...ticks.flatMap(({ place, label }) => [
      node('line', { class: 'grid', x1: at(place), x2: at(place), y1: frame.top, y2: frame.bottom }),
      node('text', { x: at(place), y: frame.bottom + 16, 'text-anchor': 'middle' }, label),
    ]),
    node('text', { class: 'title', x: at(middle), y: frame.bottom + 36, 'text-anchor': 'middle' }, title),
  );
}

export function vertical(frame: Frame, ticks: readonly Tick[], title: string): SvgNode {
  return node(
    'g',
    { class: 'axis' },
    ...ticks.flatMap(({ place, label }) => [
      node('line', { class: 'grid', x1: frame.left, x2: frame.right, y1: at(place), y2: at(place) }),
      node('text', { x: frame.left - 8, y: at(place + 4), 'text-anchor': 'end' }, label),
    ]),
    node('text', { class: 'title', x: 4, y: frame.top - 12 }, title),
  );
}
