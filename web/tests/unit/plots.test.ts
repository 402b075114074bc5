import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { spaced } from '../../src/lib/plots/axis';
import { frontier, pareto } from '../../src/lib/plots/frontier';
import { cellText, heatMap, heatSentence, shareOfFullest } from '../../src/lib/plots/heat';
import { markup, node, type SvgNode } from '../../src/lib/plots/node';
import { nullPlot, stack } from '../../src/lib/plots/null';
import { picture } from '../../src/lib/plots/picture';
import { costOf, readStudy, type StudyRecord } from '../../src/lib/study';

const records = readStudy(readFileSync(new URL('plots/study.jsonl', import.meta.url), 'utf8'));

/** Every node of a plot that has the class. */
function all(root: SvgNode, style: string): SvgNode[] {
  const own = String(root.attributes['class'] ?? '')
    .split(' ')
    .includes(style)
    ? [root]
    : [];
  return [...own, ...root.children.flatMap((child) => (typeof child === 'string' ? [] : all(child, style)))];
}

/** A generator of numbers below 1 that is the same on every machine. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

// Pictures are compared with committed files: look at them when they change (vitest -u).
describe('pictures', () => {
  test.each([
    ['wide', 720, 450],
    ['narrow', 340, 360],
  ])('of a frontier, %s', async (name, width, height) => {
    const { root } = frontier(records, { width, height, on: 'development' });
    await expect(picture(root, width, height, 'Frontier')).toMatchFileSnapshot(`plots/frontier-${name}.svg`);
  });

  test.each([
    ['wide', 640],
    ['narrow', 320],
  ])('of a null distribution, %s', async (name, width) => {
    const draw = numbers(4);
    const some = (n: number): number[] => Array.from({ length: n }, () => 0.35 + 0.3 * draw());
    const { root, height } = nullPlot(
      { own: { value: 0.93, low: 0.86, high: 0.98 }, recipe: 'units', shuffled: some(20), random: some(12) },
      width,
    );
    await expect(picture(root, width, height, 'Null distribution')).toMatchFileSnapshot(
      `plots/null-${name}.svg`,
    );
  });
});

describe('a frontier', () => {
  const draw = numbers(9);
  const many: StudyRecord[] = records.flatMap((r) =>
    Array.from({ length: 20 }, (_, i) => ({
      ...r,
      key: `${r.key}${i}`,
      auc: { value: Math.round(20 * draw()) / 20, low: null, high: null },
      ppl_ratio: { plus: 1 + Math.round(10 * draw()) / 10, minus: 1 },
    })),
  );

  test('has the masks that no other beats, compared with all pairs', () => {
    const best = new Set(pareto(many));
    many.forEach((r, i) => {
      const beaten = many.some(
        (other) =>
          other.kind === 'mask' &&
          costOf(other) <= costOf(r) &&
          other.auc.value >= r.auc.value &&
          (costOf(other) < costOf(r) || other.auc.value > r.auc.value),
      );
      if (r.kind !== 'mask' || beaten) expect(best.has(i)).toBe(false);
      // Of masks that are the same in both, one stands for all.
      else
        expect(
          [...best].some((k) => many[k]?.auc.value === r.auc.value && costOf(many[k] ?? r) === costOf(r)),
        ).toBe(true);
    });
  });

  test('marks each record once, in the order of its cost, within the frame', () => {
    const { root, order } = frontier(many, { width: 600, height: 400, on: 'test' });
    expect(order.toSorted((a, b) => a - b)).toEqual(many.map((_, i) => i));
    const costs = order.map((i) => costOf(many[i] as StudyRecord));
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));
    const marks = all(root, 'mark').filter((m) => 'data-mark' in m.attributes);
    expect(marks.map((m) => m.attributes['data-mark']).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      many.map((_, i) => i),
    );
    for (const m of marks) {
      const [x = NaN, y = NaN] = (
        /translate\(([\d.]+),([\d.]+)\)/.exec(String(m.attributes['transform'])) ?? []
      )
        .slice(1)
        .map(Number);
      expect(x).toBeGreaterThanOrEqual(40);
      expect(x).toBeLessThanOrEqual(600);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThanOrEqual(354);
    }
    // So many that their intervals would hide them.
    expect(all(root, 'whiskers')[0]?.children).toEqual([]);
  });

  test('puts controls in grey, and a broken model in a strip of its own', () => {
    const broken = records.map((r, i) => (i === 0 ? { ...r, ppl_ratio: { plus: 50_000, minus: 1 } } : r));
    const { root } = frontier(broken, { width: 600, height: 400, on: 'development' });
    expect(markup(root)).toContain('over ×4');
    const marks = all(root, 'mark').filter((m) => 'data-mark' in m.attributes);
    const grey = marks.filter((m) => String(m.attributes['class']).includes('control'));
    expect(grey.length).toBe(records.filter((r) => r.kind !== 'mask').length);
    expect(grey.length).toBeGreaterThan(0);
  });

  test('can be drawn of one record', () => {
    const [one] = records;
    expect(one && frontier([one], { width: 320, height: 300, on: 'test' }).order).toEqual([0]);
  });
});

test('stacked dots never cover each other until the stack is full', () => {
  const draw = numbers(2);
  const dots = stack(Array.from({ length: 40 }, () => 500 * draw()));
  dots.forEach((a, i) =>
    dots.slice(i + 1).forEach((b) => {
      if (a.level === b.level) expect(Math.abs(a.x - b.x)).toBeGreaterThanOrEqual(11);
    }),
  );
  const full = stack(Array.from({ length: 30 }, () => 7));
  expect(Math.max(...full.map((d) => d.level))).toBe(7);
});

test('ticks keep their distance', () => {
  const places = spaced(
    [0, 10, 44, 50, 90].map((place) => ({ place, label: '' })),
    44,
  ).map((t) => t.place);
  expect(places).toEqual([0, 44, 90]);
});

test('text is escaped where it becomes a file', () => {
  expect(markup(node('text', { title: '"<&' }, '<b>&'))).toBe(
    '<text title="&quot;&lt;&amp;">&lt;b>&amp;</text>\n',
  );
});

describe('a heat map', () => {
  const rows = (layers: number, columns: number): number[][] =>
    Array.from({ length: layers }, () => Array<number>(columns).fill(0));
  const heads = rows(4, 3);
  heads[2] = [8, 0, 1.5];
  const census = { heads, headSize: 16, neurons: rows(4, 2), neuronsEach: 10 };

  test('has a cell a head, the last layer at the top, and leaves out what nothing is closed of', () => {
    const map = heatMap(census, 300);
    expect(map.cells.length).toBe(12);
    expect(map.total).toBe(9.5);
    expect(map.top).toBe(0.5);
    const [top] = map.cells.toSorted((a, b) => a.y - b.y);
    expect(top?.layer).toBe(3);
    expect(map.cells.filter((c) => c.closed > 0).map(cellText)).toEqual([
      'layer 2, head 0: 8 of 16 closed',
      'layer 2, head 2: 1.5 of 16 closed',
    ]);
    for (const c of map.cells) expect(c.x + c.width).toBeLessThanOrEqual(300);
  });

  test('shows neurons beside heads where some are closed', () => {
    const neurons = rows(4, 2);
    neurons[0] = [0, 10];
    const both = { ...census, neurons };
    expect(heatMap(both, 300).cells.length).toBe(20);
    expect(shareOfFullest(both)).toBe(1);
    expect(heatSentence(both)).toBe('20 units closed, most of them in layer 0 (10), 2 (9.5).');
    expect(heatSentence({ ...census, heads: rows(4, 3) })).toBe(
      'No unit is closed: this mask prunes weights.',
    );
  });
});
