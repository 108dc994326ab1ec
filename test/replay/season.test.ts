/** A season of a dozen games, invented and in Retrosheet's form, played again by the command as an operator calls it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { importRetrosheet } from '../../src/venues/import/retrosheet.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const REPLAY = fileURLToPath(new URL('../../replay/main.ts', import.meta.url));

const PARKS = [
  'PARKID,NAME,AKA,CITY,STATE,START,END,LEAGUE,NOTES',
  'EST01,Harbor Field,,Boston,MA,04/01/2018,,NA,""',
  'WES01,Mission Park,,Oakland,CA,04/01/2018,,NA,""',
].join('\n');

/** Two teams at home in turn, by day and by night, one doubleheader. */
const GAMES = [
  ['20180403', '0', 'WES', 'EST', 'D', 'EST01'],
  ['20180403', '0', 'EST', 'WES', 'N', 'WES01'],
  ['20180404', '0', 'WES', 'EST', 'N', 'EST01'],
  ['20180405', '1', 'WES', 'EST', 'D', 'EST01'],
  ['20180405', '2', 'WES', 'EST', 'N', 'EST01'],
  ['20180406', '0', 'WES', 'EST', 'N', 'EST01'],
  ['20180410', '0', 'EST', 'WES', 'D', 'WES01'],
  ['20180411', '0', 'EST', 'WES', 'N', 'WES01'],
  ['20180412', '0', 'EST', 'WES', 'N', 'WES01'],
  ['20180420', '0', 'EST', 'WES', 'D', 'WES01'],
  ['20180421', '0', 'WES', 'EST', 'D', 'EST01'],
  ['20180422', '0', 'WES', 'EST', 'D', 'EST01'],
].map(([day, number, away, home, hour, park]) => {
  const cells: Record<number, string> = {
    1: day!,
    2: number!,
    4: away!,
    7: home!,
    10: '1',
    11: '2',
    13: hour!,
    17: park!,
  };
  return Array.from({ length: 161 }, (_, place) => `"${cells[place + 1] ?? ''}"`).join(',');
});

describe('a season that was imported', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let folder: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url, { max: 2 });
    folder = await mkdtemp(join(tmpdir(), 'tightrope-replay-'));
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const replay = (args: readonly string[], environment: Record<string, string> = {}) =>
    new Promise<{ code: number | null; out: string; error: string }>((resolve) => {
      const env = { ...process.env, DATABASE_URL: database.url, ...environment };
      const child = spawn(process.execPath, [REPLAY, ...args], { env });
      let [out, error] = ['', ''];
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => (error += chunk));
      child.on('close', (code) => resolve({ code, out: out.trim(), error }));
    });
  const query = (statement: string) => orm.em.fork().execute(statement);

  it('has to be imported before it is played', async () => {
    const { code, error } = await replay(['--season', '2018']);
    expect([code, error]).toEqual([1, expect.stringContaining('npm run import -- retrosheet GL2018.TXT')]);
  });

  it('is played again, judged, and leaves nothing behind', async () => {
    const files = { games: join(folder, 'GL2018.TXT'), parks: join(folder, 'parkcode.txt') };
    await writeFile(files.games, GAMES.join('\n'));
    await writeFile(files.parks, PARKS);
    await importRetrosheet(orm.em.fork(), files, { progress: () => {}, refused: () => {} });
    const facts = 'select * from game order by id';
    const before = await query(facts);
    const { code, out, error } = await replay(['--season', '2018', '--fans', '60', '--seed', '5', '--json']);
    expect(error).toBe('');
    const report = JSON.parse(out.split('\n').at(-1)!);
    expect([code, report]).toEqual([
      0,
      expect.objectContaining({
        season: 2018,
        seed: 5,
        games: 12,
        overRedemptions: 0,
        unexplainedPoints: 0,
        violations: 0,
      }),
    ]);
    for (const count of ['claims', 'redemptions', 'purchases', 'pointsEarned', 'withdrawals', 'refusals', 'heard']) {
      expect([count, report[count]]).toEqual([count, expect.toSatisfy((value) => value > 0)]);
    }
    expect(out).toContain('free of charge from and is copyrighted by Retrosheet');
    expect(await query(facts)).toEqual(before);
    expect(await query('select (select count(*) from fan) as fans, (select count(*) from policy) as policies')).toEqual(
      [{ fans: '0', policies: '0' }],
    );
    expect(await query("select datname from pg_database where datname like 'tightrope_replay_%'")).toEqual([]);
  }, 240_000);

  it('leaves nothing behind when it is interrupted', async () => {
    const own = () => query("select datname from pg_database where datname like 'tightrope_replay_%'");
    const env = { ...process.env, DATABASE_URL: database.url };
    const child = spawn(process.execPath, [REPLAY, '--season', '2018', '--fans', '2000'], { env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await expect.poll(own, { timeout: 60_000 }).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    child.kill('SIGINT');
    expect(await ended).not.toBe(0);
    expect(await own()).toEqual([]);
  }, 120_000);

  it('is not played where the clock cannot be set', async () => {
    const production = {
      NODE_ENV: 'production',
      MASTER_KEY: 'a key of its own, long enough for everybody',
      JWKS_URL: 'https://issuer.example/jwks.json',
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'tightrope',
    };
    const { code, error } = await replay(['--season', '2018'], production);
    expect([code, error]).toEqual([1, expect.stringContaining('cannot be set in production')]);
  });
});
