/** Statements as people bring them: a text with one a line, or a table of which one column holds them. */

import type { PoleId } from './protocol';
import { sentence } from './sentence';

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

/** What a file has of each pole, one statement a line. */
type Poles = Partial<Record<PoleId, string>>;

/** The statements of a file: those of one pole, or of both in a table that says so. Throws a sentence for people. */
export async function readFile(file: File, pole: PoleId): Promise<Poles> {
  const wrong = `${file.name} is no text of statements, one a line (a .txt or .csv file in UTF-8, at most 4 MB).`;
  if (file.size > FILE_LIMIT || /\.json$/i.test(file.name)) throw new Error(wrong);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(wrong);
  }
  if (text.includes('\0')) throw new Error(wrong);
  if (!/\.[ct]sv$/i.test(file.name)) return { [pole]: lines(text).join('\n').trim() };
  try {
    return fromTable(text, pole);
  } catch (cause) {
    throw new Error(`${file.name}: ${sentence(cause)}`, { cause });
  }
}

/** Names that a column of statements goes by in a table's first row, and one that says whose a row is. */
const HEADER = /^(statements?|texts?|items?|sentences?)$/i;
const POLE_HEADER = /^poles?$/i;

interface Row {
  /** Where it begins, from 1. */
  line: number;
  cells: string[];
}

/**
 * The statements in a table, as the command line reads them: of the column that says so, or else of the one with the
 * longest texts; where a column names poles, of both, or else of the one that is asked for. Rows of different lengths
 * that nothing heads are no table, but sentences with commas in them. Throws what is wrong with a row.
 */
export function fromTable(text: string, pole: PoleId): Poles {
  const all = rowsOf(text).filter((row) => row.cells.some((cell) => cell !== ''));
  const [first] = all;
  if (!first) return { [pole]: '' };
  const statement = first.cells.findIndex((cell) => HEADER.test(cell));
  let poles = first.cells.findIndex((cell) => POLE_HEADER.test(cell));
  const headed = statement >= 0 || (poles >= 0 && first.cells.length > 1);
  const odd = all.find((row) => row.cells.length !== first.cells.length);
  if (odd && headed)
    throw new Error(
      `line ${odd.line} has ${odd.cells.length} cells and the first row ${first.cells.length}; put a statement with commas in quotes.`,
    );
  if (odd) {
    const said = lines(text).map((line) => line.trim());
    return { [pole]: said.filter((line) => line !== '').join('\n') };
  }
  const rows = headed ? all.slice(1) : all;
  if (!headed) poles = poleColumn(rows);
  const column = statement >= 0 ? statement : longest(rows, poles);
  const found: Record<PoleId, string[]> = { plus: [], minus: [] };
  for (const row of rows) {
    const named = row.cells[poles];
    const of = named === undefined ? pole : poleOf(named);
    if (!of) throw new Error(`line ${row.line} is of the pole “${named}”; write plus or minus.`);
    const cell = row.cells[column];
    if (cell) found[of].push(cell);
  }
  const both = { plus: found.plus.join('\n'), minus: found.minus.join('\n') };
  return poles >= 0 ? both : { [pole]: both[pole] };
}

function poleOf(cell: string): PoleId | undefined {
  if (/^(plus|\+)$/i.test(cell)) return 'plus';
  return /^(minus|[-−])$/i.test(cell) ? 'minus' : undefined;
}

/** The column of a table without a first row of names that holds poles and nothing else, beside others; -1 without one. */
function poleColumn(rows: readonly Row[]): number {
  const columns = rows[0]?.cells ?? [];
  if (columns.length < 2) return -1;
  return columns.findIndex((_, i) => rows.every((row) => poleOf(row.cells[i] ?? '')));
}

/** The column whose texts are longest, but for one. */
function longest(rows: readonly Row[], but: number): number {
  const lengths: number[] = [];
  for (const { cells } of rows)
    for (const [i, cell] of cells.entries()) lengths[i] = (lengths[i] ?? 0) + (i === but ? 0 : cell.length);
  return lengths.indexOf(Math.max(...lengths));
}

/** RFC 4180, with the separator that the first row has most of; white space within a cell is folded. */
function rowsOf(text: string): Row[] {
  const separator = separatorOf(text);
  const rows: Row[] = [];
  let row: Row = { line: 1, cells: [] };
  let cell = '';
  let quoted = false;
  let line = 1;
  let opened = 0;
  const endCell = (): void => {
    row.cells.push(cell.replaceAll(/\s+/g, ' ').trim());
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (c === '\n' || (c === '\r' && text[i + 1] !== '\n')) line++;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"' && cell.trim() === '') {
      quoted = true;
      opened = line;
      cell = '';
    } else if (c === separator) endCell();
    else if (c === '\n' || c === '\r') {
      endCell();
      rows.push(row);
      row = { line, cells: [] };
    } else cell += c;
  }
  if (quoted)
    throw new Error(`line ${opened} begins a quote that nothing ends; write quotes in a cell twice.`);
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
