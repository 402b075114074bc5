import { describe, expect, test, vi } from 'vitest';
import { Cancelled, EngineClient, EngineError } from '../../src/lib/client';
import type { GenerateOptions, ModelInfo, PersonaInfo } from '../../src/lib/protocol';
import { FakeWorker } from './worker';

const persona = { key: 'k' } as PersonaInfo;
const model = { name: 'M' } as ModelInfo;
const options: GenerateOptions = {
  panes: [],
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repeatPenalty: 1, repeatLast: 0, seed: 1 },
  maxTokens: 8,
  compare: true,
  family: '',
};

function setup() {
  const worker = new FakeWorker();
  const crashed = vi.fn<(message: string) => void>();
  return { worker, crashed, client: new EngineClient(worker, crashed) };
}

test('an engine that was closed refuses what is asked of it later', async () => {
  const { worker, client, crashed } = setup();
  client.terminate();
  await expect(client.share('a')).rejects.toThrow(Cancelled);
  worker.fail('too late');
  expect(crashed).not.toHaveBeenCalled();
});

describe('answers', () => {
  test('reach the question with their id, whatever their order', async () => {
    const { worker, client } = setup();
    const one = client.share('a');
    const two = client.share('b');
    const [first, second] = worker.asked;
    if (first?.type !== 'share' || second?.type !== 'share') throw new Error('not asked');
    worker.tell({ type: 'shared', id: second.id, fragment: 'B' });
    worker.tell({ type: 'shared', id: first.id, fragment: 'A' });
    expect(await Promise.all([one, two])).toEqual(['A', 'B']);
  });

  test('of a combination are its persona', async () => {
    const { worker, client } = setup();
    const a = { persona: 'a', pole: 'plus', strength: 0.7 } as const;
    const made = client.combine({ op: 'together', a, b: { ...a, persona: 'b' }, name: '' });
    const asked = worker.last('combine');
    expect(asked).toMatchObject({ op: 'together', a, b: { persona: 'b' } });
    worker.tell({ type: 'persona', id: asked.id, persona });
    expect(await made).toBe(persona);
  });

  test('of failure reject with the sentence', async () => {
    const { worker, client } = setup();
    const added = client.addPersona({ text: '{}' });
    worker.tell({ type: 'failed', id: worker.last('persona').id, message: 'No persona.' });
    await expect(added).rejects.toThrow(new EngineError('No persona.'));
  });

  test('that come late or to nobody change nothing', async () => {
    const { worker, client } = setup();
    worker.tell({ type: 'shared', id: 99, fragment: 'x' });
    const shared = client.share('a');
    const { id } = worker.last('share');
    worker.tell({ type: 'shared', id, fragment: 'A' });
    worker.tell({ type: 'failed', id, message: 'too late' });
    expect(await shared).toBe('A');
  });

  test('of a load are the model, and which personas are for it', async () => {
    const { worker, client } = setup();
    const loaded = client.load({ kind: 'manifest', url: 'm' }, {}, new AbortController().signal);
    const { id } = worker.last('load');
    const personas = [{ key: 'k', fits: true, misfit: '' }];
    worker.tell({ type: 'opened', id, model, personas });
    expect(await loaded).toMatchObject({ model, personas });
  });
});

describe('a load', () => {
  test('tells its progress and is cancelled by its signal', async () => {
    const { worker, client } = setup();
    const abort = new AbortController();
    const steps: unknown[] = [];
    const loaded = client.load(
      { kind: 'manifest', url: 'm' },
      {
        fetch: (p) => steps.push(p.done),
        loading: (p) => steps.push(p.total),
        storage: (kept, message) => steps.push([kept, message]),
        notice: (message) => steps.push(message),
      },
      abort.signal,
    );
    const { id } = worker.last('load');
    worker.tell({ type: 'fetch', id, done: 1, total: 2, from: 'network' });
    worker.tell({ type: 'loading', id, done: 1, total: 3 });
    worker.tell({ type: 'notice', id, message: 'mended' });
    worker.tell({ type: 'storage', id, kept: false, message: 'full' });
    expect(steps).toEqual([1, 3, 'mended', [false, 'full']]);
    abort.abort();
    expect(worker.last('cancel').id).toBe(id);
    worker.tell({ type: 'cancelled', id });
    await expect(loaded).rejects.toThrow(Cancelled);
  });
});

