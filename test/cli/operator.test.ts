/** The operator's commands, as an operator runs them: processes with an exit code and one clear message. */
import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listWhatIsCollected } from '../../src/consent/notice.ts';
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

  const CURRENT = '{ currentPolicy { version text sha256 materialChange } }';
  const words = async (text: string) => {
    const file = join(await mkdtemp(join(tmpdir(), 'policy-')), 'policy.txt');
    await writeFile(file, text);
    return file;
  };

  it('publishes a policy once, with the list of what is collected behind its words, and the server asks for it', async () => {
    const file = await words('You decide.');
    const publish = ['policy', 'publish', '--version', '2027-1', '--text', file, '--material'];
    const published = await run(...publish);
    expect(published.code).toBe(0);
    const { currentPolicy } = (await server.ask(null, CURRENT)).data;
    expect(currentPolicy).toMatchObject({ version: '2027-1', materialChange: true });
    expect(currentPolicy.text).toBe(`You decide.\n\n${listWhatIsCollected(server.schema)}`);
    expect(published.out).toContain(currentPolicy.sha256);
    await writeFile(file, 'We decide.');
    expect(await run(...publish)).toMatchObject({ code: 1, err: expect.stringContaining('published is final') });
    expect((await server.ask(null, CURRENT)).data.currentPolicy).toEqual(currentPolicy);
  });

  it('publishes words that are whole in themselves as they are, and what is to come as not yet in effect', async () => {
    const publish = ['policy', 'publish', '--text', await words('Tout est dit.')];
    const now = await run(...publish, '--version', '2027-2', '--verbatim', '--language', 'fr');
    const later = await run(...publish, '--version', '2099-1', '--effective-at', '2099-01-01T00:00:00Z');
    expect([now.code, later.code]).toEqual([0, 0]);
    const { data } = await server.ask(null, '{ currentPolicy { version text language } policies { version } }');
    expect(data.currentPolicy).toEqual({ version: '2027-2', text: 'Tout est dit.', language: 'fr' });
    expect(data.policies.at(-1)).toEqual({ version: '2099-1' });
  });

  it('sets an age of consent, which holds from then on', async () => {
    const { currentPolicy } = (await server.ask(null, '{ currentPolicy { version } }')).data;
    const input = {
      displayName: 'Kim',
      policyVersion: currentPolicy.version,
      birthYear: new Date().getUTCFullYear() - 16,
    };
    const enroll = async (subject: string) =>
      (await mutate(server, await tokenOf('FAN', subject), 'enrollFan', { ...input, jurisdiction: 'KR' })).code;
    expect(await enroll('kim')).toBe('GUARDIAN_REQUIRED');
    const set = ['age', 'set', '--jurisdiction', 'KR', '--years', '14', '--source', 'PIPA Art. 22-2'];
    expect(await run(...set)).toMatchObject({ code: 0, out: expect.stringContaining('14') });
    const heard = 'select min(l.acked) >= max(c.seq) as everywhere from consent_lease l, consent_clock c';
    expect(await server.services.orm.em.fork().execute(heard)).toEqual([{ everywhere: true }]);
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
