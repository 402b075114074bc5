import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Conversation, turnsShape, type Speaker } from '../../src/lib/conversation.svelte';
import { firstChoices, Gallery, type Choice } from '../../src/lib/gallery.svelte';
import { PANES, type PaneId } from '../../src/lib/protocol';
import { DEFAULTS } from '../../src/lib/sampling';
import { asJson, asMarkdown } from '../../src/lib/transcript';
import { persona } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

const model = { name: 'A model', quantisation: 'Q4_1', digest: 'd' };
const end = { tokens: 2, prefillTokens: 4, seconds: 1, tokensPerSecond: 20, prefillSeconds: 1 };

let worker: FakeWorker;
let speaker: Speaker;
let gallery: Gallery;
let conversation: Conversation;
let choices: Record<PaneId, Choice>;

beforeEach(() => {
  worker = new FakeWorker();
  speaker = { client: clientOf(worker), model, family: '' };
  gallery = new Gallery();
  gallery.personas = [persona];
  conversation = new Conversation();
  choices = firstChoices([persona]);
  // Node draws no frames: what streams is handed on when a reply ends.
  Object.assign(globalThis, {
    document: { hidden: false },
    requestAnimationFrame: () => 0,
    cancelAnimationFrame: () => {},
  });
});

function token(pane: PaneId, index: number, text: string, kl: number | null = null): void {
  const { id } = worker.last('generate');
  worker.tell({ type: 'tokens', id, tokens: [{ pane, index, token: 0, text, logProb: 0, kl }] });
}

/** Both panes say two words. */
function reply(): void {
  const { id } = worker.last('generate');
  for (const pane of PANES) {
    token(pane, 0, `${pane} one`, 0.5);
    token(pane, 1, ' two');
    worker.tell({ type: 'end', id, pane, reason: 'stop', ...end });
  }
  worker.tell({
    type: 'divergence',
    id,
    pane: 'A',
    tokens: [
      { text: 'A one', kl: 1 },
      { text: ' two', kl: 2 },
    ],
  });
  worker.tell({ type: 'finished', id });
}

async function say(text: string): Promise<void> {
  const done = conversation.send(speaker, gallery, text, choices, DEFAULTS);
  reply();
  await done;
}

describe('a message', () => {
  test('goes to both panes through their masks, with the same seed', async () => {
    await say('Hello');
    const { panes, sampling, maxTokens, compare } = worker.last('generate');
    expect(panes).toEqual([
      {
        pane: 'A',
        persona: persona.key,
        pole: 'plus',
        strength: 1,
        seed: 1,
        messages: [{ role: 'user', content: 'Hello' }],
      },
      {
        pane: 'B',
        persona: persona.key,
        pole: 'minus',
        strength: 1,
        seed: 1,
        messages: [{ role: 'user', content: 'Hello' }],
      },
    ]);
    expect(sampling).not.toHaveProperty('maxTokens');
    expect([sampling.seed, maxTokens, compare]).toEqual([1, DEFAULTS.maxTokens, true]);
    const { A, B } = conversation.turns[0]?.replies ?? {};
    expect([A?.text, B?.text]).toEqual(['A one two', 'B one two']);
    expect(A?.tokens).toEqual([
      { text: 'A one', kl: 1 },
      { text: ' two', kl: 2 },
    ]);
    expect(B?.tokens).toEqual([
      { text: 'B one', kl: 0.5 },
      { text: ' two', kl: null },
    ]);
    expect(conversation.busy).toBe(false);
  });

  test('has another seed in pane B where that is asked for, and the engine hears no more of it', async () => {
    const settings = { ...DEFAULTS, apart: true };
    const done = conversation.send(speaker, gallery, 'Hello', choices, settings);
    const { panes, sampling } = worker.last('generate');
    expect(panes.map(({ seed }) => seed)).toEqual([1, 2 ** 31 + 1]);
    expect(sampling).not.toHaveProperty('apart');
    reply();
    await done;
    expect(asMarkdown(conversation.turns, new Date(0)).text).toMatch(/seed 1\).*seed 2147483649\)/s);
  });

  test('carries each pane its own past', async () => {
    await say('Hello');
    await say('And then?');
    const b = worker.last('generate').panes[1];
    expect(b?.messages.map((m) => m.content)).toEqual(['Hello', 'B one two', 'And then?']);
  });

  test('the rest of a character joins its token', async () => {
    const done = conversation.send(speaker, gallery, 'Hi', choices, DEFAULTS);
    const { id } = worker.last('generate');
    token('A', 0, '');
    token('A', 0, '🙂');
    worker.tell({ type: 'end', id, pane: 'A', reason: 'stop', ...end });
    worker.tell({ type: 'finished', id });
    await done;
    expect(conversation.turns[0]?.replies.A.tokens).toEqual([{ text: '🙂', kl: null }]);
    expect(conversation.turns[0]?.replies.B.state).toBe('failed');
  });

  test('that fails leaves a sentence, and the next one can be sent', async () => {
    const done = conversation.send(speaker, gallery, 'Hi', choices, DEFAULTS);
    token('A', 0, 'half');
    worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'The context is full.' });
    await done;
    expect(conversation.problem).toBe('The context is full.');
    expect(conversation.turns[0]?.replies.A).toMatchObject({
      state: 'done',
      reason: 'stopped',
      text: 'half',
    });
    await say('Again');
    expect(conversation.problem).toBe('');
  });

  test('that is refused does not count for what follows', async () => {
    await say('Hello');
    const done = conversation.send(speaker, gallery, 'Too long', choices, DEFAULTS);
    worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' });
    expect(await done).toBe(false);
    expect(conversation.turns.map(({ text }) => text)).toEqual(['Hello']);
    await say('Short');
    const a = worker.last('generate').panes[0];
    expect(a?.messages.map((m) => m.content)).toEqual(['Hello', 'A one two', 'Short']);
  });

  test('that a crash cuts off keeps what was written', async () => {
    const done = conversation.send(speaker, gallery, 'Hi', choices, DEFAULTS);
    token('B', 0, 'half');
    worker.tell({ type: 'crashed', message: 'panic' });
    await done;
    expect(conversation.turns[0]?.replies.B).toMatchObject({ state: 'done', text: 'half' });
    expect(conversation.busy).toBe(false);
  });
});

