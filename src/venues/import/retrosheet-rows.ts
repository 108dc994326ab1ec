/**
 * Rows of Retrosheet's game logs (161 quoted columns without a header, https://www.retrosheet.org/gamelogs/glfields.txt)
 * and of its park codes, as facts. Pure: a row is read by itself, and a bad one says why.
 */
import { parse } from 'csv-parse/sync';
import { timeZoneOf } from './time-zones.ts';

export interface ParkFacts {
  code: string;
  name: string;
  alsoKnownAs: string | null;
  city: string;
  state: string;
  timeZone: string;
}

export interface GameFacts {
  key: string;
  venue: string;
  home: string;
  away: string;
  /** In the venue's own time; the hour is the custom of the field, for the logs do not know it. */
  startsAt: string;
  gameNumber: number;
  attendance: number | null;
  homeScore: number | null;
  awayScore: number | null;
  forfeit: string | null;
  completion: string | null;
}

/** Why a row cannot be used. */
export class RowError extends Error {}

const COLUMNS = 161;
/** Of three teams at one park on one day, A and B name the two games. */
const GAME_NUMBERS = new Map(Object.entries({ 0: 0, 1: 1, 2: 2, 3: 3, A: 1, B: 2 }));
/** An unknown hour counts as a day game. */
const STARTS = new Map(Object.entries({ D: '13:00', N: '19:00', '': '13:00' }));

/** @throws RowError */
export function readGameRow(line: string): GameFacts {
  const cells = readCells(line, COLUMNS);
  const column = (number: number) => cells[number - 1]!;
  const date = readDate(column(1));
  const gameNumber = GAME_NUMBERS.get(column(2));
  if (gameNumber === undefined) throw new RowError(`game number ${quote(column(2))} is none of 0, 1, 2, 3, A, B`);
  const hour = STARTS.get(column(13));
  if (hour === undefined) throw new RowError(`${quote(column(13))} is neither D nor N`);
  const home = readCode(column(7), 'home team', /^[A-Z0-9]{3}$/);
  return {
    key: `${home}${date.replaceAll('-', '')}${gameNumber}`,
    venue: readCode(column(17), 'park', /^[A-Z0-9]{5}$/),
    home,
    away: readCode(column(4), 'visiting team', /^[A-Z0-9]{3}$/),
    startsAt: `${date} ${hour}`,
    gameNumber,
    attendance: readCount(column(18), 'attendance', 2_000_000),
    homeScore: readCount(column(11), "home team's runs", 200),
    awayScore: readCount(column(10), "visiting team's runs", 200),
    forfeit: readForfeit(column(15)),
    completion: column(14) || null,
  };
}

/** @throws RowError */
export function readParkRow(line: string): ParkFacts {
  const [code, name, alsoKnownAs, city, state] = readCells(line, 9) as [string, string, string, string, string];
  const timeZone = timeZoneOf(city, state);
  if (!name || !city) throw new RowError('the name or the city is missing');
  if (!timeZone) throw new RowError(`the time zone of ${quote(city)}, ${quote(state)} is not known`);
  return {
    code: readCode(code, 'park', /^[A-Z0-9]{5}$/),
    name,
    alsoKnownAs: alsoKnownAs || null,
    city,
    state,
    timeZone,
  };
}

function readCells(line: string, expected: number): string[] {
  let rows: string[][];
  try {
    rows = parse(line, { trim: true }) as string[][];
  } catch {
    throw new RowError('the quotation marks do not match');
  }
  const cells = rows[0] ?? [];
  if (cells.length !== expected) throw new RowError(`${cells.length} columns instead of ${expected}`);
  return cells;
}

function readDate(text: string): string {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  const iso = match ? `${match[1]}-${match[2]}-${match[3]}` : '';
  const date = new Date(`${iso}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso || iso < '1871') {
    throw new RowError(`${quote(text)} is not a date since 1871`);
  }
  return iso;
}

function readCode(text: string, what: string, form: RegExp): string {
  if (!form.test(text)) throw new RowError(`${quote(text)} is not the code of a ${what}`);
  return text;
}

/** Empty means unknown; 0 is what the log says. */
function readCount(text: string, what: string, most: number): number | null {
  if (text === '') return null;
  if (!/^\d+$/.test(text) || Number(text) > most) throw new RowError(`${what} ${quote(text)} is not a number`);
  return Number(text);
}

function readForfeit(text: string): string | null {
  if (!['', 'V', 'H', 'T'].includes(text)) throw new RowError(`forfeit ${quote(text)} is none of V, H, T`);
  return text || null;
}

/** What stands in a file is shown without its control characters, and not at length. */
const quote = (text: string) => JSON.stringify(text.slice(0, 40));
