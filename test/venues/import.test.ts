/** Real schedules in Retrosheet's own form, of any season since 1871. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { importRetrosheet } from '../../src/venues/import/retrosheet.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const DATA = fileURLToPath(new URL('../../../shared/data/retrosheet/', import.meta.url));
const present = existsSync(DATA);
const absent = present ? '' : ' (skipped: the data is not here)';

/** A row in Retrosheet's form; what is left out is unknown. */
const row = (cells: Record<number, string>) =>
  Array.from({ length: 161 }, (_, place) => `"${cells[place + 1] ?? ''}"`).join(',');
const played = (more: Record<number, string> = {}) =>
  row({ 1: '18710504', 2: '0', 4: 'CL1', 7: 'FW1', 10: '0', 11: '2', 13: 'D', 17: 'FOR01', 18: '200', ...more });
const PARKS = [
  'PARKID,NAME,AKA,CITY,STATE,START,END,LEAGUE,NOTES',
  'FOR01,Grand Duchess,Hamilton Field,Fort Wayne,IN,05/04/1871,08/29/1871,NA,""',
  'KEO01,Perry Park,,Keokuk,IA,05/04/1875,06/14/1875,NA,"one game; more or less"',
  'TOK01,Tokyo Dome,,Tokyo,JAP,03/29/2000,03/26/2008,,"NYN&CHN:2000"',
].join('\n');

describe('importing a season', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let folder: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
    folder = await mkdtemp(join(tmpdir(), 'tightrope-import-'));
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const query = (statement: string) => orm.em.fork().execute(statement);
  const load = async (games: string, parks = PARKS) => {
    const files = { games: join(folder, 'GL.TXT'), parks: join(folder, 'parks.txt') };
    await writeFile(files.games, games);
    await writeFile(files.parks, parks);
    return loadFiles(files);
  };
  const loadFiles = async (files: { games: string; parks: string }) => {
    const refusals: string[] = [];
    const report = await importRetrosheet(orm.em.fork(), files, {
      progress: () => {},
      refused: (file, line, reason) => refusals.push(`${file}:${line} ${reason}`),
    });
    return { report, refusals };
  };

  it('keeps what is unknown unknown, and the forfeits, suspensions and odd days of the early seasons', async () => {
    const { report, refusals } = await load(
      [
        played({ 18: '', 13: '' }),
        played({ 1: '18710505', 15: 'V', 10: '', 11: '' }),
        played({ 1: '18710506', 2: 'A', 14: '18710601,FOR01,3,4,54' }),
        played({ 1: '18710506', 2: 'B', 17: 'KEO01', 13: 'N' }),
      ].join('\r\n'),
    );
    expect([report, refusals]).toEqual([{ venues: 3, teams: 2, games: 4, refused: 0 }, []]);
    const games = await query(`select source_key, attendance, forfeit, home_score, completion, game_number, status,
      start_precision, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as utc from game order by source_key`);
    expect(games).toMatchObject([
      { source_key: 'FW1187105040', attendance: null, forfeit: null, start_precision: 'DATE', status: 'FINAL' },
      { source_key: 'FW1187105050', attendance: 200, forfeit: 'V', home_score: null },
      { source_key: 'FW1187105061', completion: '18710601,FOR01,3,4,54', game_number: 1 },
      { source_key: 'FW1187105062', game_number: 2 },
    ]);
  });

  it('reads the hour in the time of the venue, summer and winter', async () => {
    const at = (day: string, hour: string) => played({ 1: day, 13: hour, 17: 'TOK01', 7: 'NYN' });
    const summer = played({ 1: '20180701', 13: 'N', 17: 'KEO01', 7: 'KEO' });
    const winter = played({ 1: '20181111', 13: 'N', 17: 'KEO01', 7: 'KEO' });
    await load([at('20000329', 'N'), summer, winter].join('\n'));
    const rows = await query(`select to_char(starts_at at time zone 'UTC', 'MM-DD HH24:MI') as utc from game
      where source_key in ('NYN200003290', 'KEO201807010', 'KEO201811110') order by starts_at`);
    expect(rows).toEqual([{ utc: '03-29 10:00' }, { utc: '07-02 00:00' }, { utc: '11-12 01:00' }]);
  });

  it('names a row that cannot be used by its line and reason, and keeps the rest', async () => {
    const { report, refusals } = await load(
      [
        played({ 1: '18720504' }),
        played({ 1: '18721345' }),
        played({ 1: '18720505' }).replace('"0",', ''),
        played({ 1: '18720506', 11: 'two' }),
        played({ 1: '18720507', 17: 'XXX99' }),
        played({ 1: '18720508', 13: 'X' }),
        played({ 1: '18720509', 2: 'constructor' }),
        `"${played({ 1: '18720510' })}`,
        '',
        played({ 1: '18720511' }),
      ].join('\n'),
      `${PARKS}\nMAR01,Olympus,,Base,MARS,01/01/1999,,,""`,
    );
    expect(report).toMatchObject({ games: 2, refused: 8 });
    expect(refusals).toEqual([
      'parks.txt:5 the time zone of "Base", "MARS" is not known',
      'GL.TXT:2 "18721345" is not a date since 1871',
      'GL.TXT:3 160 columns instead of 161',
      'GL.TXT:4 home team\'s runs "two" is not a number',
      'GL.TXT:6 "X" is neither D nor N',
      'GL.TXT:7 game number "constructor" is none of 0, 1, 2, 3, A, B',
      'GL.TXT:8 the quotation marks do not match',
      'GL.TXT:5 the park XXX99 is not in parks.txt',
    ]);
    expect(
      await query(`select source_key from game where starts_at between '1872-01-01' and '1873-01-01' order by 1`),
    ).toEqual([{ source_key: 'FW1187205040' }, { source_key: 'FW1187205110' }]);
  });

  it('knows a park by its code when it is renamed, and keeps what was measured there', async () => {
    await load(played());
    await query(`update venue set latitude = 41.08, longitude = -85.14 where code = 'FOR01'`);
    await load(played(), PARKS.replace('Grand Duchess', 'Kekionga Base Ball Grounds'));
    expect(await query(`select name, latitude from venue where code = 'FOR01'`)).toEqual([
      { name: 'Kekionga Base Ball Grounds', latitude: 41.08 },
    ]);
  });

  it('says plainly what is wrong with a file', async () => {
    const parks = join(folder, 'parks.txt');
    await expect(loadFiles({ games: join(folder, 'none'), parks })).rejects.toThrow('there is no such file');
    await expect(loadFiles({ games: folder, parks })).rejects.toThrow('it is a directory');
    await expect(load('rubbish')).rejects.toThrow('no game');
    await expect(load(played(), '')).rejects.toThrow('no park');
  });

  it.skipIf(!present)(`loads all 2,431 games of 2018 twice without a duplicate${absent}`, async () => {
    const files = { games: join(DATA, 'GL2018.TXT'), parks: join(DATA, 'parkcode.txt') };
    const counts = () =>
      query(`select count(*)::int as games, count(distinct source_key)::int as keys,
        count(*) filter (where game_number > 0)::int as doubleheaders, count(completion)::int as suspended
        from game where starts_at between '2018-01-01' and '2019-01-01' and source_key not like 'KEO%'`);
    const expected = [{ games: 2431, keys: 2431, doubleheaders: 68, suspended: 2 }];
    for (let time = 0; time < 2; time += 1) {
      const { report, refusals } = await loadFiles(files);
      expect([report, refusals]).toEqual([{ venues: 252, teams: 30, games: 2431, refused: 0 }, []]);
      expect(await counts()).toEqual(expected);
    }
  });
});
