/** Scenes in links: what is written is read, and what strangers write does no harm. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { EngineClient } from '../../src/lib/client';
import { Gallery } from '../../src/lib/gallery.svelte';
import type { PersonaInfo } from '../../src/lib/protocol';
import { DEFAULTS, FIELDS, LARGEST_SEED, type Settings } from '../../src/lib/sampling';
import { decode, encode, type Scene } from '../../src/lib/scene';
import { sceneOf, stageOf } from '../../src/lib/stage';
import { persona } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

const MASK = '82ac0b1f9d11';
const KEY = 'd6548b7dfbe0';
const one = `plus+0.65+${MASK}+${KEY}+Extraversion`;
const DAMAGED = 'The link in the address is damaged, probably cut short: ask for it again.';

const plain: Scene = {
  panes: {
    A: { pole: 'plus', strength: 0.65, mask: MASK, key: KEY, name: 'Extraversion' },
    B: { pole: 'minus', strength: 1, mask: MASK, key: KEY, name: 'Risk taking' },
  },
  settings: { ...DEFAULTS },
  message: '',
  personas: [],
};

describe('a scene', () => {
  test('of two library personas is a link that can be read out', () => {
    const fragment = encode(plain);
    expect(fragment).toBe(
      `#scene=1&a=plus+0.65+${MASK}+${KEY}+Extraversion&b=minus+1+${MASK}+${KEY}+Risk+taking`,
    );
    expect(`https://masque.example.org/playground/${fragment}`.length).toBeLessThan(200);
    expect(decode(fragment)).toEqual(plain);
  });

  const edges: [string, Partial<Scene>][] = [
    ['no masks', { panes: { A: null, B: null } }],
    [
      'all settings at their ends',
      {
        settings: {
          ...Object.assign({ ...DEFAULTS }, ...FIELDS.map(({ key, max }) => ({ [key]: max }))),
          seed: LARGEST_SEED,
          apart: true,
        } as Settings,
      },
    ],
    ['a message with all that an address needs', { message: 'Why? 100 % & #p=x + “ü”\n\tz😀\u2028.' }],
    ['personas of its own', { personas: ['eNr-_0', 'A'.repeat(32 << 10)] }],
    [
      'the longest of everything',
      { message: '字'.repeat(2000), personas: Array(2).fill('A'.repeat(32 << 10)) },
    ],
  ];
  test.each(edges)('with %s comes back', (_name, part) => {
    const scene = { ...plain, ...part };
    expect(decode(encode(scene))).toEqual(scene);
    expect(encode(scene)).toMatch(/^#[\w%+=&.*-]+$/);
    expect(encode(scene), 'some programs leave a full stop out of a link').not.toMatch(/\W$/);
  });

  test('has numbers of no more digits than they need', () => {
    const settings = { ...DEFAULTS, temperature: 0.1 + 0.2, minP: 1e-9 };
    expect(decode(encode({ ...plain, settings })).settings).toMatchObject({ temperature: 0.3, minP: 0 });
  });

  test('takes no message that is too long', () => {
    expect(() => encode({ ...plain, message: 'x'.repeat(2001) })).toThrow(
      'The message is too long for a link: 2,000 characters at most.',
    );
  });

  test('says nothing of what is as it was when links of version 1 were first made', () => {
    // Others mean another version: links that are about would change what they set.
    expect(DEFAULTS).toEqual({
      temperature: 0.5,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      repeatPenalty: 1.1,
      repeatLast: 64,
      maxTokens: 192,
      seed: 1,
      apart: false,
    });
  });
});

describe('a fragment', () => {
  test('may say more than this page knows, and twice what it says once', () => {
    const scene = decode(`#scene=1&colour=red&seed=5&seed=x&a=none&a=x&b=${one}&__proto__=1`);
    expect(scene).toMatchObject({ settings: { ...DEFAULTS, seed: 5 }, panes: { A: null, B: plain.panes.A } });
    expect(Object.keys(scene.settings).toSorted()).toEqual(Object.keys(DEFAULTS).toSorted());
  });

  test('cut short anywhere is damaged, or lacks no more than the end of a name', () => {
    const whole = encode({ ...plain, message: 'Hello', settings: { ...DEFAULTS, seed: 77 } });
    const enough = whole.lastIndexOf(KEY) + KEY.length;
    for (let n = '#scene='.length; n < whole.length; n++) {
      const cut = whole.slice(0, n);
      if (n < enough) expect(() => decode(cut), cut).toThrow(/damaged|can’t be opened/);
      else expect(decode(cut)).toMatchObject({ message: 'Hello', settings: { seed: 77 } });
    }
  });

  test.each(
    [
      ['', DAMAGED],
      ['#scene=', DAMAGED],
      ['#scene=0', DAMAGED],
      ['#scene=01&a=none&b=none', DAMAGED],
      ['#scene=x', DAMAGED],
      ['#scene=1', DAMAGED],
      ['#scene=1&a=none', DAMAGED],
      ['#scene=1&a=&b=none', DAMAGED],
      ['#scene=1&a=none&b=None', DAMAGED],
      [`#scene=1&a=none&b=both+0.5+${MASK}+${KEY}+X`, DAMAGED],
      [`#scene=1&a=none&b=plus+0.5+${MASK}`, DAMAGED],
      [`#scene=1&a=none&b=plus+0.5+${MASK.slice(1)}+${KEY}+X`, DAMAGED],
      [`#scene=1&a=none&b=plus+0.5+${MASK}+${KEY.toUpperCase()}+X`, DAMAGED],
      [`#scene=1&a=none&b=plus++0.5+${MASK}+${KEY}+X`, DAMAGED],
      ['#scene=1&p=&a=none&b=none', DAMAGED],
      ['#scene=1&p=<script>&a=none&b=none', DAMAGED],
      [`#scene=1&p=${'A'.repeat((32 << 10) + 1)}&a=none&b=none`, DAMAGED],
      ['#scene=%E0%A4%A&a=%FF&b=%', DAMAGED],
      ['#scene=2&a=other', 'it is of version 2, and this page knows version 1'],
      [`#scene=1&x=${'A'.repeat(96 << 10)}&a=none&b=none`, 'it has more than 98,304 characters'],
      [`#scene=1&message=${'x'.repeat(2001)}&a=none&b=none`, 'its message has more than 2,000 characters'],
      ...['1.01', '', '-0.5', 'NaN', 'Infinity', '1e-1', '0x1', '%200', '.5', '0.', '0.1234567', '٠'].map(
        (n): [string, string] => [
          `#scene=1&a=plus+${n}+${MASK}+${KEY}+X&b=none`,
          n === '%200' ? DAMAGED : 'its strength in pane A must be a number from 0 to 1',
        ],
      ),
      ...['-1', '1.5', '4294967296', '99999999999', '1e3', '', 'one', '1,5'].map((n): [string, string] => [
        `#scene=1&seed=${n}&a=none&b=none`,
        'its seed must be a whole number from 0 to 4294967295',
      ]),
      ['#scene=1&temperature=2.05&a=none&b=none', 'its temperature must be a number from 0 to 2'],
      ['#scene=1&topP=0&a=none&b=none', 'its topP must be a number from 0.05 to 1'],
      ['#scene=1&topK=1.5&a=none&b=none', 'its topK must be a whole number from 0 to 200'],
      ['#scene=1&maxTokens=100000&a=none&b=none', 'its maxTokens must be a whole number from 16 to 1024'],
    ].map(([fragment = '', words]) => [fragment.slice(0, 70), fragment, words] as const),
  )('%s is refused', (_begin, fragment, words) => {
    const told = words === DAMAGED ? DAMAGED : `The scene in the address can’t be opened: ${words}.`;
    expect(() => decode(fragment)).toThrow(new Error(told));
  });

  test('of noise is a scene within its limits or a sentence', () => {
    let state = 1;
    const random = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n;
    const whole = encode({ ...plain, message: 'Hello', settings: { ...DEFAULTS, seed: 77, topK: 3 } });
    let read = 0;
    for (let i = 0; i < 5000; i++) {
      const at = random(whole.length);
      const piece =
        ['', '&', '=', '+', '%', '%00', '9', 'e', '-', '\u0000', '😀', 'a=none'][random(12)] ?? '';
      const noisy = whole.slice(0, at) + piece + whole.slice(at + random(4));
      try {
        const { panes, settings, message } = decode(noisy);
        read++;
        const sound = [
          Number.isInteger(settings.seed) && settings.seed >= 0 && settings.seed <= LARGEST_SEED,
          FIELDS.every(({ key, min, max }) => settings[key] >= min && settings[key] <= max),
          [panes.A, panes.B].every((p) => !p || (p.strength >= 0 && p.strength <= 1 && p.name.length <= 60)),
          !/(?![\t\n])\p{Cc}/u.test(message),
        ];
        expect(sound, noisy).toEqual([true, true, true, true]);
      } catch (cause) {
        expect(String(cause)).toMatch(
          /^Error: The (link in the address is damaged|scene in the address can’t)/,
        );
      }
    }
    expect(read).toBeGreaterThan(500);
  });

  test('has its controls taken out, and its names cut', () => {
    const { message, panes } = decode(
      `#scene=1&message=a%00b%1B%7F%0Ac&a=none&b=plus+1+${MASK}+${KEY}+x%00%0A%09y${'z'.repeat(99)}`,
    );
    expect(message).toBe('ab\nc');
    expect(panes.B?.name).toBe(`x y${'z'.repeat(57)}`);
  });
});

describe('on the stage', () => {
  const digest = (digit: string): string => digit.repeat(64);
  const extraversion: PersonaInfo = { ...persona, key: digest('1'), mask: digest('2') };
  const own: PersonaInfo = { ...persona, key: digest('3'), mask: digest('4'), name: 'Mine' };
  let worker: FakeWorker;
  let client: EngineClient;
  let gallery: Gallery;

  beforeEach(async () => {
    worker = new FakeWorker();
    client = clientOf(worker);
    gallery = new Gallery();
    await gallery.begin([extraversion], client);
  });

  const settings = { ...DEFAULTS };
  const pane = (info: PersonaInfo, mask = info.mask, key = info.key, name = info.name): string =>
    `plus 0.5 ${mask.slice(0, 12)} ${key.slice(0, 12)} ${name}`;
  const fragment = (fields: Record<string, string>): string =>
    `#${new URLSearchParams({ scene: '1', a: 'none', b: 'none', ...fields })}`;

  test('the library’s personas are named, and go as the library has them', async () => {
    const measured = { ...extraversion, key: digest('9') };
    gallery.personas = [measured];
    const choices = {
      A: { persona: measured.key, pole: 'plus', strength: 0.5 },
      B: { persona: null, pole: 'minus', strength: 1 },
    } as const;
    const link = await sceneOf({ choices, settings, message: '' }, gallery, client);
    expect(link).toBe(fragment({ a: pane(extraversion) }));
    expect(worker.asked).toEqual([]);
  });

  test('a persona of one’s own goes along, once', async () => {
    gallery.personas = [extraversion, own];
    const choice = { persona: own.key, pole: 'plus', strength: 0.5 } as const;
    const linked = sceneOf({ choices: { A: choice, B: choice }, settings, message: '' }, gallery, client);
    worker.tell({ type: 'shared', id: worker.last('share').id, fragment: '#p=eNr-_' });
    expect(decode(await linked).personas).toEqual(['eNr-_']);
    expect(worker.asked).toHaveLength(1);

    gallery.personas = [extraversion];
    const opened = stageOf(await linked, gallery, client);
    const asked = worker.last('persona');
    expect(asked).toMatchObject({ link: '#p=eNr-_' });
    worker.tell({ type: 'persona', id: asked.id, persona: own });
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    worker.tell({ type: 'exported', id: worker.last('export').id, name: 'x', text: '{}' });
    expect(await opened).toMatchObject({ choices: { A: choice, B: choice } });
    expect(gallery.brought).toEqual([{ text: '{}', own: false }]);
  });

  test('one that goes along and can’t be read is left out, and the rest is opened', async () => {
    const opened = stageOf(fragment({ p: 'x', a: pane(own), b: pane(extraversion) }), gallery, client);
    worker.tell({ type: 'failed', id: worker.last('persona').id, message: 'It is damaged.' });
    expect(await opened).toMatchObject({
      choices: { A: { persona: null }, B: { persona: extraversion.key, strength: 0.5 } },
      words:
        'The link has set a scene: no mask in A, extraverted at 50 % in B. The link’s persona “Mine” is damaged and is left out (pane A).',
    });
  });

  const had = { persona: extraversion.key, pole: 'plus', strength: 0.5 };
  test.each([
    ['the same', pane(extraversion), had, ''],
    [
      'one with other figures',
      pane(extraversion, undefined, digest('7')),
      had,
      ' This site has other figures for Extraversion than the link means, with the same masks (pane A).',
    ],
    [
      'another version of one',
      pane(extraversion, digest('7'), digest('7')),
      had,
      ' This site has another version of Extraversion than the link means, and takes its own (pane A).',
    ],
    [
      'one that is not there',
      pane(extraversion, digest('7'), digest('7'), '<b>X'),
      { persona: null },
      ' This site has no persona “<b>X”, which is left out (pane A).',
    ],
  ])('a link that names %s', async (_name, a, choice, note) => {
    const stage = await stageOf(fragment({ a, message: 'Hi', seed: '3' }), gallery, client);
    expect(stage.choices.A).toMatchObject(choice);
    expect(stage.choices.B.persona).toBeNull();
    const worn = choice.persona ? 'extraverted at 50 % in A' : 'no mask in A';
    expect(stage.words).toBe(
      `The link has set a scene: ${worn}, no mask in B. It has settings of its own under Sampling. Its message is typed, not sent.${note}`,
    );
    expect(stage).toMatchObject({ message: 'Hi', settings: { ...DEFAULTS, seed: 3 } });
  });

  test('one sentence does for both panes', async () => {
    const a = pane(extraversion, digest('7'), digest('7'), 'Gone');
    const { words } = await stageOf(fragment({ a, b: a }), gallery, client);
    expect(words).toMatch(/no persona “Gone”, which is left out \(panes A and B\)\.$/);
  });
});
