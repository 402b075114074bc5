import { expect, test } from 'vitest';
import { manifest } from '../../src/lib/manifest';

const good = {
  version: 1,
  name: 'Tiny',
  file: 'tiny.gguf',
  licence: 'Apache-2.0',
  size: 30,
  sha256: 'a'.repeat(64),
  digest: 'b'.repeat(64),
  parts: [
    { file: 'tiny.gguf.00', size: 20, sha256: 'c'.repeat(64) },
    { file: 'tiny.gguf.01', size: 10, sha256: 'd'.repeat(64) },
  ],
};

test('a manifest as masque split writes it', () => {
  expect(manifest(good)).toEqual(good);
});

test.each([
  [{ version: 2 }, 'version: expected 1'],
  [{ size: 31 }, 'manifest.size: expected the sum of its parts (30), found 31'],
  [{ sha256: 'A'.repeat(64) }, 'sha256: expected a SHA-256'],
  [
    { parts: [{ file: '../secret', size: 30, sha256: 'c'.repeat(64) }] },
    'parts[0].file: expected a file name',
  ],
  [
    { parts: [{ file: 'http://x/y', size: 30, sha256: 'c'.repeat(64) }] },
    'parts[0].file: expected a file name',
  ],
  [
    { parts: [{ file: 'x', size: 2 ** 40, sha256: 'c'.repeat(64) }] },
    'parts[0].size: expected a number from 1',
  ],
])('%j is refused', (change, message) => {
  expect(() => manifest({ ...good, ...change })).toThrow(message);
});