describe('Regenerate', () => {
  const again = async (settings = DEFAULTS): Promise<void> => {
    const done = conversation.regenerate(speaker, gallery, choices, settings);
    reply();
    await done;
  };

  test('takes the next seed when nothing has changed, and one turn stays one', async () => {
    await say('Hello');
    await again();
    await again();
    expect(worker.last('generate').sampling.seed).toBe(3);
    expect(conversation.turns).toHaveLength(1);
    expect(worker.last('generate').panes[0]?.messages).toHaveLength(1);
  });

  test('keeps the seed when a slider has moved', async () => {
    await say('Hello');
    choices.A.strength = 0.5;
    await again();
    expect(worker.last('generate').sampling.seed).toBe(1);
    expect(worker.last('generate').panes[0]?.strength).toBe(0.5);
  });

  test('keeps the seed when the sampling has changed', async () => {
    await say('Hello');
    await again({ ...DEFAULTS, temperature: 0 });
    expect(worker.last('generate').sampling).toMatchObject({ seed: 1, temperature: 0 });
  });

  test('a strength without a mask is no change', async () => {
    choices.B.persona = null;
    await say('Hello');
    choices.B.strength = 0.2;
    await again();
    expect(worker.last('generate').sampling.seed).toBe(2);
  });
});

test('a message breaks a comparison off: tokens that were not measured stay, and stay so', async () => {
  const first = conversation.send(speaker, gallery, 'Hello', choices, DEFAULTS);
  const { id } = worker.last('generate');
  for (const pane of PANES) {
    token(pane, 0, 'one');
    token(pane, 1, ' two');
    expect([conversation.comparing, conversation.free]).toEqual([false, false]);
    worker.tell({ type: 'end', id, pane, reason: 'stop', ...end });
  }
  expect([conversation.comparing, conversation.free]).toEqual([true, true]);

  const second = conversation.send(speaker, gallery, 'And then?', choices, DEFAULTS);
  expect(worker.last('stop').target).toBe(id);
  expect(conversation.free, 'until the engine has stopped').toBe(false);
  expect(conversation.turns).toHaveLength(1);
  worker.tell({ type: 'divergence', id, pane: 'A', tokens: [{ text: 'one', kl: 1 }] });
  worker.tell({ type: 'divergence', id, pane: 'B', tokens: [] });
  worker.tell({ type: 'finished', id });
  expect(await first).toBe(true);
  await vi.waitFor(() => expect(worker.last('generate').id).not.toBe(id));
  reply();
  expect(await second).toBe(true);

  const kls = PANES.map((pane) => conversation.turns[0]?.replies[pane].tokens.map((t) => t.kl));
  expect(kls).toEqual([
    [1, null],
    [null, null],
  ]);
  expect(conversation.turns.map((turn) => turn.replies.A.reason)).toEqual(['stop', 'stop']);
  expect(worker.last('generate').panes[0]?.messages).toHaveLength(3);
});

test('Stop and Clear end what streams', async () => {
  const done = conversation.send(speaker, gallery, 'Hi', choices, DEFAULTS);
  const { id } = worker.last('generate');
  conversation.clear();
  expect(worker.last('stop').target).toBe(id);
  token('A', 0, 'late');
  worker.tell({ type: 'end', id, pane: 'A', reason: 'stopped', ...end });
  worker.tell({ type: 'finished', id });
  await done;
  expect(conversation.turns).toEqual([]);
});