describe('a signal', () => {
  test('says nothing to the worker of a request that is answered', async () => {
    const { worker, client } = setup();
    const abort = new AbortController();
    const done = client.generate(options, {}, abort.signal);
    worker.tell({ type: 'finished', id: worker.last('generate').id });
    await done;
    abort.abort();
    expect(worker.asked.map(({ type }) => type)).toEqual(['generate']);
  });

  test('that was given already asks nothing', async () => {
    const { worker, client } = setup();
    await expect(client.generate(options, {}, AbortSignal.abort())).rejects.toThrow(Cancelled);
    expect(worker.asked).toEqual([]);
  });
});

describe('a reply', () => {
  test('streams in order and resolves when finished', async () => {
    const { worker, client } = setup();
    const heard: string[] = [];
    const done = client.generate(
      options,
      {
        prefill: (pane, n, total) => heard.push(`${pane} ${n}/${total}`),
        token: (e) => heard.push(`${e.pane} ${e.text}`),
        end: (e) => heard.push(`${e.pane} ${e.reason}`),
        divergence: (pane, tokens) => heard.push(`${pane} ${tokens.length}`),
      },
      new AbortController().signal,
    );
    const { id } = worker.last('generate');
    worker.tell({ type: 'prefill', id, pane: 'A', done: 2, total: 4 });
    const token = { pane: 'A', logProb: -1, kl: null } as const;
    const tokens = [
      { ...token, index: 0, token: 1, text: 'Hi' },
      { ...token, index: 1, token: 2, text: ' there' },
    ];
    worker.tell({ type: 'tokens', id, tokens });
    const end = { tokens: 2, prefillTokens: 4, seconds: 1, tokensPerSecond: 2, prefillSeconds: 1 };
    worker.tell({ type: 'end', id, pane: 'A', reason: 'stop', ...end });
    worker.tell({ type: 'divergence', id, pane: 'A', tokens: [{ text: 'Hi', kl: 0.5 }] });
    worker.tell({ type: 'finished', id });
    await done;
    expect(heard).toEqual(['A 2/4', 'A Hi', 'A  there', 'A stop', 'A 1']);
  });

  test('is stopped by its signal, under an id of its own', async () => {
    const { worker, client } = setup();
    const abort = new AbortController();
    const done = client.generate(options, {}, abort.signal);
    const { id } = worker.last('generate');
    abort.abort();
    const stop = worker.last('stop');
    expect(stop.target).toBe(id);
    expect(stop.id).not.toBe(id);
    worker.tell({ type: 'finished', id });
    await done;
  });
});

describe('a crash', () => {
  test.each(['event', 'error'])('by %s ends all that waits, once, and the worker', async (way) => {
    const { worker, crashed, client } = setup();
    const shared = client.share('a');
    const booted = client.boot('auto', 'http://localhost/');
    if (way === 'event') worker.tell({ type: 'crashed', message: 'panic: boom' });
    else worker.fail('panic: boom');
    worker.tell({ type: 'crashed', message: 'again' });
    await expect(shared).rejects.toThrow('panic: boom');
    await expect(booted).rejects.toThrow('panic: boom');
    expect(crashed.mock.calls).toEqual([['panic: boom', false]]);
    expect(worker.terminated).toBe(true);
    await expect(client.share('a')).rejects.toThrow('panic: boom');
  });

  test('a start that succeeded is not undone by a later crash', async () => {
    const { worker, client } = setup();
    const booted = client.boot('auto', 'http://localhost/');
    worker.tell({ type: 'started', version: '1', variant: 'relaxed', library: [], files: [] });
    expect((await booted).version).toBe('1');
  });
});
