/** What would change before a fan does it: told by the rule itself, and nothing changes by asking. */
import { type RawQueryFragment, sql } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT_SCOPES, type ConsentScope } from '../../src/consent/index.ts';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import { announce, createCampaign, enrollFan, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const PREVIEW = `query PreviewConsent($input: PreviewConsentInput!) {
  previewConsent(input: $input) { fieldsShown fieldsHidden offersGained { id title } offersLost { id title } }
}`;
const HERE = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION', 'PROFILE_PREFERENCES'];
const PROFILE_FIELDS = ['Fan.birthYear', 'Fan.displayName', 'Fan.email'];
const NOTHING = { fieldsShown: [], fieldsHidden: [], offersGained: [], offersLost: [] };

describe('previewConsent', () => {
  let server: TestServer;
  let gameId: string;
  let zones: Record<string, string>;
  let partnerId: string;
  beforeAll(async () => {
    server = await startTestServer();
    [gameId, zones] = [await liveGameId(server), await zoneIds(server)];
    const { data } = await server.ask(null, '{ partners(first: 1) { edges { node { id } } } }');
    partnerId = data.partners.edges[0].node.id;
  });
  afterAll(() => server.close());

  const ask = (token: string | null, input: object) => server.ask(token, PREVIEW, { input });
  const preview = async (token: string, input: object) => {
    const { data, errors } = await ask(token, { grant: [], withdraw: [], ...input });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.previewConsent;
  };
  const ids = (offers: { id: string }[]) => offers.map(({ id }) => id).sort();
  const execute = <T>(query: RawQueryFragment) => server.services.orm.em.fork().execute<T[]>(query);
  const arrive = async (scopes: readonly string[], zone?: string) => {
    const fan = await enrollFan(server, scopes);
    await mutate(server, fan.token, 'checkIn', {
      gameId,
      method: 'TICKET',
      nonce: 'gate',
      zoneId: zone && zones[zone],
    });
    return fan;
  };

  it('names the fields that the operator would see, and no longer see', async () => {
    const { token } = await enrollFan(server);
    const change = { grant: ['PROFILE_PREFERENCES'], withdraw: ['PROFILE'] };
    const foreseen = { ...NOTHING, fieldsShown: ['Fan.favoriteTeam'], fieldsHidden: PROFILE_FIELDS };
    expect(await preview(token, change)).toEqual(foreseen);
    expect(await preview(token, { grant: ['PROFILE'], withdraw: ['PROFILE_PREFERENCES'] })).toEqual(NOTHING);
  });

  it('shows a partner only what the operator may see too', async () => {
    const { token } = await enrollFan(server);
    const share = { grant: ['PROFILE', 'PROFILE_PREFERENCES'], recipientId: partnerId };
    expect(await preview(token, share)).toEqual({ ...NOTHING, fieldsShown: PROFILE_FIELDS });
    await mutate(server, token, 'grantConsent', { scopes: ['PROFILE'], recipientId: partnerId, policyVersion: POLICY });
    expect(await preview(token, share)).toEqual(NOTHING);
    expect(await preview(token, { withdraw: ['PROFILE'], recipientId: partnerId })).toEqual({
      ...NOTHING,
      fieldsHidden: PROFILE_FIELDS,
    });
  });

  it('foresees for any change what the acts then bring about', async () => {
    const { token, subject } = await enrollFan(server);
    const fields = gatedFields(server.schema);
    const partner = server.services.idsFor(null).key('Partner', partnerId, 'id');
    const mask = async (recipient: string | null) => {
      const [row] = await execute<{ mask: number }>(sql`
        select m.mask from fan f, consent_mask(array[f.id], ${recipient}::bigint, null, app_now()) m
        where f.subject = ${subject}`);
      return row!.mask;
    };
    const fieldsOf = (bits: number) =>
      CONSENT_SCOPES.flatMap((scope, bit) => (bits & (1 << bit) ? (fields.get(scope) ?? []) : [])).sort();
    for (let turn = 1; turn <= 16; turn += 1) {
      const pick = (seed: number): ConsentScope[] =>
        CONSENT_SCOPES.filter((_, bit) => Math.floor(Math.abs(Math.sin(turn * 97 + bit * 31 + seed)) * 1e4) % 3 === 0);
      const grant = pick(1);
      const withdraw = pick(2).filter((scope) => !grant.includes(scope));
      const recipientId = turn % 2 ? partnerId : null;
      const foreseen = await preview(token, { grant, withdraw, recipientId });
      const before = await mask(recipientId && partner);
      const common = { recipientId, policyVersion: POLICY, duration: 'STANDING' };
      if (withdraw.length > 0) await mutate(server, token, 'withdrawConsent', { scopes: withdraw, recipientId });
      if (grant.length > 0) await mutate(server, token, 'grantConsent', { scopes: grant, ...common });
      const after = await mask(recipientId && partner);
      expect([foreseen.fieldsShown, foreseen.fieldsHidden]).toEqual([
        fieldsOf(after & ~before),
        fieldsOf(before & ~after),
      ]);
    }
  });

  it('names the offers that would no longer reach a fan, by what choosing them took', async () => {
    const { data } = await server.ask(null, '{ teams(first: 1) { edges { node { id } } } }');
    const favoriteTeamId = data.teams.edges[0].node.id;
    const fan = await arrive(HERE, 'green-monster');
    await mutate(server, fan.token, 'updateMe', { favoriteTeamId });
    const plain = await announce(server, gameId);
    const near = await announce(server, gameId, { zoneIds: [zones['green-monster']] });
    const far = await announce(server, gameId, { zoneIds: [zones.bleachers] });
    const campaign = await createCampaign(server, { segment: { favoriteTeamIds: [favoriteTeamId] } });
    await mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'once' });
    const lost = async (withdraw: string) => ids((await preview(fan.token, { withdraw: [withdraw] })).offersLost);
    const mine = [plain, near, campaign.offerId].sort();
    expect(await lost('OFFERS_LIVE')).toEqual(mine);
    expect(await lost('PRESENCE_VENUE')).toEqual(mine);
    expect(await lost('PRESENCE_ZONE')).toEqual([near]);
    expect(await lost('PERSONALIZATION')).toEqual([campaign.offerId]);
    expect(await lost('ANALYTICS')).toEqual([]);
    expect(mine).not.toContain(far);
  });

  it('names the offers that would reach a fan, who is there or asks about a game', async () => {
    const [there, elsewhere] = [await arrive(['PRESENCE_VENUE']), await enrollFan(server)];
    const offer = await announce(server, gameId);
    const gained = async (fan: { token: string }, input: object) =>
      ids((await preview(fan.token, input)).offersGained).includes(offer);
    expect(await gained(there, { grant: ['OFFERS_LIVE'] })).toBe(true);
    expect(await gained(there, { grant: ['PERSONALIZATION'] })).toBe(false);
    const both = { grant: ['PRESENCE_VENUE', 'OFFERS_LIVE'] };
    expect(await gained(elsewhere, both)).toBe(false);
    expect(await gained(elsewhere, { ...both, gameId })).toBe(true);
    expect(await gained(elsewhere, { grant: ['OFFERS_LIVE'], gameId })).toBe(false);
  });

  it('promises nothing that is over, or that a gap in consent has buried', async () => {
    const fan = await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const buried = await announce(server, gameId);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    const [paused, ended] = [await createCampaign(server), await createCampaign(server)];
    for (const { id, token } of [paused, ended]) {
      await mutate(server, token, 'announceOffer', { campaignId: id, gameId, idempotencyKey: 'once' });
    }
    await mutate(server, paused.token, 'pauseCampaign', { campaignId: paused.id, paused: true });
    await mutate(server, ended.token, 'endCampaign', { campaignId: ended.id });
    const fresh = await announce(server, gameId);
    const gained = ids((await preview(fan.token, { grant: ['OFFERS_LIVE'] })).offersGained);
    expect(gained).toContain(fresh);
    for (const offer of [buried, paused.offerId, ended.offerId]) expect(gained).not.toContain(offer);
  });

  it('changes nothing, and waits for no withdrawal of anybody else', async () => {
    const [here, elsewhere] = [await arrive(HERE, 'bleachers'), await enrollFan(server)];
    const state = () =>
      execute(sql`
        select (select jsonb_agg(g order by g.id) from consent_grant g) as grants,
          (select count(*) from consent_event) as events, (select count(*) from consent_log) as log,
          (select seq from consent_clock) as clock, (select count(*) from outbox) as outbox,
          (select jsonb_agg(p order by p.fan_id) from presence p) as presence,
          (select jsonb_agg(f order by f.id) from fan f) as fans, (select count(*) from delivery) as deliveries`);
    const before = await state();
    const other = new Client({ connectionString: server.databaseUrl });
    await other.connect();
    await other.query('begin');
    await other.query('update consent_clock set seq = seq + 1');
    await preview(here.token, { grant: ['ANALYTICS', 'HISTORY_ATTENDANCE'], withdraw: HERE });
    await preview(elsewhere.token, { grant: HERE, gameId });
    await other.query('rollback');
    await other.end();
    expect(await state()).toEqual(before);
  });

  it('refuses a scope in both lists, an unknown scope, recipient or game, and everybody but enrolled fans', async () => {
    const { token } = await enrollFan(server);
    const codeOf = async (who: string | null, input: object) => (await ask(who, input)).errors![0]!.extensions.code;
    expect(await codeOf(token, { grant: ['PROFILE'], withdraw: ['LOYALTY', 'PROFILE'] })).toBe('BAD_INPUT');
    expect(await codeOf(token, { grant: ['SHOE_SIZE'], withdraw: [] })).toBe('BAD_REQUEST');
    const { idsFor } = server.services;
    expect(await codeOf(token, { gameId: idsFor(null).toGlobal('Game', '999999') })).toBe('NOT_FOUND');
    expect(await codeOf(token, { recipientId: idsFor(null).toGlobal('Partner', '999999') })).toBe('NOT_FOUND');
    expect(await codeOf(token, { recipientId: gameId })).toBe('BAD_INPUT');
    expect(await codeOf(await tokenOf('PARTNER', 'demo-partner'), {})).toBe('FORBIDDEN');
    expect(await codeOf(null, {})).toBe('UNAUTHENTICATED');
    expect((await ask(token, {})).data.previewConsent).toEqual(NOTHING);
  });
});
