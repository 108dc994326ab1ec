/** Being forgotten, through the front door: what is left, what others see, what the certificate proves, who may ask. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { decodeProtectedHeader } from 'jose';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyOffline } from '../../src/consent/ledger/offline.ts';
import { CONSENT_SCOPES } from '../../src/consent/scopes.ts';
import { freshContext } from '../../src/live/deliver.ts';
import { readLedger, saveLog } from '../support/ledger.ts';
import {
  announceCampaign,
  createCampaign,
  enrollFan,
  LIVE_OFFERS,
  liveGameId,
  mutate,
  OFFER_STREAM,
  POLICY,
} from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { type OpenStream, overWebSocket } from '../support/stream.ts';

const ERASE = { confirm: 'ERASE' };
const isPosition = (frame: Answer) => Object.values(frame.data ?? {}).some(isPositionEvent);
// biome-ignore lint/suspicious/noExplicitAny: an event's shape is its stream's own business
const isPositionEvent = (event: any) => event.__typename === 'StreamPosition';

describe('a fan who is erased', () => {
  let server: TestServer;
  let orm: MikroORM;
  let gameId: string;
  let partnerId: string;
  beforeAll(async () => {
    server = await startTestServer();
    orm = server.services.orm;
    gameId = await liveGameId(server);
    const { data } = await server.ask(null, '{ partners(first: 10) { edges { node { id code } } } }');
    const nodes = data.partners.edges.map(({ node }: Answer['data']) => node);
    partnerId = nodes.find(({ code }: Answer['data']) => code === 'demo-partner').id;
  });
  afterAll(() => server.close());

  const query = <Row extends object>(statement: string) => orm.em.fork().execute<Row[]>(statement);
  const keyOf = async (subject: string) =>
    (await query<{ id: string }>(`select id from fan where subject = '${subject}'`))[0]!.id;
  /** Who has done all that leaves a trace, and shares it with a partner. */
  const raise = async () => {
    const fan = await enrollFan(server, [...CONSENT_SCOPES]);
    const shared = { scopes: [...CONSENT_SCOPES], recipientId: partnerId, duration: 'STANDING', policyVersion: POLICY };
    await mutate(server, fan.token, 'grantConsent', shared);
    await mutate(server, fan.token, 'updateMe', { displayName: `Name of ${fan.subject}`, email: 'erase@example.com' });
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const { offerId } = await announceCampaign(server, gameId);
    expect(await mutate(server, fan.token, 'recordEngagement', { offerId, kind: 'VIEW' })).toMatchObject({
      recorded: true,
    });
    return { ...fan, key: await keyOf(fan.subject) };
  };
  /** Every row of every table that names the fan by key, and every text that holds their words. */
  const traces = async ({ key, subject }: { key: string; subject: string }) => {
    const columns = await query<{ table: string; column: string }>(`
      select quote_ident(c.table_name) as table, quote_ident(c.column_name) as column from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
      where table_schema = 'public' and t.table_type = 'BASE TABLE'
        and (c.column_name in ('fan_id', 'guardian_id') or c.table_name = 'fan' and c.column_name = 'id')
        and c.table_name <> 'consent_log'`);
    const tables = await query<{ table: string }>(`
      select quote_ident(table_name) as table from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE'`);
    const found: string[] = [];
    const look = async (name: string, where: string, table: string) => {
      const [row] = await query<{ count: number }>(`select count(*)::int as count from ${table} t where ${where}`);
      if (row!.count > 0) found.push(name);
    };
    for (const { table, column } of columns) await look(`${table}.${column}`, `t.${column} = ${key}`, table);
    for (const { table } of tables) {
      await look(table, `t::text like '%${subject}%' or t::text like '%"fan:${key}"%'`, table);
    }
    await look('outbox.topic', `t.topic = 'fan:${key}'`, 'outbox');
    return found;
  };

  const deliveries = async (offerId: string, key: string) => {
    const offerKey = server.services.idsFor(null).key('Offer', offerId, 'offerId');
    const [row] = await query<{ count: number }>(
      `select count(*)::int as count from delivery where offer_id = ${offerKey} and fan_id = ${key}`,
    );
    return row!.count;
  };

  it('leaves nothing in any table', async () => {
    const fan = await raise();
    const before = await traces(fan);
    for (const place of ['fan.id', 'visit.fan_id', 'consent_grant.fan_id', 'consent_event.fan_id', 'fan_key.fan_id']) {
      expect(before).toContain(place);
    }
    for (const place of ['delivery.fan_id', 'engagement.fan_id', 'presence.fan_id', 'ledger_opening.fan_id']) {
      expect(before).toContain(place);
    }
    const erased = await mutate(server, fan.token, 'eraseMe', ERASE);
    expect(erased).toEqual({
      __typename: 'EraseMeSuccess',
      erasedAt: expect.any(String),
      certificate: { id: expect.any(String), jws: expect.any(String) },
      barrier: { nodes: 1, waitedMs: expect.any(Number) },
    });
    expect(await traces(fan)).toEqual([]);
    expect((await server.ask(fan.token, '{ me { id } viewer { fan { id } } }')).data).toEqual({
      me: null,
      viewer: { fan: null },
    });
  });

  it('goes dark on streams that are open, their own and a partner’s, on every node', async () => {
    const other = await startTestServer({ databaseUrl: server.databaseUrl });
    const fan = await raise();
    const partner = await tokenOf('PARTNER', 'demo-partner');
    const open = async (node: TestServer) => {
      const own = await overWebSocket(node.url, fan.token, LIVE_OFFERS, { gameId });
      const theirs = await overWebSocket(node.url, partner, OFFER_STREAM, {});
      for (const stream of [own, theirs]) await stream.waitFor(isPosition);
      return [own, theirs];
    };
    const streams: OpenStream[] = [...(await open(server)), ...(await open(other))];
    expect(await mutate(server, fan.token, 'eraseMe', ERASE)).toMatchObject({ barrier: { nodes: 2 } });
    const counts = streams.map(({ frames }) => frames.length);
    const watcher = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await mutate(server, watcher.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const watching = await overWebSocket(other.url, watcher.token, LIVE_OFFERS, { gameId });
    await watching.waitFor(isPosition);
    const { offerId } = await announceCampaign(server, gameId);
    await watching.waitFor(({ data }) => data?.liveOffers.offer?.id === offerId);
    expect(streams.map(({ frames }) => frames.length)).toEqual(counts);
    for (const stream of [...streams, watching]) await stream.close();
    await other.close();
  });

  it('has a certificate that stands in the log, while what is left of their acts opens for nobody', async () => {
    const [gone, stays] = [await raise(), await enrollFan(server)];
    const { receipt } = await mutate(server, stays.token, 'grantConsent', {
      scopes: ['ANALYTICS'],
      policyVersion: POLICY,
    });
    const before = await saveLog(server);
    const counts = await readLedger(orm);

    const { certificate } = await mutate(server, gone.token, 'eraseMe', ERASE);
    expect(decodeProtectedHeader(certificate.jws)).toMatchObject({ typ: 'erasure-certificate+jwt', alg: 'EdDSA' });
    const after = await saveLog(server);
    const checks = await verifyOffline(before.jwks, [receipt.jws, certificate.jws], [...before.logs, ...after.logs]);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.find(({ what }) => what === 'receipt 2')?.detail).toContain('ERASED');
    expect(await readLedger(orm)).toMatchObject({ entries: counts.entries + 1, leaves: counts.leaves + 1, pending: 0 });
    const { data } = await server.ask(stays.token, '{ me { verifyLedger { ok } } }');
    expect(data.me.verifyLedger).toEqual({ ok: true });
    // It signs nobody in.
    expect((await server.ask(certificate.jws, '{ viewer { role } }')).errors?.[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  });

  it('may enroll again, as somebody new, and is not there to be erased twice', async () => {
    const fan = await raise();
    const { data } = await server.ask(fan.token, '{ me { id } }');
    await mutate(server, fan.token, 'eraseMe', ERASE);
    expect(await mutate(server, fan.token, 'eraseMe', ERASE)).toMatchObject({ code: 'NOT_ENROLLED' });
    expect((await server.ask(fan.token, `{ node(id: "${data.me.id}") { id } }`)).data.node).toBeNull();
    const again = await mutate(server, fan.token, 'enrollFan', { displayName: 'New', policyVersion: POLICY });
    expect(again.fan.id).not.toBe(data.me.id);
    const history = await server.ask(fan.token, '{ me { consentHistory(first: 50) { totalCount } } }');
    expect(history.data.me.consentHistory.totalCount).toBe(2);
  });

  it('has to say so in capitals, and only for themself or a ward', async () => {
    const [fan, stranger] = [await enrollFan(server), await enrollFan(server)];
    expect(await mutate(server, fan.token, 'eraseMe', { confirm: 'erase' })).toMatchObject({ code: 'BAD_INPUT' });
    const id = (await server.ask(stranger.token, '{ me { id } }')).data.me.id;
    expect(await mutate(server, fan.token, 'eraseMe', { ...ERASE, wardId: id })).toMatchObject({ code: 'NOT_FOUND' });
    const partner = await tokenOf('PARTNER', 'demo-partner');
    expect(await mutate(server, partner, 'eraseMe', ERASE)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await keyOf(fan.subject)).toBeDefined();
    expect(await keyOf(stranger.subject)).toBeDefined();
  });

  it('leaves no ward without a guardian: the wards go first', async () => {
    const guardian = await enrollFan(server);
    const child = { displayName: 'Kid', birthYear: new Date().getUTCFullYear() - 9, jurisdiction: 'US' };
    const input = { ...child, policyVersion: POLICY, idempotencyKey: 'first' };
    const { ward } = await mutate(server, guardian.token, 'enrollWard', input);
    expect(await mutate(server, guardian.token, 'eraseMe', ERASE)).toMatchObject({ code: 'INVALID_STATE' });
    const erased = await mutate(server, guardian.token, 'eraseMe', { ...ERASE, wardId: ward.id });
    expect(erased.certificate.jws).toEqual(expect.any(String));
    expect((await server.ask(guardian.token, '{ me { wards { id } } }')).data.me.wards).toEqual([]);
    expect((await mutate(server, guardian.token, 'eraseMe', ERASE)).__typename).toBe('EraseMeSuccess');
  });

  it('is not brought back by what was under way, and takes nothing from the others', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [fan, other] = [await raise(), await raise()];
      const campaign = await createCampaign(server);
      const announcement = { campaignId: campaign.id, gameId, idempotencyKey: 'once' };
      const grant = { scopes: ['ANALYTICS'], duration: 'STANDING', policyVersion: POLICY };
      const late = (n: number) => ({ gameId, method: 'TICKET', nonce: `late ${n}` });
      const [announced] = await Promise.all([
        mutate(server, campaign.token, 'announceOffer', announcement),
        mutate(server, fan.token, 'eraseMe', ERASE),
        ...[1, 2, 3].flatMap((n) => [
          server.ask(fan.token, MUTATIONS.grant, { input: grant }),
          server.ask(fan.token, MUTATIONS.checkIn, { input: late(n) }),
        ]),
      ]);
      expect(announced.__typename).toBe('AnnounceOfferSuccess');
      expect(await traces(fan)).toEqual([]);
      expect(await deliveries(campaign.offerId, other.key)).toBe(1);
    }
  });

  it('spoils no announcement whose audience they were in when they left', async () => {
    const [fan, other] = [await raise(), await raise()];
    const campaign = await createCampaign(server);
    const leaving = new Client({ connectionString: server.databaseUrl });
    await leaving.connect();
    await leaving.query('begin');
    await leaving.query(`select consent_erase(gen_random_uuid(), ${fan.key}, app_now(), '', '${fan.key}', '')`);
    const announced = mutate(server, campaign.token, 'announceOffer', {
      campaignId: campaign.id,
      gameId,
      idempotencyKey: 'once',
    });
    await waitsForLock(query);
    await leaving.query('commit');
    await leaving.end();
    expect((await announced).__typename).toBe('AnnounceOfferSuccess');
    expect(await deliveries(campaign.offerId, fan.key)).toBe(0);
    expect(await deliveries(campaign.offerId, other.key)).toBe(1);
  });

  it('is no fault of the partner’s stream when erased between the decision and the look at them', async () => {
    let meanwhile: (() => Promise<void>) | null = null;
    const node = await startTestServer({
      databaseUrl: server.databaseUrl,
      makeEventContext: (services, opened) => {
        const context = freshContext(services, opened);
        const findOneOrFail = context.em.findOneOrFail.bind(context.em) as (...asked: unknown[]) => Promise<never>;
        const slowly = async (...asked: unknown[]) => {
          await meanwhile?.();
          meanwhile = null;
          return findOneOrFail(...asked);
        };
        context.em.findOneOrFail = slowly;
        return context;
      },
    });
    const stream = await overWebSocket(node.url, await tokenOf('PARTNER', 'demo-partner'), OFFER_STREAM, {});
    await stream.waitFor(isPosition);
    const [fan, watcher] = [await raise(), await raise()];
    await stream.waitFor((frame) => frame.data.offerStream.kind === 'VIEWED', stream.frames.length);
    // Committed without a word to anybody: the node hears of it with its next renewal.
    let erased = false;
    meanwhile = async () => {
      await query(`select consent_erase(gen_random_uuid(), ${fan.key}, app_now(), '', '${fan.key}', '')`);
      erased = true;
    };
    const from = stream.frames.length;
    const { offerId } = await announceCampaign(server, gameId);
    await mutate(server, watcher.token, 'recordEngagement', { offerId, kind: 'CLICK' });
    await stream.waitFor((frame) => frame.data?.offerStream.kind === 'CLICKED', from);
    expect(erased).toBe(true);
    expect(stream.frames.filter(({ errors }) => errors)).toEqual([]);
    await stream.close();
    await node.close();
  });

  it('is the only one whose record of acts can go', async () => {
    const fan = await enrollFan(server);
    const key = await keyOf(fan.subject);
    const remove = orm.em.fork().execute(sql`delete from consent_event where fan_id = ${key}`);
    await expect(remove).rejects.toThrow(/append-only/);
  });
});

async function waitsForLock(query: (statement: string) => Promise<object[]>): Promise<void> {
  const waiting = `select 1 from pg_locks l join pg_database d on d.datname = current_database()
    join pg_stat_activity a on a.pid = l.pid and a.datid = d.oid where not l.granted`;
  while ((await query(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

const MUTATIONS = {
  grant: 'mutation ($input: GrantConsentInput!) { grantConsent(input: $input) { __typename } }',
  checkIn: 'mutation ($input: CheckInInput!) { checkIn(input: $input) { __typename } }',
};
