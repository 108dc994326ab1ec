/** A withdrawal returns when every node has applied it, or when the lease of a node that has not must have run out. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../../src/consent/lease/lease.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY } from '../../support/operations.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { overWebSocket } from '../../support/stream.ts';
import { layWire } from '../../support/wire.ts';

const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION'];

describe('the barrier', () => {
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

  const leases = async () => (await admin.query('select node from consent_lease')).rows.length;
  const startNode = (url = server.databaseUrl) => startTestServer({ databaseUrl: url });
  const withdraw = (token: string, scopes: string[]) => mutate(server, token, 'withdrawConsent', { scopes });

  async function openStream(node: TestServer) {
    const gameId = await liveGameId(server);
    const { token } = await enrollFan(server, SCOPES);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const stream = await overWebSocket(node.url, token, LIVE_OFFERS, { gameId });
    await stream.waitFor((frame) => frame.data?.liveOffers.__typename === 'StreamPosition');
    const offered = (offerId: string) =>
      stream.waitFor((frame) => frame.data?.liveOffers.offer?.id === offerId).then(({ data }) => data.liveOffers);
    return { gameId, token, stream, offered };
  }

  it('has a lease before the node serves, and none after it has left', async () => {
    const before = await leases();
    const node = await startNode();
    expect(await leases()).toBe(before + 1);
    await node.close();
    expect(await leases()).toBe(before);
  });

  it('waits for every node, and says for how many', async () => {
    const others = [await startNode(), await startNode()];
    const { token } = await enrollFan(server, ['PROFILE_PREFERENCES']);
    const { barrier } = await withdraw(token, ['PROFILE_PREFERENCES']);
    expect(barrier.nodes).toBe(3);
    const { rows } = await admin.query(
      'select min(l.acked) >= max(c.seq) as heard from consent_lease l, consent_clock c',
    );
    expect(rows).toEqual([{ heard: true }]);
    await Promise.all(others.map((node) => node.close()));
  });

  it('needs no wake-up: a node whose messages are lost acknowledges with its next renewal', async () => {
    const node = await startNode();
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'tightrope bus' and datname = current_database()`);
    const { token } = await enrollFan(server, ['PROFILE_PREFERENCES']);
    const { barrier } = await withdraw(token, ['PROFILE_PREFERENCES']);
    expect(barrier.nodes).toBe(2);
    const { rows } = await admin.query(
      'select count(*)::int as n from consent_lease, consent_clock where acked >= seq',
    );
    expect(rows).toEqual([{ n: 2 }]);
    await node.close();
  });

  it('waits for a dead node for the length of a lease, and for it alone once', async () => {
    await admin.query('insert into consent_lease (node, acked) values ($1, 0)', [randomUUID()]);
    const { token } = await enrollFan(server, ['PROFILE_PREFERENCES', 'ANALYTICS']);
    const first = await withdraw(token, ['PROFILE_PREFERENCES']);
    expect(first.barrier.waitedMs).toBeGreaterThanOrEqual(LEASE_MS);
    expect(await leases()).toBe(1);
    const second = await withdraw(token, ['ANALYTICS']);
    expect(second.barrier.nodes).toBe(1);
  });

  it('lets a node that was cut off fall silent by its deadline, and skip nothing when it is back', async () => {
    const wire = await layWire(server.databaseUrl);
    const node = await startNode(wire.url);
    const { gameId, token, stream, offered } = await openStream(node);
    const before = await offered(await announce(server, gameId));
    expect(before.because).not.toBeNull();

    wire.cut();
    const meanwhile = await announce(server, gameId);
    const { barrier } = await withdraw(token, ['PERSONALIZATION']);
    expect(barrier.nodes).toBe(2);
    const came = stream.frames.length;
    const refused = await node.ask(token, '{ me { displayName } }');
    expect(refused.errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
    expect(refused.data ?? null).toBeNull();
    await sleep(500);
    expect(stream.frames.length).toBe(came);

    wire.mend();
    expect(await offered(meanwhile)).toMatchObject({ because: null });
    expect(await offered(await announce(server, gameId))).toMatchObject({ because: null });
    await stream.close();
    await node.close();
    await wire.close();
  });

  it('lets a node fall silent that reads everything but no longer hears of withdrawals', async () => {
    const wire = await layWire(server.databaseUrl);
    const node = await startNode(wire.url);
    const { gameId, token, stream, offered } = await openStream(node);
    await offered(await announce(server, gameId));

    wire.cut(/tightrope (lease|bus)/);
    await withdraw(token, ['PERSONALIZATION']);
    const came = stream.frames.length;
    const meanwhile = await announce(server, gameId);
    await sleep(2_000);
    expect(stream.frames.length).toBe(came);

    wire.mend();
    expect(await offered(meanwhile)).toMatchObject({ because: null });
    await stream.close();
    await node.close();
    await wire.close();
  });

  it('fails without its database, and never says that it is done', async () => {
    const wire = await layWire(server.databaseUrl);
    const node = await startNode(wire.url);
    const { token } = await enrollFan(server, ['PROFILE_PREFERENCES']);
    wire.cut();
    await sleep(LEASE_MS);
    const answer = await node.ask(
      token,
      'mutation { withdrawConsent(input: { scopes: [PROFILE_PREFERENCES] }) { __typename } }',
    );
    expect(answer.data?.withdrawConsent ?? null).toBeNull();
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
    wire.mend();
    await node.close();
    await wire.close();
  });

  it('says that the outcome is unknown when the answer to the commit was lost, and asking again is safe', async () => {
    const { token } = await enrollFan(server, ['PROFILE_PREFERENCES']);
    await admin.query('begin');
    await admin.query('lock table consent_log in exclusive mode');
    const withdrawing = withdraw(token, ['PROFILE_PREFERENCES']);
    await expect.poll(async () => (await watcher.query(WAITING)).rows.length, { timeout: 10_000 }).toBe(1);
    await watcher.query(`select pg_terminate_backend(pid) from (${WAITING}) waiting`);
    expect((await withdrawing).code).toBe('OUTCOME_UNKNOWN');
    await admin.query('rollback');
    expect((await withdraw(token, ['PROFILE_PREFERENCES'])).__typename).toBe('WithdrawConsentSuccess');
    const again = await mutate(server, token, 'grantConsent', {
      scopes: ['PROFILE_PREFERENCES'],
      policyVersion: POLICY,
    });
    expect(again.grants).toHaveLength(1);
  });
});

const WAITING = `select pid from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%consent_withdraw_scopes%'`;
