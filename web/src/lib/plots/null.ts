/**
 * The null distribution: what masks reach that know nothing of the trait, a dot a draw, with the mask's own dot among
 * them. Dots that would cover each other are stacked.
 */
import { scaleLinear } from 'd3-scale';
import { share } from '../numbers';
import { horizontal, type Frame } from './axis';
import { at, node, type SvgNode } from './node';
import { seriesOf, shapeOf } from './series';

export interface NullDistribution {
  /** The mask's own AUC, with its interval. */
  own: { value: number; low: number | null; high: number | null } | null;
  recipe: string;
  shuffled: readonly number[];
  random: readonly number[];
}

const DOT = 11;
const LANE_GAP = 30;
/** A stack that is higher is cut: its dots overlap instead. */
const MOST_STACKED = 8;

interface Dot {
  x: number;
  /** Dots below it. */
  level: number;
}

/** Places dots from left to right, each on top of those it would cover. */
export function stack(places: readonly number[]): Dot[] {
  const ends: number[] = []; // the right edge of the last dot of each level
  return places
    .toSorted((a, b) => a - b)
    .map((x) => {
      let level = ends.findIndex((end) => x - end >= DOT);
      if (level < 0) level = ends.length < MOST_STACKED ? ends.length : ends.indexOf(Math.min(...ends));
      ends[level] = x;
      return { x, level };
    });
}

export function nullPlot(data: NullDistribution, width: number): { root: SvgNode; height: number } {
  const lanes = [
    { name: 'Labels shuffled', kind: 'shuffled', draws: data.shuffled },
    { name: 'Random masks', kind: 'random', draws: data.random },
  ] as const;
  const everything = [
    ...data.shuffled,
    ...data.random,
    ...(data.own ? [data.own.value, data.own.low ?? data.own.value] : []),
  ];
  const low = Math.min(0.3, ...everything);
  const frame: Frame = { left: 12, right: width - 12, top: 34, bottom: 0 };
  const x = scaleLinear()
    .domain([Math.floor(low * 10) / 10, 1])
    .range([frame.left, frame.right]);
  const controls: SvgNode[] = [];
  let y = frame.top;
  for (const lane of lanes) {
    const dots = stack(lane.draws.map((auc) => x(auc)));
    const levels = Math.max(1, ...dots.map(({ level }) => level + 1));
    const base = y + LANE_GAP + levels * DOT;
    const series = seriesOf(lane.kind, '');
    controls.push(
      node('text', { class: 'lane', x: frame.left, y: at(y + 16) }, laneText(lane.name, lane.draws)),
      ...dots.map((dot) =>
        node('path', {
          class: `mark ${series.style}`,
          d: shapeOf(series, 56),
          transform: `translate(${at(dot.x)},${at(base - (dot.level + 0.5) * DOT)})`,
        }),
      ),
      node('line', { class: 'base', x1: frame.left, x2: frame.right, y1: at(base + 2), y2: at(base + 2) }),
    );
    y = base + 6;
  }
  frame.bottom = Math.round(y + 6);
  const ticks = x.ticks(width < 420 ? 5 : 8).map((value) => ({ place: x(value), label: share(value, 1) }));
  const root = node(
    'g',
    {},
    horizontal(
      frame,
      ticks,
      `AUC on ${width < 480 ? 'unseen statements' : 'statements that no mask was made from'} (.5 = chance)`,
    ),
    node('line', {
      class: 'chance',
      x1: at(x(0.5)),
      x2: at(x(0.5)),
      y1: frame.top,
      y2: frame.bottom,
    }),
    ...(data.own ? ownMark(data.own, data.recipe, x, frame) : []),
    ...controls,
  );
  return { root, height: frame.bottom + 46 };
}

function laneText(name: string, draws: readonly number[]): string {
  if (draws.length === 0) return `${name}: none drawn yet`;
  const mean = draws.reduce((sum, v) => sum + v, 0) / draws.length;
  return `${name}: ${draws.length} drawn, mean ${share(mean)}`;
}

/** A line down through all lanes, with the dot and its interval above them. */
function ownMark(
  own: NonNullable<NullDistribution['own']>,
  recipe: string,
  x: (auc: number) => number,
  frame: Frame,
): SvgNode[] {
  const series = seriesOf('mask', recipe);
  const place = at(x(own.value));
  const y = frame.top - 8;
  // Its label stands where there is room.
  const right = place < (frame.left + frame.right) / 2;
  return [
    node('line', { class: `own ${series.style}`, x1: place, x2: place, y1: y, y2: frame.bottom }),
    ...(own.low === null || own.high === null
      ? []
      : [
          node('line', {
            class: `interval ${series.style}`,
            x1: at(x(own.low)),
            x2: at(x(own.high)),
            y1: y,
            y2: y,
          }),
        ]),
    node('path', {
      class: `mark ${series.style}`,
      d: shapeOf(series, 110),
      transform: `translate(${place},${y})`,
    }),
    node(
      'text',
      {
        class: 'own-label',
        x: right ? frame.left : frame.right,
        y: 14,
        'text-anchor': right ? 'start' : 'end',
      },
      `This mask: ${share(own.value, 3)}`,
    ),
  ];
}

/** What the draws say about the mask, for people. */
export function nullSentence({ own, shuffled, random }: NullDistribution): string {
  if (!own) return 'Nothing is measured yet.';
  const draws = [...shuffled, ...random];
  if (draws.length === 0) return 'No mask without the trait has been drawn yet, so this figure stands alone.';
  const reached = draws.filter((auc) => auc >= own.value).length;
  const of = `${draws.length} masks that know nothing of the trait`;
  if (reached === 0)
    return draws.length < 10
      ? `None of ${of} reaches this mask. So few draws are a first impression: draw more.`
      : `None of ${of} reaches this mask.`;
  const found = `${reached} of ${of} ${reached === 1 ? 'does' : 'do'} as well as this mask or better`;
  return reached / draws.length > 0.1 ? `${found}: it has not been shown to hold the trait.` : `${found}.`;
}
