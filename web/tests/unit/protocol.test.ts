import { expect, test } from 'vitest';
import { engineEvent } from '../../src/lib/protocol';
import { parse } from '../../src/lib/shape';
import { persona } from '../preview/scripted';

const read = (event: unknown) => parse(JSON.stringify(event), engineEvent, 'event');

test('what Go leaves out where it is empty reads as null', () => {
  const bare = {
    ...persona,
    evidence: { source: 's', tests: [{ name: 't', auc: { value: 0.5 } }] },
  };
  const event = read({ type: 'persona', id: 1, persona: bare });
  if (event.type !== 'persona') throw new Error('not a persona');
  expect(event.persona.evidence).toEqual({
    source: 's',
    settings_tried: null,
    tests: [
      {
        name: 't',
        set: null,
        measure: null,
        kind: null,
        n: null,
        auc: { value: 0.5, low: null, high: null, draws: null },
        d: null,
        ppl_ratio: null,
        note: null,
      },
    ],
    controls: null,
    note: null,
  });
});

test('the persona of the preview has the shape of a real one', () => {
  expect(read({ type: 'persona', id: 1, persona })).toEqual({ type: 'persona', id: 1, persona });
});

test.each([
  [
    { type: 'tokens', id: 1, tokens: [{ pane: 'C', index: 0, token: 0, text: '', logProb: 0, kl: null }] },
    'event.tokens[0].pane: expected "A" or "B"',
  ],
  [{ type: 'end', id: 1, pane: 'A', reason: 'tired' }, 'event.reason: expected "stop" or'],
  [{ type: 'crashed', message: 'only the worker says so' }, 'event.type: expected one of'],
])('%j is not understood', (event, message) => {
  expect(() => read(event)).toThrow(message);
});
