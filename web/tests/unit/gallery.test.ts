import { beforeEach, describe, expect, test } from 'vitest';
import type { EngineClient } from '../../src/lib/client';
import { broughtShape, choiceOf, firstChoices, Gallery, type Brought } from '../../src/lib/gallery.svelte';
import type { PersonaInfo } from '../../src/lib/protocol';
import { persona } from '../preview/scripted';
import { clientOf, FakeWorker } from './worker';

const own: Brought = { text: '{}', own: true };
/** The library's persona after more was measured of it here. */
const measured: PersonaInfo = { ...persona, key: 'd'.repeat(64), fits: true };
const other: PersonaInfo = { ...persona, key: 'e'.repeat(64), mask: 'm'.repeat(64), name: 'Curiosity' };

let worker: FakeWorker;
let client: EngineClient;
let gallery: Gallery;

beforeEach(() => {
  worker = new FakeWorker();
  client = clientOf(worker);
  gallery = new Gallery();
});

/** A visit begins with one persona of the visitor's, of which the engine says this. */
async function begin(answer: PersonaInfo | string): Promise<string[]> {
  gallery.recall([own]);
  const begun = gallery.begin([persona, other], client);
  const { id } = worker.last('persona');
  worker.tell(
    typeof answer === 'string'
      ? { type: 'failed', id, message: answer }
      : { type: 'persona', id, persona: answer },
  );
  return begun;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const keys = (): string[] => gallery.personas.map((p) => p.key);

describe('an open model', () => {
  test('tells of the personas that are there which are for it', () => {
    gallery.personas = [persona, other];
    gallery.fit([
      { key: 'gone', fits: true, misfit: '' },
      { key: other.key, fits: false, misfit: 'no' },
    ]);
    expect(gallery.personas).toEqual([persona, { ...other, fits: false, misfit: 'no' }]);
  });

  test('brings back neither a persona that was removed nor one that another has taken the place of', async () => {
    await begin(measured);
    const all = [persona, measured, other].map(({ key }) => ({ key, fits: true, misfit: '' }));
    gallery.fit(all);
    expect(keys()).toEqual([measured.key, other.key]);
    gallery.remove(other);
    gallery.fit(all);
    expect(keys()).toEqual([measured.key]);
  });
});

test('removing a measured persona of the library gives the library’s own back', async () => {
  await begin(measured);
  expect(gallery.owns(measured)).toBe(true);
  const removal = gallery.remove(measured);
  expect(removal.original).toMatchObject({ key: persona.key, fits: true });
  expect(keys()).toEqual([persona.key, other.key]);
  expect(gallery.brought).toEqual([]);
  removal.undo();
  expect(keys()).toEqual([measured.key, other.key]);
  expect(gallery.brought).toEqual([own]);

  const { original, undo } = gallery.remove(other);
  expect(original, 'there is no other of these masks').toBeUndefined();
  expect(keys()).toEqual([measured.key]);
  undo();
  expect(keys()).toEqual([measured.key, other.key]);
});

test('of personas with the same masks each is removed by itself', async () => {
  const theirs: Brought = { text: '{"theirs":1}', own: false };
  const named = { ...measured, key: 'f'.repeat(64) };
  gallery.recall([own, theirs]);
  const begun = gallery.begin([persona], client);
  worker.tell({ type: 'persona', id: worker.last('persona').id, persona: measured });
  await settled();
  worker.tell({ type: 'persona', id: worker.last('persona').id, persona: named });
  await begun;
  gallery.personas = [persona, measured, named]; // as when a persona that somebody brought was measured in this visit
  expect([persona, measured, named].map((one) => gallery.owns(one))).toEqual([false, true, true]);
  const { undo } = gallery.remove(named);
  expect(gallery.brought).toEqual([own]);
  undo();
  gallery.remove(measured);
  expect(gallery.brought).toEqual([theirs]);
});

test('one that was made or measured here takes the place of those that it was', async () => {
  await begin(measured);
  const again: PersonaInfo = { ...persona, key: 'f'.repeat(64) };
  expect(gallery.alike(again)).toEqual([measured.key]);
  const kept = gallery.own(client, [measured.key], again);
  expect(keys()).toEqual([again.key, other.key]);
  const answer = (text: string): void => {
    worker.tell({ type: 'exported', id: worker.last('export').id, name: 'x', text });
  };
  answer('{"again":1}');
  await kept;
  expect(gallery.brought).toEqual([{ text: '{"again":1}', own: true }]);

  gallery.personas = [persona, other, again]; // as earlier versions left it
  const one = gallery.own(client, gallery.alike(again), again);
  expect(keys()).toEqual([again.key, other.key]);
  answer('{"again":2}');
  await one;
  expect(gallery.brought).toEqual([{ text: '{"again":2}', own: true }]);
});

test('a persona that can’t be read this time is kept for the next', async () => {
  expect(await begin('version 2 is not known')).toEqual(['version 2 is not known']);
  expect(keys()).toEqual([persona.key, other.key]);
  expect(gallery.brought).toEqual([own]);
});

test('what comes while those of an earlier visit are read is kept beside them', async () => {
  gallery.recall([own]);
  const begun = gallery.begin([persona], client);
  const { id } = worker.last('persona');
  const added = gallery.add(client, { text: '{"other":1}' });
  worker.tell({ type: 'persona', id: worker.last('persona').id, persona: other });
  await settled();
  worker.tell({ type: 'exported', id: worker.last('export').id, name: 'x', text: '{"other":1}' });
  await added;
  worker.tell({ type: 'persona', id, persona: measured });
  await begun;
  expect(keys()).toEqual([measured.key, other.key]);
  expect(gallery.brought).toEqual([own, { text: '{"other":1}', own: false }]);
  gallery.remove(other);
  expect(gallery.brought).toEqual([own]);
});

test('a pole begins at the strength of its measured replies', () => {
  const loud = { ...persona, chat: { plus: 0.65, minus: 0.55 } };
  expect(firstChoices([other, loud])).toEqual({
    A: { persona: loud.key, pole: 'plus', strength: 0.65 },
    B: { persona: loud.key, pole: 'minus', strength: 0.55 },
  });
  expect(choiceOf(undefined, 'minus')).toEqual({ persona: null, pole: 'minus', strength: 1 });
});

test('of personas of one’s own there can be any number, and one that can’t be read is one', () => {
  const many = Array.from({ length: 201 }, (_, i): Brought => ({ text: `{"i":${i}}`, own: true }));
  expect(broughtShape([...many, { later: 1 }, '{}'])).toEqual([...many, { text: '{}', own: false }]);
  expect(() => broughtShape('{}')).toThrow('a list');
});

test('what can’t be read is not written over', () => {
  const later = { text: ['of', 'a', 'later', 'version'] };
  expect(gallery.merge([later, '{"theirs":1}', own], [own])).toEqual([own, later, '{"theirs":1}']);
  expect(gallery.merge({ personas: [] }, [own])).toEqual({ personas: [] });
});

test('what another tab has stored stays, and what was removed here does not come back', async () => {
  await begin(measured);
  const theirs: Brought = { text: '{"theirs":1}', own: true };
  expect(gallery.merge(undefined, gallery.brought)).toEqual([own]);
  expect(gallery.merge([own, theirs], gallery.brought)).toEqual([own, theirs]);
  gallery.remove(measured);
  expect(gallery.merge([own, theirs], gallery.brought)).toEqual([theirs]);
});
