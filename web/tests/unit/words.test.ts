import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { effect, estimate, groups, headline, label, rival } from '../../src/lib/evidence';
import { linkAdvice, linkIn, linkTo, sceneAdvice } from '../../src/lib/links';
import { inHundred, integer, megabytes, plural, rate, share } from '../../src/lib/numbers';
import type { Measurement } from '../../src/lib/protocol';
import * as shape from '../../src/lib/shape';
import { isLoopback, startsByItself } from '../../src/lib/support';
import { persona } from '../preview/scripted';

test('numbers', () => {
  expect(megabytes(98_362_432)).toBe('98 MB');
  expect(share(0.969, 3)).toBe('.969');
  expect(share(1, 3)).toBe('1.000');
  expect(rate(7.96)).toBe('8.0');
  expect(rate(41.7)).toBe('42');
  expect(plural(1, 'token')).toBe('1 token');
  expect(plural(1200, 'token')).toBe('1,200 tokens');
  expect(integer(1_234_567.5)).toBe('1,234,568');
  expect([100, 999.4, 1000].map(integer)).toEqual(['100', '999', '1,000']);
});

test('a share is rounded half up, in figures and in words: the engine has the same test', () => {
  for (let i = 0; i <= 1000; i++) {
    const hundredths = Math.floor((i + 5) / 10);
    expect(inHundred(i / 1000), `${i} of 1000`).toBe(hundredths);
    expect(Number(share(i / 1000)), `${i} of 1000`).toBe(hundredths / 100);
    expect(Number(share(i / 1000, 3))).toBe(i / 1000);
  }
});

describe('evidence', () => {
  test('the headline names the strongest control and the dearer pole', () => {
    const { evidence } = persona;
    if (!evidence) throw new Error('none');
    expect(headline(evidence, 0.55)).toEqual([
      'Held-out AUC .969 (.94 to .99)',
      'strongest control .620 (Labels shuffled)',
      'perplexity ×1.01',
      'at 55 % strength',
    ]);
    expect(headline({ ...evidence, tests: [] }, 1)).toEqual([]);
  });

  test('a prompt is a rival, no control; with the mask beside it, it is neither', () => {
    const { evidence } = persona;
    const [control] = evidence?.controls ?? [];
    if (!evidence || !control) throw new Error('none');
    const of = (kind: string, value: number, measure: string | null = null) => ({
      ...control,
      name: `A ${kind}`,
      kind,
      measure,
      auc: { value, low: null, high: null, draws: null },
    });
    const said = (prompt: number): string[] =>
      headline(
        {
          ...evidence,
          controls: [
            of('prompt', prompt),
            of('prompt+mask', 0.99),
            of('wanda', 0.6),
            // What was measured of replies is no control of statements.
            of('random', 0.7, 'replies'),
            of('prompt', 0.98, 'replies'),
          ],
        },
        1,
      ).slice(1, -2);
    expect(said(0.967)).toEqual(['strongest control .600 (A wanda)', 'a prompt .967']);
    expect(said(0.55)).toEqual(['strongest control .600 (A wanda)']);
  });

  test('controls stand with the test on the same statements', () => {
    const m = (
      name: string,
      set: string,
      measure: string | null = null,
      kind: string | null = null,
    ): Measurement => ({
      name,
      set,
      measure,
      kind,
      n: null,
      auc: null,
      d: null,
      ppl_ratio: null,
      note: null,
    });
    const { evidence } = persona;
    if (!evidence) throw new Error('none');
    const all = {
      ...evidence,
      tests: [
        m('Unseen statements', 'unseen'),
        m('Items', 'items'),
        m('Asked, items', 'items', 'yesno'),
        m('Sampled replies', 'unseen', 'replies'),
        m('Subtle ones', 'subtle'), // with nothing beside it
      ],
      controls: [m('A prompt', 'unseen', null, 'prompt'), m('A prompt, items', 'items', null, 'prompt')],
    };
    const shown = groups(all).map(({ title, head, tests, controls }) => [
      title,
      head === tests[0],
      tests.map((t) => t.name),
      controls.map((c) => c.name),
    ]);
    expect(shown).toEqual([
      ['Unseen statements', true, ['Unseen statements', 'Sampled replies', 'Subtle ones'], ['A prompt']],
      ['Items', true, ['Items', 'Asked whether it would say them (Yes/No)'], ['Prompt alone']],
    ]);
    expect(groups({ ...all, tests: [] })).toHaveLength(1);
  });

  test('identifiers are those of the engine, with its names', () => {
    const cases = shape.parse(
      readFileSync(new URL('../../../masks/testdata/topics.json', import.meta.url), 'utf8'),
      shape.list(
        shape.object({
          set: shape.text,
          measure: shape.nullable(shape.text),
          kind: shape.nullable(shape.text),
          name: shape.text,
          label: shape.text,
          rival: shape.nullable(shape.flag),
        }),
      ),
    );
    expect(cases.length).toBeGreaterThan(0);
    for (const c of cases) {
      expect(label(c)).toBe(c.label);
      expect(rival(c), c.name).toBe(c.rival ?? false);
    }
  });

  test('draws are shown where there is no interval', () => {
    expect(estimate({ value: 0.62, low: null, high: null, draws: [0.52, 0.55, 0.79] }, null)).toBe(
      '.620 (.52, .55, .79)',
    );
    expect(estimate({ value: 0.62, low: null, high: null, draws: null }, null)).toBe('.620');
  });

  test('an interval where few statements were tested is none to rely on, and one of no width says nothing', () => {
    const all = { value: 1, low: 1, high: 1, draws: null };
    expect(estimate(all, { plus: 30, minus: 19 })).toBe('1.000 (too few statements to tell how sure)');
    expect(estimate(all, { plus: 20, minus: 20 })).toBe('1.000 (1.00 to 1.00)');
    expect(estimate({ ...all, low: 0.9 }, { plus: 6, minus: 6 })).toBe(
      '1.000 (.90 to 1.00, too few statements to tell how sure)',
    );
  });

  test('a pole without words of its own is described by statements, never by what the model is', () => {
    expect(effect({ name: 'quiet', description: '' })).toBe(
      'Statements that people label “quiet” become more likely.',
    );
    expect(effect({ name: 'quiet', description: 'Fewer words.' })).toBe('Fewer words.');
  });
});

