import { expect, test } from 'vitest';
import { bars, colour, extent, furthest, mean, spoken, TOP_NATS, visible } from '../../src/lib/divergence';

/** Relative luminance after WCAG 2.2. */
function luminance(css: string): number {
  const hex = /^#(..)(..)(..)$/
    .exec(css)
    ?.slice(1)
    .map((c) => parseInt(c, 16));
  const rgb = hex ?? css.match(/\d+/g)?.map(Number) ?? [];
  const [r = 0, g = 0, b = 0] = rgb.map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const steps = Array.from({ length: 41 }, (_, i) => (i * TOP_NATS) / 40);

test('the scale runs evenly from the ground: lighter in the dark, darker in the light', () => {
  const dark = steps.map((kl) => luminance(colour(kl, true)));
  const light = steps.map((kl) => luminance(colour(kl, false)));
  expect(dark).toEqual(dark.toSorted((a, b) => a - b));
  expect(light).toEqual(light.toSorted((a, b) => b - a));
});

test('a large divergence stands out from the ground (3:1, for graphics)', () => {
  const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  for (const kl of [TOP_NATS / 2, TOP_NATS]) {
    expect(contrast(luminance(colour(kl, true)), luminance('#110e15'))).toBeGreaterThan(3);
    expect(contrast(luminance(colour(kl, false)), luminance('#efe9df'))).toBeGreaterThan(3);
  }
});

test('height says the same and stays within the strip', () => {
  expect(extent(0)).toBeGreaterThan(0);
  expect(extent(1)).toBeGreaterThan(extent(0.5));
  expect(extent(100)).toBe(1);
  expect(colour(100, true)).toBe(colour(TOP_NATS, true));
});

test.each([
  [' party', '␣party', 'party'],
  ['\n\n', '↵↵', 'line break'],
  [' ', '␣', 'space'],
  ['', '(part of a character)', 'part of a character'],
  ['a ', 'a␣', 'a'],
])('the token %j is shown as %s and said as %s', (text, shown, said) => {
  expect(visible(text)).toBe(shown);
  expect(spoken(text)).toBe(said);
});

test('mean and furthest leave out what is not known', () => {
  const tokens = [
    { text: 'a', kl: 1 },
    { text: 'b', kl: null },
    { text: 'c', kl: 3 },
  ];
  expect(mean(tokens)).toBe(2);
  expect(furthest(tokens)).toEqual({ text: 'c', kl: 3 });
  expect(mean([{ text: 'a', kl: null }])).toBeNull();
  expect(furthest([])).toBeNull();
});

test('a token has one bar in a theme, which says what it is', () => {
  const known = { text: ' warm', kl: 0.25 };
  const [dark, light] = [bars(true), bars(false)];
  expect(dark(known)).toBe(dark(known));
  expect(dark(known).style).not.toBe(light(known).style);
  expect(light(known).style).toContain(`--extent: ${extent(0.25)}; --colour: ${colour(0.25, false)}`);
  expect(light(known).label).toBe('warm, 0.25 nats');
  expect(light({ text: '\n', kl: null })).toMatchObject({ unknown: true, label: 'line break, not measured' });
});