test('an earlier visit comes back; a reply it broke off is what it had become', async () => {
  await say('Hello');
  const kept = JSON.parse(JSON.stringify(conversation.turns)) as unknown;
  const turns = turnsShape(kept);
  expect(turns).toEqual(kept);
  if (turns[0]) turns[0].replies.A.state = 'writing';
  conversation.restore(turns);
  expect(conversation.turns[0]?.replies.A).toMatchObject({ state: 'done', reason: 'stopped' });
  expect(() => turnsShape([{ text: 1 }])).toThrow('value[0].text');
});

test('of an earlier visit the last turn is shown first, then one more in each task', async () => {
  await say('One');
  await say('Two');
  await say('Three');
  const turns = turnsShape(JSON.parse(JSON.stringify(conversation.turns)));
  vi.useFakeTimers();
  try {
    conversation.restore(turns);
    const shown = [conversation.first];
    expect(conversation.restoring).toBe(true);
    while (vi.getTimerCount() > 0) {
      vi.advanceTimersToNextTimer();
      shown.push(conversation.first);
    }
    expect(shown.slice(0, 3)).toEqual([2, 1, 0]);
    expect(conversation.restoring).toBe(false);
    conversation.restore(turns);
    conversation.clear();
    vi.runAllTimers();
    expect(conversation.first).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a token keeps its object until something new is known of it', async () => {
  const frames: (() => void)[] = [];
  const frame = (): void => frames.splice(0).forEach((draw) => draw());
  Object.assign(globalThis, { requestAnimationFrame: (draw: () => void) => frames.push(draw) });
  const done = conversation.send(speaker, gallery, 'Hi', choices, DEFAULTS);
  token('A', 0, 'one');
  frame();
  const [first] = conversation.turns[0]?.replies.A.tokens ?? [];
  token('A', 1, 'two');
  token('A', 1, '!');
  frame();
  const tokens = conversation.turns[0]?.replies.A.tokens ?? [];
  expect(tokens.map((t) => t.text)).toEqual(['one', 'two!']);
  expect(tokens[0]).toBe(first);
  conversation.stop();
  worker.tell({ type: 'finished', id: worker.last('generate').id });
  await done;
});

test('transcripts name the masks, the seed and the model', async () => {
  await say('Hello\nyou');
  const now = new Date('2026-01-02T03:04:05Z');
  const markdown = asMarkdown(conversation.turns, now);
  expect(markdown.name).toBe('masque-2026-01-02-03-04.md');
  expect(markdown.text).toContain('**You:** Hello\nyou');
  expect(markdown.text).toContain('A model (Q4_1), saved 2026-01-02T03:04:05.000Z.');
  expect(markdown.text).toContain('**A (extraverted, 100 %, seed 1):**\n\n> A one two');
  const json = JSON.parse(asJson(conversation.turns, now).text) as { turns: { replies: unknown[] }[] };
  expect(json.turns[0]?.replies[0]).toMatchObject({
    pane: 'A',
    through: { name: 'extraverted' },
    reason: 'stop',
    seed: 1,
  });
});

test('a transcript names the model of each reply, when another has been opened in between', async () => {
  await say('Hello');
  await say('Again');
  speaker = { ...speaker, model: { ...model, name: 'Another', digest: 'e' } };
  await say('And you?');
  const { text } = asMarkdown(conversation.turns, new Date(0));
  expect(text).toContain('A model (Q4_1), saved');
  expect(text.match(/From here on, .*/g)).toEqual(['From here on, Another (Q4_1).']);
});

test('what was cleared comes back, until something new is said', async () => {
  await say('Hello');
  conversation.clear();
  expect(conversation.turns).toEqual([]);
  conversation.undoClear();
  expect(conversation.turns.map(({ text }) => text)).toEqual(['Hello']);
  conversation.clear();
  await say('Anew');
  conversation.undoClear();
  expect(conversation.turns.map(({ text }) => text)).toEqual(['Anew']);
  expect(conversation.cleared).toEqual([]);
});

test('what was set aside lasts, and comes back, until something new is said', async () => {
  const texts = (): string[] => conversation.lasting.map(({ text }) => text);
  await say('Hello');
  conversation.setAside();
  expect([conversation.turns, texts()]).toEqual([[], ['Hello']]);
  conversation.undoClear();
  expect([conversation.turns.length, texts()]).toEqual([1, ['Hello']]);
  conversation.setAside();
  await say('Anew');
  expect(texts()).toEqual(['Anew']);
  conversation.clear();
  expect(texts()).toEqual([]);
});
