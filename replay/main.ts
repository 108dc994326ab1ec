/**
 * Plays an imported season again with a crowd of fans, and judges all of it. Exit code 1 when anything was given out over its
 * budget, a point is unexplained, or consent was violated. With `--json` the last line on standard output is one object.
 */
import { writeFile } from 'node:fs/promises';
import { defineCommand, runMain } from 'citty';
import { SingleBar } from 'cli-progress';
import { failPlainly } from '../src/cli/fail.ts';
import { readNumber } from '../src/cli/read-number.ts';
import { type Config, readConfig } from '../src/config.ts';
import { openDatabase } from '../src/db/database.ts';
import { connectOrm } from '../src/db/orm.ts';
import { ConflictError } from '../src/errors.ts';
import { createLog } from '../src/log.ts';
import { RETROSHEET_STATEMENT } from '../src/seed/fenway.ts';
import { judge } from './judge.ts';
import { ownDatabaseBeside } from './own-database.ts';
import { type Played, playSeason } from './play.ts';
import { describe, isRight, type Report, summarize } from './report.ts';
import { readSeason, type Season } from './season.ts';
import { configOfStand } from './stand.ts';

const MOST_FANS = 100_000;

interface Wanted {
  readonly year: number;
  readonly fans: number;
  readonly seed: number;
  readonly keep: boolean;
  readonly journal: string | null;
}

const command = defineCommand({
  meta: { name: 'replay', description: 'Play an imported season again, and judge every act of it.' },
  args: {
    season: { type: 'string', required: true, description: 'the year of a season that was imported' },
    fans: { type: 'string', default: '20000', description: 'how many there are' },
    seed: { type: 'string', description: 'to play the same chances again' },
    keep: { type: 'boolean', default: false, description: "keep the replay's database, and say its name" },
    journal: { type: 'string', description: 'a file to write every act and its answer to, as JSON lines' },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  async run({ args }) {
    try {
      const wanted = {
        year: readNumber('--season', args.season, 1800, 2200),
        fans: readNumber('--fans', args.fans, 1, MOST_FANS),
        seed: readNumber('--seed', args.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1),
        keep: args.keep,
        journal: args.journal ?? null,
      };
      const report = await replay(readConfig(process.env), wanted);
      if (args.json) console.log(JSON.stringify(report));
      process.exitCode = isRight(report) ? 0 : 1;
    } catch (error) {
      failPlainly(error);
    }
  },
});

async function replay(config: Config, { year, fans, seed, keep, journal }: Wanted): Promise<Report> {
  if (config.production) {
    throw new ConflictError(
      'INVALID_STATE',
      'A season is replayed at its own time, and the clock cannot be set in production.',
    );
  }
  const database = await openDatabase(config);
  try {
    const season = await seasonIn(database.url, year);
    console.log(RETROSHEET_STATEMENT);
    const own = ownDatabaseBeside(database.url);
    if (keep) console.log(`Kept: the database ${own.name}`);
    whenInterrupted(async () => {
      if (!keep) await own.drop();
      await database.release();
    });
    try {
      await own.create();
      const began = performance.now();
      const stands = configOfStand(process.env);
      const setting = { season, database: own, fans, seed, config: stands, log: createLog(stands.LOG_LEVEL) };
      const played = await withBar((progress) => playSeason(setting, progress));
      if (journal) await writeJournal(journal, played);
      const findings = judge(played);
      const seconds = Math.round((performance.now() - began) / 1_000);
      const report = summarize(played, findings, { seed, seconds });
      console.log(describe(report, findings));
      return report;
    } finally {
      if (!keep) await own.drop();
    }
  } finally {
    await database.release();
  }
}

/** Whoever stops it in the middle finds nothing left behind either. */
function whenInterrupted(clear: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void clear().finally(() => process.exit(1)));
  }
}

async function writeJournal(file: string, { scene }: Played): Promise<void> {
  const lines = scene.journal.entries.map((entry) => `${JSON.stringify(entry)}\n`);
  await writeFile(file, lines.join(''));
}

async function seasonIn(url: string, year: number): Promise<Season> {
  const orm = await connectOrm(url, { max: 1 });
  try {
    return await readSeason(orm.em.fork(), year);
  } finally {
    await orm.close(true);
  }
}

async function withBar<T>(work: (progress: (done: number, of: number) => void) => Promise<T>): Promise<T> {
  const format = 'games [{bar}] {value}/{total}, {duration_formatted}';
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true });
  try {
    return await work((done, of) => {
      if (!bar.isActive) bar.start(of, 0);
      bar.update(done);
    });
  } finally {
    bar.stop();
  }
}

await runMain(command);
