/**
 * A CSV file with a header, row by row: columns by name, in any order and among any others, quoted or not, with LF or
 * CRLF, behind a byte order mark or none. A row that cannot be read is refused with its line, and the rest goes on.
 */
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { InputError } from '../../errors.ts';
import { readText } from '../../files.ts';
import { RowError } from './row-error.ts';

export type Refuse = (file: string, line: number, reason: RowError) => void;

/** What a row says, and where. */
export type Located<T> = T & { readonly line: number };

/** A quoted cell may run over lines, but not without end: a stray quotation mark must not swallow a file. */
const LONGEST_ROW = 20;

/** @throws InputError for a file that cannot be read or lacks a column. */
export async function readCsv<C extends string, T extends object>(
  file: string,
  columns: readonly C[],
  read: (row: Readonly<Record<C, string>>) => T,
  refuse: Refuse,
): Promise<Located<T>[]> {
  const name = basename(file);
  const lines = (await readText(file)).split(/\r?\n/);
  const start = lines.findIndex((line) => line.trim() !== '');
  const header = start < 0 ? null : cellsOf(lines[start]!)?.map((cell) => cell.toLowerCase());
  if (!header) throw new InputError(`${name} has no header.`);
  const places = columns.map((column) => placeOf(header, column, name));
  const rows: Located<T>[] = [];
  for (let at = start + 1; at < lines.length; ) {
    const line = at + 1;
    if (lines[at]!.trim() === '') {
      at += 1;
      continue;
    }
    try {
      const { cells, height } = readRow(lines, at, header.length);
      at += height;
      const row = Object.fromEntries(columns.map((column, place) => [column, cells[places[place]!]!]));
      rows.push({ ...read(row as Record<C, string>), line });
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      if (line === at + 1) at += 1;
      refuse(name, line, error);
    }
  }
  return rows;
}

function placeOf(header: readonly string[], column: string, file: string): number {
  const place = header.indexOf(column);
  if (place < 0) throw new InputError(`${file} has no column ${column}.`);
  if (header.indexOf(column, place + 1) >= 0) throw new InputError(`${file} has the column ${column} twice.`);
  return place;
}

/** Lines are joined only where that gives a row of the right width. @throws RowError */
function readRow(lines: readonly string[], at: number, width: number): { cells: string[]; height: number } {
  const first = cellsOf(lines[at]!);
  if (first?.length === width) return { cells: first, height: 1 };
  if (first) throw new RowError('BAD_ROW', `${first.length} columns instead of ${width}`);
  let text = lines[at]!;
  for (let height = 2; height <= LONGEST_ROW && at + height <= lines.length; height += 1) {
    text += `\n${lines[at + height - 1]}`;
    const cells = cellsOf(text);
    if (cells?.length === width) return { cells, height };
  }
  throw new RowError('BAD_ROW', 'the quotation marks do not match');
}

/** Null where the quotation marks do not match. Trimming takes a byte order mark as well. */
function cellsOf(text: string): string[] | null {
  try {
    return (parse(text, { trim: true }) as string[][])[0] ?? null;
  } catch {
    return null;
  }
}

/** Rows in the same form. */
export function writeCsv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(quote).join(',')}\n`).join('');
}

const quote = (cell: string) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
