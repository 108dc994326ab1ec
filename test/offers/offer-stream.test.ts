/** A partner's live feed: activity of those who share their presence with this partner, field by field, and of nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  becomeMinor,
  createCampaign,
  enrollFan,
  liveGameId,
  mutate,
  OFFER_STREAM,
  POLICY,
  zoneIds,
} from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { type OpenStream, type OpenStreamOver, overServerSentEvents, overWebSocket } from '../support/stream.ts';

const OPERATOR = [
  ...['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'HISTORY_ENGAGEMENT', 'PROFILE_PREFERENCES', 'PERSONALIZATION'],
];
const SHARED = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'PROFILE', 'PROFILE_PREFERENCES'];

interface Guest {
  readonly token: string;
  readonly subject: string;
}

const activities = (stream: OpenStream) =>
  stream.frames.map(({ data }) => data?.offerStream).filter((event) => event?.__typename === 'OfferActivity');
const told =
  (campaignId: string, kind = 'ANNOUNCED', fanId?: string) =>
  ({ data }: Answer) =>
    data?.offerStream?.campaign?.id === campaignId &&
    data.offerStream.kind === kind &&
    (fanId === undefined || data.offerStream.fan.id === fanId);

describe.each([
  ['graphql-ws', overWebSocket],
  ['SSE', overServerSentEvents],
] as const)("a partner's stream over %s", (_, over: OpenStreamOver) => {
  let server: TestServer;
  let gameId: string;
  let zones: Record<string, string>;
  let partners: Record<string, string>;
  beforeAll(async () => {
    server = await startTestServer();
    [gameId, zones] = [await liveGameId(server), await zoneIds(server)];
    const { data } = await server.ask(null, '{ partners(first: 10) { edges { node { id code } } } }');
    partners = Object.fromEntries(data.partners.edges.map(({ node }: Answer['data']) => [node.code, node.id]));
  });
  afterAll(() => server.close());

  const share = (fan: Guest, scopes: readonly string[], partner = 'demo-partner') =>
    mutate(server, fan.token, 'grantConsent', {
      scopes,
      recipientId: partners[partner],
      duration: 'STANDING',
      policyVersion: POLICY,
    });
  const withdraw = (fan: Guest, scopes: readonly string[], partner?: string) =>
    mutate(server, fan.token, 'withdrawConsent', { scopes, recipientId: partner && partners[partner] });
  const checkIn = (fan: Guest) =>
    mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', zoneId: zones.bleachers });
  /** A fan with a favorite team, who is in the bleachers, and shares these scopes with the partner. */
  const arrive = async (shared: readonly string[] = SHARED): Promise<Guest> => {
    const fan = await enrollFan(server, OPERATOR);
    const { data } = await server.ask(null, '{ teams(first: 1) { edges { node { id } } } }');
    await mutate(server, fan.token, 'updateMe', { favoriteTeamId: data.teams.edges[0].node.id });
    await checkIn(fan);
    if (shared.length > 0) await share(fan, shared);
    return fan;
  };
  /** As the partner knows the fan. */
  const idOf = async (fan: Guest, partner = 'demo-partner') => {
    const { idsFor } = server.services;
    const me = (await server.ask(fan.token, '{ me { id } }')).data.me.id;
    return idsFor(idsFor(null).parse(partners[partner]!)!.key).toGlobal('Fan', idsFor(null).parse(me)!.key);
  };
  const open = async (variables: Record<string, unknown> = {}, partner = 'demo-partner') => {
    const stream = await over(server.url, await tokenOf('PARTNER', partner), OFFER_STREAM, variables);
    await stream.waitFor(() => true);
    return stream;
  };
  const announceAs = async (partner = 'demo-partner') => {
    const campaign = await createCampaign(server, {}, partner);
    const input = { campaignId: campaign.id, gameId, idempotencyKey: 'once' };
    expect((await mutate(server, campaign.token, 'announceOffer', input)).code).toBeUndefined();
    return campaign;
  };
  /** All that was announced before has been decided once this has come. */
  const settle = async (stream: OpenStream, sentinel: Guest, partner = 'demo-partner') => {
    const { id } = await announceAs(partner);
    await stream.waitFor(told(id, 'ANNOUNCED', await idOf(sentinel, partner)));
  };
  const of = async (stream: OpenStream, fan: Guest, partner?: string) => {
    const id = await idOf(fan, partner);
    return activities(stream).filter((event) => event.fan.id === id);
  };
  const close = (...streams: OpenStream[]) => Promise.all(streams.map((stream) => stream.close()));

  it('tells what becomes of an offer, of a fan who shares all', async () => {
    const stream = await open();
    expect(stream.frames[0]!.data.offerStream.__typename).toBe('StreamPosition');
    const fan = await arrive();
    const campaign = await announceAs();
    for (const kind of ['VIEW', 'VIEW', 'DISMISS', 'CLICK', 'CLICK']) {
      await mutate(server, fan.token, 'recordEngagement', { offerId: campaign.offerId, kind });
    }
    await settle(stream, fan);
    await close(stream);
    const events = (await of(stream, fan)).filter((event) => event.campaign.id === campaign.id);
    expect(events.map(({ kind }) => kind)).toEqual(['ANNOUNCED', 'VIEWED', 'CLICKED']);
    for (const event of events) {
      expect(event.fan).toMatchObject({
        displayName: expect.stringMatching(/^Fan/),
        favoriteTeam: { code: expect.any(String) },
        currentZone: { id: zones.bleachers },
        loyalty: null,
      });
    }
  });

  it('tells the tier of a fan who shares LOYALTY too, as it is when it is told', async () => {
    const stream = await open();
    const fan = await arrive([...SHARED, 'LOYALTY']);
    await announceAs();
    await settle(stream, fan);
    await server.services.orm.em.fork().execute(`
      select points_earn(id, 'OFFER', 'tier:' || id, '', 300, 0, null) from fan where subject = '${fan.subject}'`);
    await announceAs();
    await settle(stream, fan);
    await close(stream);
    const tiers = (await of(stream, fan)).map((event) => event.fan.loyalty.tier.code);
    expect([tiers[0], tiers.at(-1)]).toEqual(['MEMBER', 'SINGLE']);
  });

  it('shows of a fan who shares their presence nothing but that, under an id of this partner alone', async () => {
    const streams = [await open(), await open({}, 'demo-partner-2')] as const;
    const fan = await arrive(['PRESENCE_VENUE']);
    await share(fan, ['PRESENCE_VENUE'], 'demo-partner-2');
    await announceAs();
    await announceAs('demo-partner-2');
    await settle(streams[0], fan);
    await settle(streams[1], fan, 'demo-partner-2');
    await close(...streams);
    const [first] = await of(streams[0], fan);
    const [second] = await of(streams[1], fan, 'demo-partner-2');
    const nothing = { displayName: null, favoriteTeam: null, currentZone: null, loyalty: null };
    expect([first.fan, second.fan]).toEqual([
      { id: await idOf(fan), ...nothing },
      { id: await idOf(fan, 'demo-partner-2'), ...nothing },
    ]);
    expect(first.fan.id).not.toBe(second.fan.id);
  });

  it('is silent about a fan who shares with nobody, with another partner, or everything but presence', async () => {
    const stream = await open();
    const sentinel = await arrive();
    const [alone, elsewhere, absent] = [await arrive([]), await arrive([]), await arrive(['PROFILE'])];
    await share(elsewhere, SHARED, 'demo-partner-2');
    const campaign = await announceAs();
    for (const fan of [alone, elsewhere, absent]) {
      const input = { offerId: campaign.offerId, kind: 'VIEW' };
      expect(await mutate(server, fan.token, 'recordEngagement', input)).toMatchObject({ recorded: true });
    }
    await settle(stream, sentinel);
    await close(stream);
    for (const fan of [alone, elsewhere, absent]) expect(await of(stream, fan)).toEqual([]);
  });

  it('goes silent about a fan who withdraws presence from this partner only; the other goes on', async () => {
    const [ours, theirs] = [await open(), await open({}, 'demo-partner-2')];
    const [fan, sentinel] = [await arrive(), await arrive()];
    await share(fan, SHARED, 'demo-partner-2');
    const before = await announceAs();
    await ours.waitFor(told(before.id, 'ANNOUNCED', await idOf(fan)));
    await withdraw(fan, ['PRESENCE_VENUE'], 'demo-partner');
    const seen = (await of(ours, fan)).length;
    await announceAs();
    const view = { offerId: before.offerId, kind: 'VIEW' };
    expect(await mutate(server, fan.token, 'recordEngagement', view)).toMatchObject({ recorded: true });
    await settle(ours, sentinel);
    await settle(theirs, fan, 'demo-partner-2');
    await close(ours, theirs);
    expect(await of(ours, fan)).toHaveLength(seen);
    expect(activities(theirs).at(-1).fan.displayName).toMatch(/^Fan/);
  });

  it.each([
    ['PROFILE', 'displayName'],
    ['PROFILE_PREFERENCES', 'favoriteTeam'],
    ['PRESENCE_ZONE', 'currentZone'],
  ])(
    'shows no more of what %s allows after it was withdrawn from this partner, and all the rest',
    async (scope, field) => {
      const stream = await open();
      const fan = await arrive();
      const id = await idOf(fan);
      const first = (await stream.waitFor(told((await announceAs()).id, 'ANNOUNCED', id))).data.offerStream.fan;
      await withdraw(fan, [scope], 'demo-partner');
      const second = (await stream.waitFor(told((await announceAs()).id, 'ANNOUNCED', id))).data.offerStream.fan;
      await close(stream);
      expect(first[field]).not.toBeNull();
      expect(second).toEqual({ ...first, [field]: null });
    },
  );

  it('goes silent about a fan who withdraws presence from the operator', async () => {
    const stream = await open();
    const [fan, sentinel] = [await arrive(), await arrive()];
    const before = await announceAs();
    await stream.waitFor(told(before.id, 'ANNOUNCED', await idOf(fan)));
    const seen = (await of(stream, fan)).length;
    await withdraw(fan, ['PRESENCE_VENUE']);
    await mutate(server, fan.token, 'recordEngagement', { offerId: before.offerId, kind: 'VIEW' });
    await settle(stream, sentinel);
    await close(stream);
    expect(await of(stream, fan)).toHaveLength(seen);
  });

  it('never tells what lay between a withdrawal and the next grant, nor what was captured before', async () => {
    const stream = await open();
    const { cursor } = stream.frames[0]!.data.offerStream;
    const [fan, sentinel] = [await arrive(), await arrive()];
    const before = await announceAs();
    await stream.waitFor(told(before.id, 'ANNOUNCED', await idOf(fan)));
    await withdraw(fan, ['PRESENCE_VENUE'], 'demo-partner');
    const between = await announceAs();
    await mutate(server, fan.token, 'recordEngagement', { offerId: before.offerId, kind: 'VIEW' });
    await share(fan, ['PRESENCE_VENUE']);
    await mutate(server, fan.token, 'recordEngagement', { offerId: between.offerId, kind: 'CLICK' });
    await settle(stream, fan);
    const again = await open({ after: cursor });
    await settle(again, sentinel);
    await close(stream, again);
    const campaigns = async (of_: OpenStream) =>
      (await of(of_, fan)).map((event) => `${event.kind} ${event.campaign.id}`);
    expect(await campaigns(stream)).not.toContain(`ANNOUNCED ${between.id}`);
    expect(await campaigns(stream)).not.toContain(`VIEWED ${before.id}`);
    expect(await campaigns(stream)).toContain(`CLICKED ${between.id}`);
    expect(await campaigns(again)).not.toContain(`ANNOUNCED ${before.id}`);
    expect(await campaigns(again)).not.toContain(`VIEWED ${before.id}`);
    expect(await campaigns(again)).toContain(`CLICKED ${between.id}`);
  });

  it('shows in an old event no field whose scope was withdrawn since, though it was granted again', async () => {
    const stream = await open();
    const { cursor } = stream.frames[0]!.data.offerStream;
    const fan = await arrive();
    const id = await idOf(fan);
    const old = await announceAs();
    await stream.waitFor(told(old.id, 'ANNOUNCED', id));
    await withdraw(fan, ['PROFILE'], 'demo-partner');
    await share(fan, ['PROFILE']);
    const again = await open({ after: cursor });
    const resumed = await again.waitFor(told(old.id, 'ANNOUNCED', id));
    const fresh = await again.waitFor(told((await announceAs()).id, 'ANNOUNCED', id));
    await close(stream, again);
    expect(resumed.data.offerStream.fan).toMatchObject({
      displayName: null,
      favoriteTeam: { code: expect.any(String) },
    });
    expect(fresh.data.offerStream.fan.displayName).toMatch(/^Fan/);
  });

  it('no longer tells of views once the operator may not keep them', async () => {
    const stream = await open();
    const { cursor } = stream.frames[0]!.data.offerStream;
    const [fan, sentinel] = [await arrive(), await arrive()];
    const campaign = await announceAs();
    await mutate(server, fan.token, 'recordEngagement', { offerId: campaign.offerId, kind: 'VIEW' });
    await stream.waitFor(told(campaign.id, 'VIEWED', await idOf(fan)));
    await withdraw(fan, ['HISTORY_ENGAGEMENT']);
    const again = await open({ after: cursor });
    await settle(again, sentinel);
    await close(stream, again);
    expect((await of(again, fan)).filter((event) => event.campaign.id === campaign.id)).toMatchObject([
      { kind: 'ANNOUNCED' },
    ]);
  });

  it('resumes in the middle of an announcement without loss or repetition', async () => {
    const stream = await open();
    const fans = [await arrive(), await arrive(), await arrive(), await arrive()];
    const { id } = await announceAs();
    await settle(stream, fans[0]!);
    const whole = activities(stream).filter((event) => event.campaign.id === id);
    expect(whole.length).toBeGreaterThanOrEqual(4);
    expect(new Set(whole.map(({ cursor }) => cursor)).size).toBe(whole.length);
    for (const place of [0, 1, whole.length - 2, whole.length - 1]) {
      const { cursor } = whole[place];
      const resumed = await open({ after: cursor });
      const opening = resumed.frames[0]!.data.offerStream;
      const fromOpening = await open({ after: opening.cursor });
      await settle(resumed, fans[0]!);
      await settle(fromOpening, fans[0]!);
      await close(resumed, fromOpening);
      const rest = whole.slice(place + 1).map((event) => event.fan.id);
      for (const one of [resumed, fromOpening]) {
        expect(
          activities(one)
            .filter((event) => event.campaign.id === id)
            .map((event) => event.fan.id),
        ).toEqual(rest);
      }
    }
    await close(stream);
  });

  it('tells every page of a large announcement, each fan once and in order', async () => {
    const stream = await open();
    const fan = await arrive();
    await crowd(server, 450);
    const { id } = await announceAs();
    await settle(stream, fan);
    const all = activities(stream).filter((event) => event.campaign.id === id);
    const resumed = await open({ after: all[321].cursor });
    await settle(resumed, fan);
    await close(stream, resumed);
    expect(all.length).toBeGreaterThanOrEqual(451);
    expect(new Set(all.map((event) => event.fan.id)).size).toBe(all.length);
    const rest = activities(resumed).filter((event) => event.campaign.id === id);
    expect(rest.map((event) => event.fan.id)).toEqual(all.slice(322).map((event) => event.fan.id));
    await server.services.orm.em.fork().execute(`delete from presence p using fan f
      where f.id = p.fan_id and f.subject like 'crowd-%'`);
  });

  it('tells only of the campaign that was asked for, and knows no campaign of another partner', async () => {
    const fan = await arrive();
    const campaign = await createCampaign(server);
    const stream = await open({ campaignId: campaign.id });
    await announceAs();
    const input = { campaignId: campaign.id, gameId, idempotencyKey: 'once' };
    await mutate(server, campaign.token, 'announceOffer', input);
    await stream.waitFor(told(campaign.id, 'ANNOUNCED', await idOf(fan)));
    expect(activities(stream).filter((event) => event.campaign.id !== campaign.id)).toEqual([]);
    const theirs = await createCampaign(server, {}, 'demo-partner-2');
    const unknown = server.services.idsFor(null).toGlobal('Campaign', '987654321');
    const refusals = await Promise.all([theirs.id, unknown].map((campaignId) => open({ campaignId })));
    await close(stream, ...refusals);
    const errors = refusals.map(({ frames }) => frames[0]!.errors);
    expect(errors[0]).toMatchObject([{ message: 'The campaign was not found.', extensions: { code: 'NOT_FOUND' } }]);
    expect(errors[1]).toEqual(errors[0]);
  });

  it('falls silent when a browser says Sec-GPC, until the fan names this partner again', async () => {
    const stream = await open();
    const [fan, sentinel] = [await arrive(), await arrive()];
    const before = await announceAs();
    await stream.waitFor(told(before.id, 'ANNOUNCED', await idOf(fan)));
    await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${fan.token}`, 'sec-gpc': '1' },
      body: JSON.stringify({ query: '{ me { id } }' }),
    });
    const vetoed = await announceAs();
    await settle(stream, sentinel);
    await share(fan, ['PRESENCE_VENUE']);
    const named = await announceAs();
    const after = await stream.waitFor(told(named.id, 'ANNOUNCED', await idOf(fan)));
    await close(stream);
    expect(stream.frames.some(told(vetoed.id, 'ANNOUNCED', await idOf(fan)))).toBe(false);
    expect(after.data.offerStream.fan.displayName).toBeNull();
  });

  it('tells nothing about a minor, whatever was granted before', async () => {
    const stream = await open();
    const [fan, sentinel] = [await arrive(), await arrive()];
    const before = await announceAs();
    await stream.waitFor(told(before.id, 'ANNOUNCED', await idOf(fan)));
    const seen = (await of(stream, fan)).length;
    await becomeMinor(server, `subject = '${fan.subject}'`);
    await announceAs();
    const view = { offerId: before.offerId, kind: 'VIEW' };
    expect(await mutate(server, fan.token, 'recordEngagement', view)).toMatchObject({ recorded: true });
    await settle(stream, sentinel);
    await close(stream);
    expect(await of(stream, fan)).toHaveLength(seen);
  });

  it.each([
    ['a fan', 'FAN', 'quinn', 'FORBIDDEN'],
    ['staff', 'STAFF', 'demo', 'FORBIDDEN'],
    ['a device', 'DEVICE', 'demo-sensor', 'FORBIDDEN'],
    ['nobody', null, '', 'UNAUTHENTICATED'],
  ] as const)('is not for %s', async (_, role, subject, code) => {
    const token = role && (await tokenOf(role, subject));
    const stream = await over(server.url, token, OFFER_STREAM, {});
    const frame = await stream.waitFor(() => true);
    await stream.close();
    expect(frame.errors).toMatchObject([{ extensions: { code } }]);
  });

  it('refuses a cursor of something else, and of another partner', async () => {
    const { cursors } = server.services.live;
    const theirs = (await open({}, 'demo-partner-2')).frames[0]!.data.offerStream.cursor;
    const others = ['garbage', cursors.seal('game:1', { xid: 1n, id: 1n }), theirs];
    for (const after of others) {
      const stream = await open({ after });
      expect(stream.frames[0]!.errors).toMatchObject([{ extensions: { code: 'BAD_INPUT' } }]);
      await stream.close();
    }
  });
});

/** Fans by the hundred who share their presence with the partner, made in the database: here it is the number that counts. */
async function crowd(server: TestServer, size: number): Promise<void> {
  await server.services.orm.em.fork().transactional(async (em) => {
    await em.execute(`insert into fan (subject) select 'crowd-' || n from generate_series(1, ${size}) n`);
    await em.execute(`
      insert into consent_grant (id, fan_id, scope, recipient_id, duration, policy_ordinal, lineage)
      select g.id, g.fan_id, g.scope, g.recipient_id, 'STANDING', (select max(ordinal) from policy), g.id
      from (select nextval('consent_grant_id_seq') as id, f.id as fan_id, s.scope, r.recipient_id
        from fan f cross join unnest(array['PRESENCE_VENUE', 'OFFERS_LIVE']) s (scope)
        cross join (select null::bigint as recipient_id union all select id from partner where code = 'demo-partner') r
        where f.subject like 'crowd-%') g`);
    await em.execute(`insert into presence (game_id, fan_id)
      select (select id from game where status = 'LIVE' limit 1), id from fan where subject like 'crowd-%'`);
  });
}
