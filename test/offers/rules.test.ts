/** When a campaign is announced, and to whom: drafts, hours, states of the game, and segments over consented data. */
import { type RawQueryFragment, sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, enrollFan, liveGameId, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const WHY_NOT = 'query WhyNot($offerId: ID!) { whyNot(offerId: $offerId) { eligible reasons { code scope } } }';
const MY_OFFERS = '{ me { offers(first: 5) { edges { node { offer { id } because { kind text } } } } } }';
const HERE = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION'];

interface Campaign {
  id: string;
  offerId: string;
  token: string;
}

describe("a campaign's rules", () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const rows = <Row>(statement: RawQueryFragment) => server.services.orm.em.fork().execute<Row[]>(statement);
  const announce = ({ id, token }: Campaign) =>
    mutate(server, token, 'announceOffer', { campaignId: id, gameId, idempotencyKey: 'k' });
  const arrive = async (scopes: readonly string[]) => {
    const fan = await enrollFan(server, [...HERE, ...scopes]);
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return fan;
  };
  const codes = async ({ token }: { token: string }, { offerId }: Campaign): Promise<string[]> => {
    const { data } = await server.ask(token, WHY_NOT, { offerId });
    return data.whyNot.reasons.map(({ code, scope }: { code: string; scope: string }) => `${code} ${scope}`);
  };
  const because = async ({ token }: { token: string }, { offerId }: Campaign) => {
    const { data } = await server.ask(token, MY_OFFERS);
    const offers: { node: { offer: { id: string }; because: { kind: string }[] } }[] = data.me.offers.edges;
    return offers.find(({ node }) => node.offer.id === offerId)?.node.because.map(({ kind }) => kind);
  };
  const keyOf = async ({ subject }: { subject: string }) =>
    (await rows<{ id: string }>(sql`select id from fan where subject = ${subject}`))[0]!.id;
  /** The venue's clock, so many hours from now. */
  const clock = async (hours: number) => {
    const [row] = await rows<{ at: string }>(sql`
      select to_char((app_now() + make_interval(hours => ${hours})) at time zone 'America/New_York',
        'YYYY-MM-DD"T"HH24:MI:SS') as at`);
    return row!.at;
  };

  describe('a draft', () => {
    it('is announced to nobody until it is launched, which can be said twice', async () => {
      const draft = await createCampaign(server, { draft: true });
      const fan = await arrive([]);
      expect(await announce(draft)).toMatchObject({ code: 'INVALID_STATE', message: 'The campaign is a DRAFT.' });
      expect(await codes(fan, draft)).toEqual(['CAMPAIGN_DRAFT null']);
      const launch = () => mutate(server, draft.token, 'launchCampaign', { campaignId: draft.id });
      expect((await launch()).campaign.status).toBe('LIVE');
      expect((await launch()).campaign.status).toBe('LIVE');
      await announce(draft);
      expect(await because(fan, draft)).toEqual(['AT_VENUE']);
    });

    it('is launched by the partner whose it is, and not once it has ended', async () => {
      const draft = await createCampaign(server, { draft: true });
      const launch = (token: string) => mutate(server, token, 'launchCampaign', { campaignId: draft.id });
      expect(await launch(await tokenOf('PARTNER', 'demo-partner-2'))).toMatchObject({ code: 'NOT_FOUND' });
      await mutate(server, draft.token, 'endCampaign', { campaignId: draft.id });
      expect(await launch(draft.token)).toMatchObject({ code: 'INVALID_STATE' });
    });

    it('with the idempotency key of a campaign that is none is another campaign', async () => {
      const input = {
        idempotencyKey: 'drafted',
        validFrom: '2026-01-01T00:00:00Z',
        validUntil: '2036-01-01T00:00:00Z',
      };
      const token = await tokenOf('PARTNER', 'demo-partner');
      const plan = {
        name: 'One',
        offer: { title: 'T', body: 'B', discount: { percentOff: 1 } },
        budget: {},
        capPerFan: 1,
      };
      const first = await mutate(server, token, 'createCampaign', { ...plan, ...input });
      expect(first.campaign.status).toBe('LIVE');
      const again = await mutate(server, token, 'createCampaign', { ...plan, ...input, draft: true });
      expect(again).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    });
  });

  describe('hours', () => {
    const open = { recurrence: 'FREQ=DAILY', openFor: 'PT2H' };

    it('open it by the clock of the venue', async () => {
      const campaign = await createCampaign(server, { hours: [{ ...open, start: await clock(-1) }] });
      expect((await announce(campaign)).code).toBeUndefined();
    });

    it('close it at all others', async () => {
      const campaign = await createCampaign(server, { hours: [{ ...open, start: await clock(-5) }] });
      const fan = await arrive([]);
      expect(await announce(campaign)).toMatchObject({ code: 'INVALID_STATE' });
      expect(await codes(fan, campaign)).toEqual(['OUTSIDE_HOURS null']);
    });

    it('that cannot be are refused, and nothing is kept', async () => {
      const token = await tokenOf('PARTNER', 'demo-partner');
      const plan = {
        name: 'Never',
        offer: { title: 'T', body: 'B', discount: { percentOff: 1 } },
        budget: {},
        capPerFan: 1,
      };
      const window = { validFrom: '2026-01-01T00:00:00Z', validUntil: '2036-01-01T00:00:00Z' };
      const refused = await mutate(server, token, 'createCampaign', {
        ...plan,
        ...window,
        hours: [{ start: '2026-01-01T10:00:00', recurrence: 'FREQ=WEEKLY;INTERVAL=0', openFor: 'PT1H' }],
      });
      expect(refused).toMatchObject({ code: 'BAD_INPUT' });
      expect(await rows(sql`select 1 from campaign where name = 'Never'`)).toEqual([]);
    });
  });

  it('may be for one state of the game', async () => {
    const before = await createCampaign(server, { gameStatuses: ['SCHEDULED'] });
    const during = await createCampaign(server, { gameStatuses: ['LIVE'] });
    expect(await announce(before)).toMatchObject({ code: 'INVALID_STATE' });
    expect((await announce(during)).code).toBeUndefined();
  });

  describe('a segment', () => {
    it('by tier takes LOYALTY, and tells those of the tier why', async () => {
      await rows(sql`insert into tier (code, name, points) values ('GOLD', 'Gold', 100)`);
      const campaign = await createCampaign(server, { segment: { tiers: ['GOLD'] } });
      const [gold, member, silent] = [await arrive([]), await arrive([]), await arrive([])];
      await rows(
        sql`select points_earn(${await keyOf(gold)}::bigint, 'ATTENDANCE', 'test-gold', 'test', 150, 0, null)`,
      );
      await mutate(server, silent.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
      expect(await codes(gold, campaign)).toEqual(['NOT_ANNOUNCED_YET null']);
      expect(await codes(member, campaign)).toEqual(['OTHER_TIER LOYALTY']);
      expect(await codes(silent, campaign)).toEqual(['CONSENT_OFF LOYALTY']);
      await announce(campaign);
      expect(await because(gold, campaign)).toEqual(['AT_VENUE', 'TIER']);
      expect([await because(member, campaign), await because(silent, campaign)]).toEqual([undefined, undefined]);
    });

    it('by visits and by a streak takes HISTORY_ATTENDANCE, without which neither is judged', async () => {
      const often = await createCampaign(server, { segment: { visits: { atLeast: 2, withinDays: 30 } } });
      const once = await createCampaign(server, { segment: { visits: { atLeast: 1, withinDays: 30 } } });
      const streak = await createCampaign(server, { segment: { streak: 2 } });
      const [fan, silent] = [await arrive(['HISTORY_ATTENDANCE']), await arrive([])];
      expect(await codes(fan, often)).toEqual(['TOO_FEW_VISITS HISTORY_ATTENDANCE']);
      expect(await codes(fan, once)).toEqual(['NOT_ANNOUNCED_YET null']);
      expect(await codes(fan, streak)).toEqual(['STREAK_TOO_SHORT HISTORY_ATTENDANCE']);
      for (const campaign of [often, once, streak]) {
        expect(await codes(silent, campaign)).toEqual(['CONSENT_OFF HISTORY_ATTENDANCE']);
      }
      await announce(once);
      expect(await because(fan, once)).toEqual(['AT_VENUE', 'VISITS']);
      expect(await because(silent, once)).toBeUndefined();
    });

    it("by engagement counts what was done with this partner's offers, under HISTORY_ENGAGEMENT", async () => {
      const seen = await createCampaign(server);
      const [fan, idle, silent] = [
        await arrive(['HISTORY_ENGAGEMENT']),
        await arrive(['HISTORY_ENGAGEMENT']),
        await arrive([]),
      ];
      await announce(seen);
      await mutate(server, fan.token, 'recordEngagement', { offerId: seen.offerId, kind: 'CLICK' });
      const segment = { engagements: { kind: 'CLICK', atLeast: 1, withinDays: 30 } };
      const own = await createCampaign(server, { segment });
      const other = await createCampaign(server, { segment }, 'demo-partner-2');
      expect(await codes(fan, own)).toEqual(['NOT_ANNOUNCED_YET null']);
      expect(await codes(idle, own)).toEqual(['TOO_LITTLE_ENGAGEMENT HISTORY_ENGAGEMENT']);
      expect(await codes(fan, other)).toEqual(['TOO_LITTLE_ENGAGEMENT HISTORY_ENGAGEMENT']);
      expect(await codes(silent, own)).toEqual(['CONSENT_OFF HISTORY_ENGAGEMENT']);
      await announce(own);
      expect(await because(fan, own)).toEqual(['AT_VENUE', 'ENGAGEMENT']);
    });

    it('of tiers that there are not is refused', async () => {
      const token = await tokenOf('PARTNER', 'demo-partner');
      const plan = {
        name: 'N',
        offer: { title: 'T', body: 'B', discount: { percentOff: 1 } },
        budget: {},
        capPerFan: 1,
      };
      const window = { validFrom: '2026-01-01T00:00:00Z', validUntil: '2036-01-01T00:00:00Z' };
      const refused = await mutate(server, token, 'createCampaign', {
        ...plan,
        ...window,
        segment: { tiers: ['PLATINUM'] },
      });
      expect(refused).toMatchObject({ code: 'BAD_INPUT' });
    });
  });
});
