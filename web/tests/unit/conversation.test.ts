import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Conversation, type Speaker } from '../../src/lib/conversation.svelte';
import { firstChoices, Gallery, type Choice } from '../../src/lib/gallery.svelte';
import { PANES, type PaneId } from '../../src/lib/protocol';
import { DEFAULTS } from '../../src/lib/sampling';
import { asJson, asMarkdown } from '../../src/lib/transcript';
import { MOST_VERSIONS, turnsShape, type Turn } from '../../src/lib/turn.svelte';
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
function reply(word = 'one'): void {
  const { id } = worker.last('generate');
  for (const pane of PANES) {
    token(pane, 0, `${pane} ${word}`, 0.5);
    token(pane, 1, ' two');
    worker.tell({ type: 'end', id, pane, reason: 'stop', ...end });
  }
  worker.tell({
    type: 'divergence',
    id,
    pane: 'A',
    tokens: [
      { text: `A ${word}`, kl: 1 },
      { text: ' two', kl: 2 },
    ],
  });
  worker.tell({ type: 'finished', id });
}

/** The last turn, which there is. */
function last(): Turn {
  const turn = conversation.turns.at(-1);
  if (!turn) throw new Error('nothing was said');
  return turn;
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

describe('earlier replies of a turn', () => {
  const again = async (word: string, settings = DEFAULTS): Promise<void> => {
    const done = conversation.regenerate(speaker, gallery, choices, settings);
    reply(word);
    await done;
  };
  const shown = (): [number, string] => [last().shown, last().replies.A.text];
  /** How the engine may leave a message without a word. */
  const vain: [string, () => void][] = [
    ['stopped', () => worker.tell({ type: 'stopped', id: worker.last('generate').id })],
    [
      'stopped, as the engine tells it',
      () => {
        const { id } = worker.last('generate');
        for (const pane of PANES) worker.tell({ type: 'end', id, pane, reason: 'stopped', ...end });
        worker.tell({ type: 'finished', id });
      },
    ],
    [
      'refused',
      () => worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' }),
    ],
    ['lost in a crash', () => worker.tell({ type: 'crashed', message: 'panic', alone: false })],
  ];

  beforeEach(async () => {
    await say('Hello');
    await again('other');
  });

  test('stay beside the new ones, with what they were written with', async () => {
    choices.A.strength = 0.5;
    speaker = { ...speaker, model: { ...model, name: 'Another' } };
    await again('third', { ...DEFAULTS, temperature: 0 });
    expect(conversation.turns).toHaveLength(1);
    expect(shown()).toEqual([2, 'A third two']);
    const of = last().versions.map(({ seed, settings, model: by, replies }) => [
      replies.A.text,
      replies.A.through.strength,
      seed,
      settings.temperature,
      by?.name,
    ]);
    expect(of).toEqual([
      ['A one two', 1, 1, DEFAULTS.temperature, 'A model'],
      ['A other two', 1, 2, DEFAULTS.temperature, 'A model'],
      ['A third two', 0.5, 1, 0, 'Another'],
    ]);
  });

  test('the version that is shown last is what the conversation goes on with, whatever is looked at later', async () => {
    conversation.show(last(), 0);
    await say('And then?');
    const heard = (): string[] => worker.last('generate').panes[0]?.messages.map((m) => m.content) ?? [];
    expect(heard()).toEqual(['Hello', 'A one two', 'And then?']);
    const [first] = conversation.turns;
    if (!first) throw new Error('it is gone');
    conversation.show(first, 1);
    expect([first.replies.A.text, first.place]).toEqual(['A other two', 0]);
    await say('And now?');
    expect(heard().slice(0, 2)).toEqual(['Hello', 'A one two']);
  });

  test('a message that is refused fixes nothing', async () => {
    const done = conversation.send(speaker, gallery, 'Too long', choices, DEFAULTS);
    worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' });
    await done;
    conversation.show(last(), 0);
    expect(last().place).toBe(0);
  });

  test('Regenerate compares with the version that is shown, and tries no seed twice', async () => {
    const seeds: number[] = [];
    conversation.show(last(), 0);
    await again('third');
    seeds.push(last().seed);
    choices.A.strength = 0.5;
    await again('fourth');
    seeds.push(last().seed);
    conversation.show(last(), 1);
    await again('fifth');
    seeds.push(last().seed);
    expect(seeds).toEqual([3, 1, 1]);
  });

  test.each(vain)('%s before the first word, the version before is back', async (_how, ends) => {
    await again('third');
    conversation.show(last(), 1);
    const { changes } = conversation;
    const done = conversation.regenerate(speaker, gallery, choices, { ...DEFAULTS, temperature: 0 });
    expect(shown()).toEqual([3, '']);
    expect(turnsShape(JSON.parse(JSON.stringify(conversation.lasting)))[0], 'nor is it kept').toMatchObject({
      place: 1,
      others: [{}, {}],
    });
    ends();
    await done;
    expect(shown()).toEqual([1, 'A other two']);
    expect([last().settings.temperature, last().versions.length]).toEqual([DEFAULTS.temperature, 3]);
    expect(conversation.turning, 'nothing of it is read out').toBe(true);
    expect(conversation.changes).toBeGreaterThan(changes);
  });

  test('one word is a version, and so is a reply that the model leaves empty', async () => {
    const done = conversation.regenerate(speaker, gallery, choices, DEFAULTS);
    token('B', 0, 'half');
    worker.tell({ type: 'stopped', id: worker.last('generate').id });
    await done;
    expect(last().versions.map(({ replies }) => replies.B.text)).toEqual([
      'B one two',
      'B other two',
      'half',
    ]);
    const empty = conversation.regenerate(speaker, gallery, choices, DEFAULTS);
    const { id } = worker.last('generate');
    for (const pane of PANES) worker.tell({ type: 'end', id, pane, reason: 'stop', ...end });
    worker.tell({ type: 'finished', id });
    await empty;
    expect([last().versions.length, last().replies.A.state]).toEqual([4, 'done']);
  });

  test('a message that had got no word has one version when it gets some', async () => {
    const done = conversation.send(speaker, gallery, 'Hi', choices, DEFAULTS);
    worker.tell({ type: 'stopped', id: worker.last('generate').id });
    await done;
    expect([last().versions.length, last().replies.A.state]).toEqual([1, 'failed']);
    await again('late');
    expect(last().versions.map(({ replies }) => replies.A.text)).toEqual(['A late two']);
  });

  test('nothing is switched while a reply is written; after it, quietly, and it counts as a change', async () => {
    const done = conversation.regenerate(speaker, gallery, choices, DEFAULTS);
    conversation.show(last(), 0);
    expect(last().shown).toBe(2);
    reply('third');
    await done;
    const { changes } = conversation;
    expect(conversation.turning).toBe(false);
    conversation.show(last(), 0);
    expect([conversation.turning, conversation.changes > changes]).toEqual([true, true]);
    await vi.waitFor(() => expect(conversation.turning).toBe(false));
    conversation.show(last(), 7);
    expect(last().shown, 'there is none').toBe(0);
  });

  test('of too many, the oldest go', async () => {
    for (let i = 2; i <= MOST_VERSIONS; i++) await again(`reply ${i}`);
    expect(last().versions).toHaveLength(MOST_VERSIONS);
    expect(last().versions[0]?.replies.A.text).toBe('A other two');
    expect(shown()).toEqual([MOST_VERSIONS - 1, `A reply ${MOST_VERSIONS} two`]);
    expect(turnsShape(JSON.parse(JSON.stringify(conversation.turns)))).toHaveLength(1);
  });

  test('come back at the next visit, where older turns go on as they did', async () => {
    conversation.show(last(), 0);
    await say('And then?');
    await again('other');
    await again('third');
    conversation.show(last(), 1);
    const [first] = conversation.turns;
    if (first) conversation.show(first, 1);
    const kept = JSON.parse(JSON.stringify(conversation.turns)) as unknown;
    const next = new Conversation();
    next.restore(turnsShape(kept));
    expect(JSON.parse(JSON.stringify(next.turns))).toEqual(kept);
    expect(next.turns.map((turn) => [turn.place, turn.shown, turn.replies.A.text])).toEqual([
      [0, 0, 'A one two'],
      [1, 1, 'A other two'],
    ]);
    if (next.turns[0]) next.show(next.turns[0], 1);
    expect(next.turns[0]?.place).toBe(0);
  });

  test('what earlier versions of the page kept has one version a turn', () => {
    const { text, settings, seed, model: by, replies } = JSON.parse(JSON.stringify(last())) as Turn;
    conversation.restore(turnsShape([{ text, settings, seed, model: by, replies }]));
    expect([last().versions.length, last().replies.A.text]).toEqual([1, 'A other two']);
  });

  test('are in the JSON, and counted in the Markdown', () => {
    conversation.show(last(), 0);
    const now = new Date(0);
    const json = JSON.parse(asJson(conversation.turns, now).text) as { turns: unknown[] };
    expect(json.turns[0]).toMatchObject({
      message: 'Hello',
      version: 1,
      settings: { seed: 1 },
      replies: [{ text: 'A one two' }, {}],
      others: [{ version: 2, settings: { seed: 2 }, replies: [{ text: 'A other two', seed: 2 }, {}] }],
    });
    const { text } = asMarkdown(conversation.turns, now);
    expect(text).toContain('**You:** Hello\n\n*Replies 1 of 2; the others are in an export as JSON.*');
    expect(text).toContain('> A one two');
    expect(text).not.toContain('A other two');
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

test('of an earlier visit the last turn is shown first, one more reply in each task', async () => {
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
    expect(shown.map(({ A, B }) => `${A}${B}`).slice(0, 6)).toEqual(['23', '22', '12', '11', '01', '00']);
    expect(conversation.restoring).toBe(false);
    conversation.restore(turns);
    conversation.clear();
    vi.runAllTimers();
    expect(conversation.first).toEqual({ A: 0, B: 0 });
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

test.each([
  ['cleared', [], (): void => conversation.clear()],
  ['set aside', ['Hello'], (): void => conversation.setAside()],
] as const)(
  'a message that is refused says nothing: what was %s comes back',
  async (_name, lasting, take) => {
    await say('Hello');
    for (const meanwhile of [() => {}, () => conversation.clear()]) {
      take();
      const done = conversation.send(speaker, gallery, 'Too long', choices, DEFAULTS);
      meanwhile();
      worker.tell({ type: 'failed', id: worker.last('generate').id, message: 'It is too long.' });
      await done;
      expect(conversation.turns).toEqual([]);
      expect(conversation.lasting.map(({ text }) => text)).toEqual(lasting);
      conversation.undoClear();
      expect(conversation.turns.map(({ text }) => text)).toEqual(['Hello']);
    }
  },
);

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
