/** The contact firewall: how often a fan is told of offers at all, by whomever; set by the operator, tightened by the fan. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setContactPolicy } from '../../src/offers/index.ts';
import { gather } from '../support/crowd.ts';
import { createCampaign, enrollFan, liveGameId, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const SCOPES = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'HISTORY_ENGAGEMENT'];
const NO_LIMITS = { perGame: 'none', perHour: 'none', quietMinutes: 0, lessDays: 30 } as const;

describe('the contact firewall', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());
  const setPolicy = (limits: Parameters<typeof setContactPolicy>[1]) =>
    setContactPolicy(server.services.orm.em.fork(), limits);
  beforeEach(() => setPolicy(NO_LIMITS));

  const execute = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  const arrive = async () => {
    const fan = await enrollFan(server, SCOPES);
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return fan;
  };
  const announce = async (partner = 'demo-partner', at = gameId) => {
    const campaign = await createCampaign(server, {}, partner);
    const input = { campaignId: campaign.id, gameId: at, idempotencyKey: 'once' };
    const result = await mutate(server, campaign.token, 'announceOffer', input);
    if (result.code) throw new Error(result.message);
    return campaign;
  };
  const told = async ({ subject }: { subject: string }) => {
    const rows = await server.services.orm.em.fork().execute<{ offer: string }[]>(sql`
      select d.offer_id as offer from delivery d join fan f on f.id = d.fan_id where f.subject = ${subject} order by d.id`);
    return rows.map(({ offer }) => server.services.idsFor(null).toGlobal('Offer', offer));
  };
  const whyNot = async (fan: { token: string }, { offerId }: { offerId: string }) => {
    const query = 'query ($offerId: ID!) { whyNot(offerId: $offerId) { reasons { code } } }';
    const { data } = await server.ask(fan.token, query, { offerId });
    return data.whyNot.reasons.map(({ code }: { code: string }) => code);
  };
  const wish = (fan: { token: string }, limits: Record<string, unknown>) =>
    mutate(server, fan.token, 'setContactLimits', limits);

  it('counts the announcements of all partners together, at a game and within an hour', async () => {
    await setPolicy({ perGame: 3, perHour: 2 });
    const fan = await arrive();
    const [first, second] = [await announce('demo-partner'), await announce('demo-partner-2')];
    const third = await announce('demo-partner-3');
    expect(await told(fan)).toEqual([first.offerId, second.offerId]);
    expect(await whyNot(fan, third)).toEqual(['CONTACT_PER_HOUR']);
    await execute(`update announcement set at = at - interval '61 minutes'`);
    const fourth = await announce('demo-partner-2');
    await execute(`update announcement set at = at - interval '61 minutes'`);
    const fifth = await announce('demo-partner-2');
    expect(await told(fan)).toEqual([first.offerId, second.offerId, fourth.offerId]);
    expect(await whyNot(fan, fifth)).toEqual(['CONTACT_PER_GAME']);
  });

  it('is tightened by a fan for themself, and never loosened', async () => {
    await setPolicy({ perGame: 2 });
    const [modest, greedy] = [await arrive(), await arrive()];
    expect((await wish(modest, { perGame: 1 })).limits).toMatchObject({ perGame: 1, perHour: null });
    expect((await wish(greedy, { perGame: 100 })).limits).toMatchObject({ perGame: 2 });
    for (let n = 0; n < 3; n += 1) await announce();
    expect([(await told(modest)).length, (await told(greedy)).length]).toEqual([1, 2]);
    expect((await wish(modest, { perHour: 5 })).limits).toMatchObject({ perGame: 1, perHour: 5 });
    expect((await wish(modest, { perGame: null })).limits).toMatchObject({ perGame: 2, perHour: 5 });
    await announce();
    expect((await told(modest)).length).toBe(2);
  });

  it('tells a fan who wants none nothing, nor anybody where the operator wants none', async () => {
    const fan = await arrive();
    await wish(fan, { perGame: 0 });
    expect(await whyNot(fan, await announce())).toEqual(['CONTACT_PER_GAME']);
    await setPolicy({ perHour: 0 });
    const other = await arrive();
    expect(await whyNot(other, await announce())).toEqual(['CONTACT_PER_HOUR']);
    expect([await told(fan), await told(other)]).toEqual([[], []]);
  });

  it('is silent while a fan has paused it, and no longer', async () => {
    const fan = await arrive();
    await wish(fan, { pausedUntil: new Date(Date.now() + 60_000).toISOString() });
    expect(await whyNot(fan, await announce())).toEqual(['CONTACT_PAUSED']);
    await wish(fan, { pausedUntil: new Date(Date.now() - 60_000).toISOString() });
    const heard = await announce();
    expect(await told(fan)).toEqual([heard.offerId]);
  });

  it('is quiet after a dismissal for as long as the operator or the fan wants', async () => {
    const [fan, other] = [await arrive(), await arrive()];
    const first = await announce();
    for (const { token } of [fan, other]) {
      await mutate(server, token, 'recordEngagement', { offerId: first.offerId, kind: 'DISMISS' });
    }
    await wish(fan, { quietMinutes: 30 });
    const second = await announce();
    expect([await told(fan), await told(other)]).toEqual([[first.offerId], [first.offerId, second.offerId]]);
    expect(await whyNot(fan, second)).toEqual(['QUIET_AFTER_DISMISSAL']);
    await execute(`update engagement set at = at - interval '31 minutes'`);
    const third = await announce();
    expect(await told(fan)).toEqual([first.offerId, third.offerId]);
  });

  it('brings nothing of a sponsor of whom the fan asked for less, until that is over or taken back', async () => {
    const fan = await arrive();
    const first = await announce('demo-partner-2');
    const { limits } = await mutate(server, fan.token, 'lessLikeThis', { offerId: first.offerId });
    expect(limits.lessOf).toMatchObject([{ sponsor: { code: 'demo-partner-2' } }]);
    const [unwanted, wanted] = [await announce('demo-partner-2'), await announce('demo-partner-3')];
    expect(await told(fan)).toEqual([first.offerId, wanted.offerId]);
    expect(await whyNot(fan, unwanted)).toEqual(['LESS_LIKE_THIS']);
    const { limits: back } = await mutate(server, fan.token, 'lessLikeThis', { offerId: first.offerId, less: false });
    expect(back.lessOf).toEqual([]);
    const again = await announce('demo-partner-2');
    expect(await told(fan)).toContain(again.offerId);
    await mutate(server, fan.token, 'lessLikeThis', { offerId: first.offerId });
    await execute(`update contact_objection set at = at - interval '31 days'`);
    const later = await announce('demo-partner-2');
    expect(await told(fan)).toContain(later.offerId);
  });

  it('lets no limit be overrun by many announcements at once, of many partners, on two nodes', async () => {
    await setPolicy({ perHour: 2 });
    const keys = await gather(server, 200);
    const fan = await arrive();
    await wish(fan, { perHour: 1 });
    const other = await startTestServer({ databaseUrl: server.databaseUrl });
    const campaigns = await Promise.all(
      Array.from({ length: 12 }, (_, n) => createCampaign(server, {}, `demo-partner${['', '-2', '-3'][n % 3]}`)),
    );
    await Promise.all(
      campaigns.map(({ id: campaignId, token }, n) =>
        mutate(n % 2 ? server : other, token, 'announceOffer', { campaignId, gameId, idempotencyKey: 'once' }),
      ),
    );
    await other.close();
    const rows = await execute<{ count: number }>(
      `select count(*)::int as count from delivery where fan_id = any (array[${keys}]::bigint[]) group by fan_id`,
    );
    expect(rows.map(({ count }) => count)).toEqual(Array(200).fill(2));
    expect(await told(fan)).toHaveLength(1);
  });

  it('is known to the fan alone', async () => {
    const fan = await arrive();
    await wish(fan, { perGame: 7 });
    const LIMITS = '{ me { contactLimits { perGame perHour quietMinutes pausedUntil } } }';
    const { data } = await server.ask(fan.token, LIMITS);
    expect(data.me.contactLimits).toEqual({ perGame: 7, perHour: null, quietMinutes: 0, pausedUntil: null });
    const { data: self } = await server.ask(fan.token, '{ me { id } }');
    const query = 'query ($id: ID!) { node(id: $id) { ... on Fan { id contactLimits { perGame } } } }';
    const staff = await server.ask(await tokenOf('STAFF', 'demo'), query, { id: self.me.id });
    expect(staff.data.node).toEqual({ id: self.me.id, contactLimits: null });
  });

  it('refuses limits that are none, and everybody but fans', async () => {
    const fan = await arrive();
    expect((await wish(fan, { perGame: -1 })).code).toBe('BAD_INPUT');
    expect((await wish({ token: await tokenOf('PARTNER', 'demo-partner') }, { perGame: 1 })).code).toBe('FORBIDDEN');
    const offerId = server.services.idsFor(null).toGlobal('Offer', '999999');
    expect((await mutate(server, fan.token, 'lessLikeThis', { offerId })).code).toBe('NOT_FOUND');
  });
});
