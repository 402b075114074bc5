/** Statements as people bring them: a text with one a line, or a table of which one column holds them. */

import type { PoleId } from './protocol';

/** A larger file is no list of sentences. */
const FILE_LIMIT = 4 << 20;

/** Below that the engine finds no masks. */
export const LEAST = 4;

/** A pole with fewer is small, as the engine says too. */
export const FEW = 20;

/** The statements in a text, as they stand: the engine cleans them. */
export function lines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/** How many statements of two poles others have, too. */
export function shared(texts: Record<PoleId, string>, others: Record<PoleId, string>): number {
  const known = distinct(others);
  return [...distinct(texts)].filter((statement) => known.has(statement)).length;
}

/** The statements of both poles, as the engine cleans them. */
function distinct({ plus, minus }: Record<PoleId, string>): Set<string> {
  return new Set([...lines(plus), ...lines(minus)].flatMap((line) => line.match(/\S+/g)?.join(' ') ?? []));
}

/** How many of the lines say something. */
export function filled(text: string): number {
  return lines(text).filter((line) => line.trim() !== '').length;
}

/** The statements of a file, one a line. Throws a sentence for people. */
export async function readFile(file: File): Promise<string> {
  const wrong = `${file.name} is no text of statements, one a line (a .txt or .csv file in UTF-8, at most 4 MB).`;
  if (file.size > FILE_LIMIT || /\.json$/i.test(file.name)) throw new Error(wrong);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(wrong);
  }
  if (text.includes('\0')) throw new Error(wrong);
  return /\.[ct]sv$/i.test(file.name) ? fromTable(text) : lines(text).join('\n').trim();
}

/** Names that a column of statements goes by in a table's first row. */
const HEADER = /^(statements?|texts?|items?|sentences?)$/i;

/**
 * The column of a table that holds statements: the one that says so, or else the one with the longest texts. Rows of
 * different lengths that nothing heads are no table, but sentences with commas in them.
 */
export function fromTable(text: string): string {
  const rows = cells(text).filter((row) => row.some((cell) => cell !== ''));
  const [first] = rows;
  if (!first) return '';
  const named = first.findIndex((cell) => HEADER.test(cell));
  if (named < 0 && rows.some((row) => row.length !== first.length))
    return lines(text)
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join('\n');
  const column = named >= 0 ? named : longest(rows);
  return (named >= 0 ? rows.slice(1) : rows)
    .map((row) => row[column] ?? '')
    .filter((cell) => cell !== '')
    .join('\n');
}

function longest(rows: readonly string[][]): number {
  const lengths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) lengths[i] = (lengths[i] ?? 0) + cell.length;
  return lengths.indexOf(Math.max(...lengths));
}

/** RFC 4180, with the separator that the first row has most of; white space within a cell is folded. */
function cells(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = (): void => {
    row.push(cell.replaceAll(/\s+/g, ' ').trim());
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (c === separator) endCell();
    else if (c === '\n' || c === '\r') {
      endCell();
      rows.push(row);
      row = [];
    } else cell += c;
  }
  endCell();
  rows.push(row);
  return rows;
}

function separatorOf(text: string): string {
  const head = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const count = (separator: string): number => head.split(separator).length;
  // A comma is also what sentences have: it separates only where nothing else does.
  return ['\t', ';'].find((separator) => count(separator) > 1) ?? ',';
}
