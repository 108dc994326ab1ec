/**
 * The embedded PostgreSQL between processes: those that start at one moment share it, the last to leave stops it and
 * nobody before them, and nothing that a killed process leaves behind stands in the way of the next.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { withStartLock } from '../../src/db/start-lock.ts';
import { type DataDirectory, makeDataDirectory, runProgram, startProgram, until } from '../support/process.ts';
import { withAdmin } from '../support/template.ts';

const FAST = { fsync: 'off' };
const CLEAR_AWAY = { recursive: true, force: true, maxRetries: 20 };

let dir: DataDirectory;
beforeEach(async () => {
  dir = await makeDataDirectory();
});
afterEach(() => dir.remove());

const createPartner = (code: string) =>
  runProgram('src/cli/operator.ts', ['partner', 'create', '--code', code, '--name', code], { DATA_DIR: dir.path });

describe('processes on one data directory', () => {
  it('start together on an empty one, share one cluster, and the last to leave stops it', async () => {
    const codes = ['ann', 'bob', 'cyd'];
    const all = await Promise.all(codes.map(createPartner));
    expect(all).toEqual(codes.map((code) => expect.objectContaining({ code: 0, out: `Partner ${code} is created.` })));
    expect(dir.postgres()).toBeNull();

    const server = await startEmbeddedPostgres({ dataDir: dir.path });
    const { rows } = await withAdmin(server.url, (db) => db.query('select code from partner order by code'));
    await server.stop();
    expect(rows).toEqual(codes.map((code) => ({ code })));
    expect(dir.postgres()).toBeNull();
  });

  it('take turns at starting and stopping', async () => {
    let [inside, most] = [0, 0];
    const turn = () =>
      withStartLock(dir.path, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await sleep(50);
        inside -= 1;
      });
    await Promise.all([turn(), turn(), turn()]);
    expect(most).toBe(1);
  });
});

describe('whoever leaves', () => {
  const start = () => startEmbeddedPostgres({ dataDir: dir.path, settings: FAST });
  const connect = async (url: string) => {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return client;
  };

  it('does not stop the server under another, even where a crash took everybody’s connections', async () => {
    const [leaving, staying] = [await start(), await start()];
    await withAdmin(leaving.url, (db) =>
      db.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`),
    );
    // A crash of one backend ends them all; the other process's pool is the first to be back.
    const pool = await connect(staying.url);
    await leaving.stop();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
    await staying.stop();
    expect(dir.postgres()).toBeNull();
  });

  it('stops it though a connection of their own is still on its way out', async () => {
    const server = await start();
    const pool = await connect(server.url);
    const leaving = sleep(200).then(() => pool.end());
    await server.stop();
    expect(dir.postgres()).toBeNull();
    await leaving;
  });

  it('leaves it to a person who is connected', async () => {
    const server = await start();
    const person = await connect(server.url);
    await server.stop();
    expect((await person.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await person.end();
  });
});

describe('after a kill -9', () => {
  const growing = () => existsSync(dir.path) && readdirSync(dir.path).find((name) => name.startsWith('postgres.new-'));
  const MOMENTS: [string, () => unknown][] = [
    ['as the lock is taken', () => existsSync(dir.file('start.lock'))],
    ['as the cluster begins to be made', growing],
    ['as the cluster is half made', () => growing() && existsSync(dir.file(growing() as string, 'global'))],
    ['as the cluster is nearly made', () => growing() && existsSync(dir.file(growing() as string, 'pg_hba.conf'))],
    ['as the server starts', () => dir.postgres() !== null],
  ];

  it.each(MOMENTS)('%s, the next start finds no obstacle', async (_, come) => {
    const killed = startProgram('src/main.ts', [], { DATA_DIR: dir.path, PORT: '0' });
    await until(() => come() || killed.child.exitCode !== null);
    killed.child.kill('SIGKILL');
    expect(await createPartner('ann')).toMatchObject({ code: 0, err: '' });
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(dir.postgres()).toBeNull();
    expect(existsSync(dir.file('start.lock'))).toBe(false);
  });

  it('an initdb that outlives its parent, and clears away what it cannot finish, clears away nothing else', async () => {
    const killed = startProgram('src/main.ts', [], { DATA_DIR: dir.path, PORT: '0' });
    await until(() => growing() || killed.child.exitCode !== null);
    killed.child.kill('SIGKILL');
    const left = dir.file(growing() as string);
    let isDone = false;
    const next = createPartner('ann').finally(() => {
      isDone = true;
    });
    while (!isDone) {
      for (const name of existsSync(left) ? readdirSync(left) : []) rmSync(join(left, name), CLEAR_AWAY);
      await sleep(5);
    }
    expect(await next).toMatchObject({ code: 0, err: '' });
  });

  it('a lock is taken over that was not even signed', async () => {
    await mkdir(dir.path);
    await writeFile(dir.file('start.lock'), '');
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(dir.file('start.lock'), longAgo, longAgo);
    expect(await withStartLock(dir.path, async () => 'in')).toBe('in');
  });

  it.runIf(process.platform === 'linux')(
    'a lock is taken over whose owner’s number is another process’s by now',
    async () => {
      await mkdir(dir.path);
      await writeFile(dir.file('start.lock'), `${process.pid} 1`);
      expect(await withStartLock(dir.path, async () => 'in')).toBe('in');
    },
  );
});
