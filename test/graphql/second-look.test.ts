/** What was decided is looked at again in the tick that writes it: an answer that a withdrawal overtook is not given. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollFan, mutate } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { overWebSocket } from '../support/stream.ts';

const QUERY = '{ me { id displayName favoriteTeam { code } } }';

const overHttp = (server: TestServer, token: string, query: string): Promise<Answer> => server.ask(token, query);
const overSocket = async (server: TestServer, token: string, query: string): Promise<Answer> => {
  const stream = await overWebSocket(server.url, token, query, {});
  const answer = await stream.waitFor(() => true);
  await stream.close();
  return answer;
};

describe.each([
  ['HTTP', overHttp],
  ['WebSocket', overSocket],
] as const)('an answer over %s', (_, ask) => {
  let server: TestServer;
  let admin: Client;
  /** Of its own: within a transaction the list of activities stands still. */
  let watcher: Client;
  beforeAll(async () => {
    server = await startTestServer();
    admin = new Client({ connectionString: server.databaseUrl });
    watcher = new Client({ connectionString: server.databaseUrl });
    await Promise.all([admin.connect(), watcher.connect()]);
  });
  afterAll(async () => {
    await Promise.all([admin.end(), watcher.end()]);
    await server.close();
  });

  async function fanOfATeam(): Promise<string> {
    const { token } = await enrollFan(server, ['PROFILE_PREFERENCES']);
    const { data } = await server.ask(null, '{ teams(first: 1) { edges { node { id } } } }');
    const updated = await mutate(server, token, 'updateMe', { favoriteTeamId: data.teams.edges[0].node.id });
    expect(updated.fan.favoriteTeam).not.toBeNull();
    return token;
  }

  /** The operation has decided and waits for its team; meanwhile the fan withdraws. */
  async function overtake(token: string, query: string): Promise<Answer> {
    await admin.query('begin');
    await admin.query('lock table team in access exclusive mode');
    const asking = ask(server, token, query);
    await expect.poll(async () => (await watcher.query(WAITING)).rows.length, { timeout: 10_000 }).toBe(1);
    await mutate(server, token, 'withdrawConsent', { scopes: ['PROFILE_PREFERENCES'] });
    await admin.query('commit');
    return asking;
  }

  it('shows the team when nothing happens meanwhile', async () => {
    const { data } = await ask(server, await fanOfATeam(), QUERY);
    expect(data.me.favoriteTeam.code).toBeTruthy();
  });

  it('is asked again when a withdrawal overtook it', async () => {
    const { data, errors } = await overtake(await fanOfATeam(), QUERY);
    expect(errors).toBeUndefined();
    expect(data.me.favoriteTeam).toBeNull();
    expect(data.me.displayName).toBeTruthy();
  });

  it('leaves the gated fields out when it was a mutation, which is not repeated', async () => {
    const token = await fanOfATeam();
    const mutation = `mutation { updateMe(input: { displayName: "Once" }) {
      ... on UpdateMeSuccess { fan { id nickname: displayName ...Taste } } ... on Error { code } } }
      fragment Taste on Fan { favoriteTeam { code } }`;
    const { data, errors } = await overtake(token, mutation);
    expect(errors).toBeUndefined();
    expect(data.updateMe.fan).toEqual({ id: expect.any(String), nickname: null, favoriteTeam: null });
    expect((await server.ask(token, QUERY)).data.me).toMatchObject({ displayName: 'Once', favoriteTeam: null });
  });
});

const WAITING = `select pid from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%"team"%'`;
