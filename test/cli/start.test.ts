/**
 * `npm start` as a user meets it. From an empty data directory everything is there and works; a kill -9 loses nothing;
 * SIGTERM leaves nothing behind; commands work beside it; and what cannot be started says why, all at once, and plainly.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mutate, POLICY } from '../support/operations.ts';
import {
  type DataDirectory,
  makeDataDirectory,
  runProgram,
  type ServerProcess,
  startProcess,
  startProgram,
  startServerProcess,
  until,
} from '../support/process.ts';
import { withAdmin } from '../support/template.ts';

const MAIN = 'src/main.ts';
const OPERATOR = 'src/cli/operator.ts';
const YOUR_OWN_ISSUER = { JWKS_URL: 'https://id.example/jwks', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'club' };

/** The settings that a refusal names, in its order; anything that is not one line a setting shows up too. */
function refused(err: string): string[] {
  const [title, ...lines] = err.split('\n');
  expect(title).toBe('The settings cannot be used:');
  return lines.map((line) => /^ {2}([A-Z_]+): \S/.exec(line)?.[1] ?? line);
}

describe('a start that cannot be', () => {
  let dir: DataDirectory;
  beforeEach(async () => {
    dir = await makeDataDirectory();
  });
  afterEach(() => dir.remove());

  const start = (settings: Record<string, string>) =>
    runProgram(MAIN, [], { DATA_DIR: dir.path, PORT: '0', ...settings });

  it('names every bad setting in one message, and touches nothing', async () => {
    const { code, out, err } = await start({
      PORT: 'abc',
      LOG_LEVEL: 'x',
      DATABASE_URL: 'nonsense',
      REDIS_URL: 'http://127.0.0.1',
      MASTER_KEY: 'short',
      GRAPHIQL: 'maybe',
      JWT_ISSUER: 'https://id.example',
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(refused(err).sort()).toEqual(
      ['DATABASE_URL', 'GRAPHIQL', 'JWKS_URL', 'LOG_LEVEL', 'MASTER_KEY', 'PORT', 'REDIS_URL'].sort(),
    );
    expect(existsSync(dir.path)).toBe(false);
  });

  it.each([
    ['the development issuer and the default key', {}, ['JWKS_URL', 'MASTER_KEY']],
    ['the development issuer', { MASTER_KEY: 'k'.repeat(32) }, ['JWKS_URL']],
    ['the default key', YOUR_OWN_ISSUER, ['MASTER_KEY']],
    [
      'the default key, written out',
      { ...YOUR_OWN_ISSUER, MASTER_KEY: 'tightrope-development-master-key-0000000000' },
      ['MASTER_KEY'],
    ],
    ['them beside any other mistake', { PORT: '99999999' }, ['PORT', 'JWKS_URL', 'MASTER_KEY']],
  ])('in production refuses %s', async (_, settings, names) => {
    const { code, err } = await start({ NODE_ENV: 'production', ...settings });
    expect(code).toBe(1);
    expect(refused(err)).toEqual(names);
    expect(existsSync(dir.path)).toBe(false);
  });

  it('says in one line that the database cannot be reached, and not with which password', async () => {
    const [port, close] = await takePort();
    await close();
    const { code, out, err } = await start({ DATABASE_URL: `postgres://ann:secret@127.0.0.1:${port}/club` });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`The database at 127.0.0.1:${port} cannot be reached`);
    expect(err.split('\n')).toHaveLength(1);
    expect(err).not.toContain('secret');
  });

  it('says in one line that DATA_DIR is not a directory', async () => {
    await mkdir(dirname(dir.path), { recursive: true });
    await writeFile(dir.path, 'a file');
    const { code, out, err } = await start({});
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`DATA_DIR: ${dir.path} cannot be used`);
    expect(err.split('\n')).toHaveLength(1);
  });

  it('says in one line that the port is taken, and stops the database that it has started', async () => {
    const [port, close] = await takePort();
    const { code, out, err } = await start({ PORT: String(port) });
    await close();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`PORT: ${port} is taken`);
    expect(err.split('\n')).toHaveLength(1);
    expect(existsSync(dir.file('postgres', 'PG_VERSION'))).toBe(true);
    expect(dir.postgres()).toBeNull();
  });

  it('stops the database when it is told to end while it starts', async () => {
    const { child, ended } = startProgram(MAIN, [], { DATA_DIR: dir.path, PORT: '0' });
    await until(() => dir.postgres() !== null || child.exitCode !== null);
    child.kill('SIGTERM');
    // As Ctrl-C comes twice under npm.
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, err: '' });
    expect(dir.postgres()).toBeNull();
  });
});