test('links', () => {
  expect(linkIn('#p=abc_-')).toBe('#p=abc_-');
  expect(linkIn('#scene=1&a=none')).toBe('#scene=1&a=none');
  expect(linkIn('#q=abc')).toBeNull();
  expect(linkIn('')).toBeNull();
  const page = { origin: 'https://x.test', pathname: '/masque/' } as Location;
  expect(linkTo('#p=abc', page)).toBe('https://x.test/masque/#p=abc');
});

test.each([
  ['localhost', true],
  ['a.localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['[::1]', true],
  ['127.0.0.1.example.org', false],
  ['localhost.example.org', false],
  ['192.168.0.2', false],
])('%s is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ['localhost', 0, false, true],
  ['localhost', 0, true, false],
  ['example.org', 0, false, false],
  ['example.org', 99, false, false],
  ['example.org', 100, false, true],
  ['example.org', 100, true, true],
])('on %s with %i of 100 stored, saving data %s: starts by itself %s', (host, stored, saves, expected) => {
  expect(startsByItself(host, stored, 100, saves)).toBe(expected);
});

test('a link says when some will cut it', () => {
  expect(linkAdvice('x'.repeat(4000))).toBe('');
  expect(linkAdvice('x'.repeat(27_600))).toBe(
    '27,600 characters, which some messengers cut. Save file passes it on whole.',
  );
});

test('a link to a scene says what goes along, and when some will cut it', () => {
  expect(sceneAdvice('https://x.test/#scene=1&a=none&b=none')).toBe('');
  expect(sceneAdvice('https://x.test/#scene=1&message=Hi&a=none&b=none')).toBe(
    'the message that you have typed goes along.',
  );
  expect(sceneAdvice(`#scene=1&p=${'x'.repeat(5000)}`)).toBe('5,011 characters, which some messengers cut.');
});
