import { describe, expect, test } from 'vitest';
import { filled, fromTable, lines, readFile } from '../../src/lib/statements';

test('lines of any end', () => {
  expect(lines('a\r\nb\rc\n\nd')).toEqual(['a', 'b', 'c', '', 'd']);
  expect(filled(' a \n\n \t\nb')).toBe(2);
  expect(filled('')).toBe(0);
});

describe('a table', () => {
  test.each([
    ['one column', 'I like it.\nI hate it.\n', 'I like it.\nI hate it.'],
    ['a header', 'id,statement\n1,I like it.\n2,I hate it.\n', 'I like it.\nI hate it.'],
    ['the longest column', '1,I like it.,a\r\n2,I hate it.,b\r\n', 'I like it.\nI hate it.'],
    ['quotes', '1,"Well, I ""like"" it."\n2,"Two\nlines"\n', 'Well, I "like" it.\nTwo lines'],
    ['semicolons', 'text;n\nWell, I like it;1\n', 'Well, I like it'],
    ['tabs', 'I like it, all of it\t1\nNo, never\t2', 'I like it, all of it\nNo, never'],
    [
      'sentences in place of columns',
      'I love peace, quiet, and books\r\n\r\nI read.\r\n',
      'I love peace, quiet, and books\nI read.',
    ],
    ['nothing', '\n\n', ''],
  ])('with %s', (_name, table, want) => {
    expect(fromTable(table, 'minus')).toEqual({ minus: want });
  });

  test.each([
    ['a column of poles', 'Statement,Pole\nI like it.,plus\nI hate it.,minus\n,plus\n'],
    ['poles and no name for the statements', 'pole,what\r\n+,I like it.\r\nMinus,I hate it.\r\n'],
    ['no first row of names', 'plus;I like it.\n−;I hate it.\n'],
  ])('with %s has both', (_name, table) => {
    expect(fromTable(table, 'minus')).toEqual({ plus: 'I like it.', minus: 'I hate it.' });
  });

  test.each([
    ['n,text\r\n1,Fine.\r\n\r\n2,Yes, it is\r\n', 'line 4 has 3 cells and the first row 2'],
    ['text,pole\n"Two\nlines",+\nMaybe,perhaps\n', 'line 4 is of the pole “perhaps”'],
    ['text\nFine.\n"Never closed\nI read.\n', 'line 3 begins a quote'],
  ])('that is broken is told by its line: %j', (table, want) => {
    expect(() => fromTable(table, 'plus')).toThrow(want);
  });
});

describe('a file', () => {
  test('is read as lines, or as a table by its name', async () => {
    expect(await readFile(new File(['\ufeffa\r\nb\r\n'], 'x.txt'), 'plus')).toEqual({ plus: 'a\nb' });
    expect(await readFile(new File(['n,text\n1,"Yes, it is"\n'], 'x.csv'), 'plus')).toEqual({
      plus: 'Yes, it is',
    });
  });
  test('that is a broken table is refused by its name', async () => {
    const file = new File(['n,text\n1,Yes, it is\n'], 'x.csv');
    await expect(readFile(file, 'plus')).rejects.toThrow('x.csv: line 2 has 3 cells');
  });
  test.each([
    ['Latin 1', new Uint8Array([0x6d, 0xf6])],
    ['a binary', new Uint8Array([65, 0, 66])],
  ])('of %s is refused by its name', async (_name, bytes) => {
    await expect(readFile(new File([bytes], 'odd.txt'), 'plus')).rejects.toThrow(
      'odd.txt is no text of statements',
    );
  });
  test('of a persona is refused', async () => {
    await expect(readFile(new File(['{}'], 'x.persona.json'), 'plus')).rejects.toThrow('x.persona.json');
  });
  test('of 5 MB is refused', async () => {
    await expect(readFile(new File(['x'.repeat(5 << 20)], 'big.txt'), 'plus')).rejects.toThrow('big.txt');
  });
});