describe('npm start', () => {
  let dir: DataDirectory;
  beforeAll(async () => {
    dir = await makeDataDirectory();
  });
  afterAll(() => dir.remove());

  it('ends with exit code 0 when it is told to, and nothing of it goes on', async () => {
    const npm = startProcess('npm', ['start', '--silent'], { DATA_DIR: dir.path, PORT: '0' });
    const [, url] = await npm.said(/Policy\s+(\S+)\/policy/);
    npm.child.kill('SIGTERM');
    expect(await npm.ended).toMatchObject({ code: 0 });
    expect(dir.postgres()).toBeNull();
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });
});

describe('a server from an empty data directory', () => {
  let dir: DataDirectory;
  let server: ServerProcess;
  beforeAll(async () => {
    dir = await makeDataDirectory();
    server = await startServerProcess({ DATA_DIR: dir.path });
  });
  afterAll(() => dir.remove());

  const createPartner = (code: string) =>
    runProgram(OPERATOR, ['partner', 'create', '--code', code, '--name', 'Acme'], { DATA_DIR: dir.path });
  const isReady = async () => (await fetch(`${server.url}/ready`)).json();

  it('is ready', async () => {
    expect(await isReady()).toEqual({ ready: true });
  });

  it('prints the URL of its database', async () => {
    const { rows } = await withAdmin(server.databaseUrl, (db) => db.query('select subject from fan order by subject'));
    expect(rows).toEqual(['avery', 'blake', 'casey'].map((subject) => ({ subject })));
  });

  it('prints demo tokens that work', async () => {
    const viewers: unknown[] = [];
    for (const token of server.tokens.values()) {
      const { data } = await server.ask(token, '{ viewer { role fan { displayName } partner { code } } }');
      viewers.push(data.viewer);
    }
    expect(viewers).toEqual([
      { role: 'FAN', fan: { displayName: 'Avery' }, partner: null },
      { role: 'FAN', fan: { displayName: 'Blake' }, partner: null },
      { role: 'FAN', fan: { displayName: 'Casey' }, partner: null },
      { role: 'PARTNER', fan: null, partner: { code: 'demo-partner' } },
      { role: 'STAFF', fan: null, partner: null },
      { role: 'DEVICE', fan: null, partner: null },
    ]);
  });

  it('has a command working beside it on its database, which the command leaves running', async () => {
    const before = dir.postgres();
    expect(await createPartner('acme')).toMatchObject({ code: 0, err: '' });
    const { data } = await server.ask(null, '{ partners(first: 100) { edges { node { code } } } }');
    expect(data.partners.edges).toContainEqual({ node: { code: 'acme' } });
    expect(await isReady()).toEqual({ ready: true });
    expect(dir.postgres()).toBe(before);
  });

  it('comes back after a kill -9 with everything that was there', async () => {
    const { out: token } = await runProgram('src/cli/token.ts', ['--role', 'FAN', '--sub', 'ada'], {});
    await mutate(server, token, 'enrollFan', { displayName: 'Ada', policyVersion: POLICY });
    server.child.kill('SIGKILL');
    expect(await server.ended).toMatchObject({ signal: 'SIGKILL' });

    server = await startServerProcess({ DATA_DIR: dir.path });
    expect(await isReady()).toEqual({ ready: true });
    const { data } = await server.ask(token, '{ me { displayName } }');
    expect(data.me).toEqual({ displayName: 'Ada' });
  });

  it('ends at SIGTERM with exit code 0, having stopped its database and kept what is in it', async () => {
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, err: '' });
    expect(dir.postgres()).toBeNull();
    await expect(withAdmin(server.databaseUrl, async () => {})).rejects.toThrow('ECONNREFUSED');
    expect(await createPartner('acme')).toMatchObject({ code: 1, err: expect.stringContaining('there already') });
  });
});

describe('npm run token', () => {
  it('prints one token and nothing else on standard output', async () => {
    const args = ['run', '--silent', 'token', '--', '--role', 'FAN', '--sub', 'x'];
    const { code, out } = await startProcess('npm', args).ended;
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(1);
    expect(decodeJwt(out)).toMatchObject({ role: 'FAN', sub: 'x' });
  });

  it.each([
    [['--role', 'ADMIN', '--sub', 'x'], {}, '--role must be'],
    [['--role', 'FAN', '--sub', 'x', '--expires-in', 'soon'], {}, '--expires-in'],
    [['--role', 'FAN', '--sub', 'x'], { ...YOUR_OWN_ISSUER }, 'your own issuer'],
  ])('says in one line why it prints none for %j', async (args, settings, reason) => {
    const { code, out, err } = await runProgram('src/cli/token.ts', args, settings);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(reason);
    expect(err.split('\n')).toHaveLength(1);
  });
});

/** A port on which something listens, until it is closed. */
function takePort(): Promise<[number, () => Promise<void>]> {
  return new Promise((resolve) => {
    const taken = createServer().listen(0, '127.0.0.1', () => {
      const { port } = taken.address() as { port: number };
      resolve([port, () => new Promise((closed) => taken.close(() => closed()))]);
    });
  });
}
