/** The operator's commands, as an operator runs them: processes with an exit code and one clear message. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const OPERATOR = fileURLToPath(new URL('../../src/cli/operator.ts', import.meta.url));

describe('the operator', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const run = (...args: string[]) =>
    new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      const env = { ...process.env, DATABASE_URL: server.databaseUrl };
      const child = spawn(process.execPath, [OPERATOR, ...args], { env });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => (err += chunk));
      child.on('close', (code) => resolve({ code, out: out.trim(), err: err.trim() }));
    });

  it('sets up a venue, a zone, a game and a partner beside the running server, which shows them', async () => {
    const venue = ['venue', 'create', '--code', 'RIV', '--name', 'Riverside', '--city', 'Albany', '--state', 'NY'];
    expect((await run(...venue, '--time-zone', 'America/New_York')).code).toBe(0);
    expect(
      (await run('zone', 'create', '--venue', 'RIV', '--code', 'g1', '--name', 'Gate', '--kind', 'GATE')).code,
    ).toBe(0);
    const game = await run('game', 'create', '--venue', 'RIV', '--starts-at', '2027-05-01T17:00:00Z');
    expect((await run('partner', 'create', '--code', 'acme', '--name', 'Acme')).code).toBe(0);
    const { data } = await server.ask(
      null,
      `{ node(id: "${game.out}") { ... on Game { startsAt status venue { code zones { code } } } }
         partners(first: 100) { edges { node { code } } } }`,
    );
    expect(data.node).toEqual({
      startsAt: '2027-05-01T17:00:00.000Z',
      status: 'SCHEDULED',
      venue: { code: 'RIV', zones: [{ code: 'g1' }] },
    });
    expect(data.partners.edges).toContainEqual({ node: { code: 'acme' } });
  });

  it('publishes a policy once, and the server asks for it from then on', async () => {
    const file = join(tmpdir(), `policy-${process.pid}.txt`);
    await writeFile(file, 'You decide.');
    const publish = ['policy', 'publish', '--version', '2027-1', '--text', file, '--material'];
    expect((await run(...publish)).code).toBe(0);
    expect(await run(...publish)).toMatchObject({ code: 1, err: expect.stringContaining('published is final') });
    const { data } = await server.ask(null, '{ currentPolicy { version text materialChange } }');
    expect(data.currentPolicy).toEqual({ version: '2027-1', text: 'You decide.', materialChange: true });
  });

  it('sets an age of consent, which holds from then on', async () => {
    const input = { displayName: 'Kim', policyVersion: '2027-1', birthYear: new Date().getUTCFullYear() - 16 };
    const enroll = async (subject: string) =>
      (await mutate(server, await tokenOf('FAN', subject), 'enrollFan', { ...input, jurisdiction: 'KR' })).code;
    expect(await enroll('kim')).toBe('GUARDIAN_REQUIRED');
    const set = ['age', 'set', '--jurisdiction', 'KR', '--years', '14', '--source', 'PIPA Art. 22-2'];
    expect(await run(...set)).toMatchObject({ code: 0, out: expect.stringContaining('14') });
    expect(await enroll('kim')).toBeUndefined();
  });

  it.each([
    [['age', 'set', '--jurisdiction', 'Narnia', '--years', '14', '--source', 'x'], 'ISO 3166'],
    [['partner', 'create', '--code', 'demo-partner', '--name', 'Again'], 'there already'],
    [['zone', 'create', '--venue', 'NONE', '--code', 'z', '--name', 'Z', '--kind', 'GATE'], 'NONE was not found'],
    [['zone', 'create', '--venue', 'BOS07', '--code', 'z', '--name', 'Z', '--kind', 'MOON'], 'kind'],
    [['venue', 'create', '--code', 'M', '--name', 'M', '--city', 'M', '--time-zone', 'Mars/Base'], 'IANA'],
    [['policy', 'publish', '--version', 'x', '--text', '/none'], 'cannot be read'],
  ])('is told in one line why %j is refused', async (args, reason) => {
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toContain(reason);
    expect(err.split('\n')).toHaveLength(1);
  });
});
