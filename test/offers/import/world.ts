/** Three small files, and the commands that read and write them, as an operator runs them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectOrm } from '../../../src/db/orm.ts';
import { createTestDatabase } from '../../support/database.ts';
import { type Ended, runProgram } from '../../support/process.ts';

export const NAMES = ['campaign_descriptions.csv', 'campaigns.csv', 'coupon_redemptions.csv'] as const;

export interface Files {
  descriptions?: string;
  targets?: string;
  redemptions?: string;
}

export interface Imported {
  readonly ended: Ended;
  // biome-ignore lint/suspicious/noExplicitAny: what the command says, the test compares
  readonly report: any;
  readonly refusals: string[];
}

export interface Shop {
  readonly databaseUrl: string;
  importFiles(files: Files, args?: readonly string[], settings?: Record<string, string>): Promise<Imported>;
  importFolder(folder: string, args?: readonly string[], settings?: Record<string, string>): Promise<Imported>;
  folderOf(files: Files): Promise<string>;
  /** The three files, as they are exported now. */
  exportFiles(args?: readonly string[]): Promise<string[]>;
  sql<Row extends object = Record<string, unknown>>(statement: string): Promise<Row[]>;
  close(): Promise<void>;
}

export const DESCRIPTIONS = [
  'campaign_id,campaign_type,start_date,end_date',
  '8,Type A,2017-05-08,2017-06-25',
  '13,"Type ""B"", summer",2017-08-08,2017-09-24',
].join('\n');
export const TARGETS = ['campaign_id,household_id', '8,1', '8,2', '13,1', '13,17'].join('\n');
export const REDEMPTIONS = [
  'household_id,coupon_upc,campaign_id,redemption_date',
  '1,51700010076,8,2017-05-08',
  '1,51700010076,8,2017-06-25',
  '2,10000085429,8,2017-05-30',
  '17,10000085429,13,2017-09-01',
].join('\n');

export async function openShop(existingUrl?: string): Promise<Shop> {
  const database = existingUrl ? null : await createTestDatabase();
  const databaseUrl = existingUrl ?? database!.url;
  const orm = await connectOrm(databaseUrl);
  const root = await mkdtemp(join(tmpdir(), 'tightrope-campaigns-'));
  const settings = { DATABASE_URL: databaseUrl, NODE_ENV: 'test' };
  const folderOf = async ({ descriptions = DESCRIPTIONS, targets = TARGETS, redemptions = REDEMPTIONS }: Files) => {
    const folder = await mkdtemp(join(root, 'files-'));
    for (const [place, text] of [descriptions, targets, redemptions].entries()) {
      await writeFile(join(folder, NAMES[place]!), text);
    }
    return folder;
  };
  const importFolder: Shop['importFolder'] = async (folder, args = [], more = {}) => {
    const command = ['campaigns', folder, '--json', ...args];
    const ended = await runProgram('src/cli/import.ts', command, { ...settings, ...more });
    const report = ended.code === 0 ? JSON.parse(ended.out.split('\n').at(-1)!) : null;
    return { ended, report, refusals: ended.err === '' ? [] : ended.err.split('\n') };
  };
  return {
    databaseUrl,
    folderOf,
    importFolder,
    importFiles: async (files, args, more) => importFolder(await folderOf(files), args, more),
    exportFiles: async (args = []) => {
      const folder = join(await mkdtemp(join(root, 'export-')), 'new');
      const ended = await runProgram('src/cli/export.ts', ['campaigns', folder, ...args], settings);
      if (ended.code !== 0) throw new Error(ended.err);
      return Promise.all(NAMES.map((name) => readFile(join(folder, name), 'utf8')));
    },
    sql: (statement) => orm.em.fork().execute(statement),
    close: async () => {
      await orm.close(true);
      await database?.drop();
      await rm(root, { recursive: true });
    },
  };
}
