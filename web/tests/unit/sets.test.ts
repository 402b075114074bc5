import { expect, test } from 'vitest';
import { load, READY } from '../../src/lib/sets';
import { filled } from '../../src/lib/statements';

test('every ready set has both poles, and words for them', async () => {
  expect(READY.length).toBeGreaterThan(20);
  expect(new Set(READY.map((s) => s.id)).size).toBe(READY.length);
  for (const { id, pair } of READY) {
    const texts = await load(id);
    for (const pole of ['plus', 'minus'] as const) {
      expect(filled(texts[pole]), `${id}, ${pole}`).toBeGreaterThan(20);
      expect(pair.poles[pole].name).not.toBe('');
    }
  }
});

test('one that is not there is an error', async () => {
  await expect(load('nobody')).rejects.toThrow('no set nobody');
});
