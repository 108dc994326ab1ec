/** A season in Retrosheet's own form, with its parks. A row that cannot be used is refused with its line and reason, and the rest goes on. */
import { basename } from 'node:path';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { InputError } from '../../errors.ts';
import { readText } from '../../files.ts';
import { type GameFacts, RowError, readGameRow, readParkRow } from './retrosheet-rows.ts';
import { storeGames, storeParks } from './store.ts';

export interface ImportReport {
  venues: number;
  teams: number;
  games: number;
  refused: number;
}

export interface ImportListener {
  /** Rows done, of all. */
  progress(done: number, total: number): void;
  refused(file: string, line: number, reason: string): void;
}

const BATCH = 250;

interface Read<T> {
  line: number;
  facts: T;
}

/** @throws InputError when a file cannot be read, or holds nothing that can be used. */
export async function importRetrosheet(
  em: SqlEntityManager,
  files: { games: string; parks: string },
  listener: ImportListener,
): Promise<ImportReport> {
  let refused = 0;
  const refuse = (file: string, line: number, reason: string) => {
    refused += 1;
    listener.refused(basename(file), line, reason);
  };
  const parks = await readRows(files.parks, readParkRow, refuse, 1);
  const games = await readRows(files.games, readGameRow, refuse, 0);
  if (parks.length === 0) throw new InputError(`${files.parks} holds no park in Retrosheet's form.`);
  if (games.length === 0) throw new InputError(`${files.games} holds no game in Retrosheet's form.`);

  await storeParks(
    em,
    newestByKey(
      parks.map(({ facts }) => facts),
      ({ code }) => code,
    ),
  );
  const stored = new Set<string>();
  const total = games.length;
  for (let at = 0; at < total; at += BATCH) {
    const batch = games.slice(at, at + BATCH);
    const keys = await storeGames(
      em.fork(),
      newestByKey(
        batch.map(({ facts }) => facts),
        ({ key }) => key,
      ),
    );
    for (const { line, facts } of batch) {
      if (keys.has(facts.key)) stored.add(facts.key);
      else refuse(files.games, line, `the park ${facts.venue} is not in ${basename(files.parks)}`);
    }
    listener.progress(Math.min(at + BATCH, total), total);
  }
  const teams = new Set(games.filter(({ facts }) => stored.has(facts.key)).flatMap(({ facts }) => teamsOf(facts)));
  return { venues: parks.length, teams: teams.size, games: stored.size, refused };
}

const teamsOf = ({ home, away }: GameFacts) => [home, away];

/** One statement may not touch a row twice; the later row of a file counts. */
const newestByKey = <T>(rows: readonly T[], key: (row: T) => string): T[] => [
  ...new Map(rows.map((row) => [key(row), row])).values(),
];

async function readRows<T>(
  file: string,
  read: (line: string) => T,
  refuse: (file: string, line: number, reason: string) => void,
  header: number,
): Promise<Read<T>[]> {
  const text = await readText(file);
  const rows: Read<T>[] = [];
  for (const [place, line] of text.split(/\r?\n/).entries()) {
    if (place < header || line.trim() === '') continue;
    try {
      rows.push({ line: place + 1, facts: read(line) });
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      refuse(file, place + 1, error.message);
    }
  }
  return rows;
}
