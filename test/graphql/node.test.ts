/**
 * `node(id)` finds what the viewer may see and tells nobody why it found nothing. Public things have one id for
 * everyone; personal things have another for each recipient, so that recipients cannot compare whom they know.
 */
import { randomBytes } from 'node:crypto';
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVELOPMENT_MASTER_KEY } from '../../src/config.ts';
import { createIdsFor, type Ids, Seal } from '../../src/graphql/ids.ts';
import { withoutBalance } from '../support/balance.ts';
import { announce, createCampaign, enrollFan, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const BY_ID = 'query ById($id: ID!) { node(id: $id) { __typename id } }';
const plain = (text: string) => Buffer.from(text).toString('base64url');

interface Viewers {
  fan: string;
  other: string;
  partner: string;
  partner2: string;
  staff: string;
  device: string;
  nobody: null;
}
type ViewerName = keyof Viewers;

/** A fan at the game, who shares their presence with two partners, another fan, and a campaign of the first partner. */
describe('node(id)', () => {
  let server: TestServer;
  let viewers: Viewers;
  let gameId: string;
  let campaignId: string;
  let offerId: string;
  /** The fan's own things, as the fan sees them. */
  let own: { Fan: string; Visit: string; Consent: string };
  let partners: Record<string, { key: string; id: string }>;

  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
    const ids = server.services.idsFor(null);
    const { data } = await server.ask(null, '{ partners { edges { node { id code } } } }');
    const nodes: { id: string; code: string }[] = data.partners.edges.map(({ node }: { node: object }) => node);
    partners = Object.fromEntries(nodes.map(({ id, code }) => [code, { id, key: ids.parse(id)!.key }]));
    const fan = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const other = await enrollFan(server, ['PRESENCE_VENUE']);
    for (const code of ['demo-partner', 'demo-partner-2']) {
      const grant = { scopes: ['PRESENCE_VENUE', 'PROFILE'], recipientId: partners[code]!.id, duration: 'STANDING' };
      await mutate(server, fan.token, 'grantConsent', { ...grant, policyVersion: POLICY });
    }
    const { visit } = await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    ({ id: campaignId, offerId } = await createCampaign(server));
    await announce(server, gameId);
    const { me } = (await server.ask(fan.token, '{ me { id consents { id } } }')).data;
    own = { Fan: me.id, Visit: visit.id, Consent: me.consents[0].id };
    viewers = {
      fan: fan.token,
      other: other.token,
      partner: await tokenOf('PARTNER', 'demo-partner'),
      partner2: await tokenOf('PARTNER', 'demo-partner-2'),
      staff: await tokenOf('STAFF', 'demo'),
      device: await tokenOf('DEVICE', 'demo-sensor'),
      nobody: null,
    };
  });
  afterAll(() => server.close());

  /** Status, headers and body, as they came; what only tells the time, and what is left of a budget, is left out. */
  async function raw(viewer: ViewerName, id: string): Promise<{ head: string; body: string }> {
    const token = viewers[viewer];
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query: BY_ID, variables: { id } }),
    });
    const headers = [...response.headers].filter(([name]) => !['date', 'content-length'].includes(name));
    return { head: JSON.stringify([response.status, headers]), body: withoutBalance(await response.text()) };
  }
  const find = async (viewer: ViewerName, id: string) => JSON.parse((await raw(viewer, id)).body).data.node;
  const RECIPIENTS: Partial<Record<ViewerName, string>> = { partner: 'demo-partner', partner2: 'demo-partner-2' };
  const idsOf = (viewer: ViewerName) => server.services.idsFor(partners[RECIPIENTS[viewer] ?? '']?.key ?? null);
  const keyOf = (id: string) => server.services.idsFor(null).parse(id)!.key;
  const sealedFor = (code: string, type: keyof typeof own) =>
    server.services.idsFor(partners[code]!.key).toGlobal(type, keyOf(own[type]));
  const rows = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);

  /** Ids that show this viewer nothing, by the reason that nobody may learn. */
  const HIDDEN: [string, (ids: Ids) => string | Promise<string>][] = [
    ['empty', () => ''],
    ['garbage', () => 'garbage'],
    ['a number', () => '1'],
    ['text beyond Latin', () => 'ヴェニュー🎟'],
    ['a zero byte', () => plain('Game:1\0')],
    ['without end', () => 'A'.repeat(50_000)],
    ['a public id with something behind it', () => `${gameId}!`],
    ['a public id with spaces', () => ` ${gameId}`],
    ['a public id with padding', () => `${gameId}=`],
    ['not in clear', () => Buffer.from(gameId, 'base64url').toString()],
    ['of a type that there is not', () => plain('Robot:1')],
    ['of a type named like a property', () => plain('constructor:1')],
    ['a key with a zero before it', () => plain(`Game:0${keyOf(gameId)}`)],
    ['a key that is no number', () => plain('Game:one')],
    ['a key of SQL', () => plain("Game:1' or true --")],
    ['a key greater than keys can be', () => plain('Game:99999999999999999999')],
    ['unknown', () => plain('Game:999999999999999999')],
    ['an unknown zone', () => plain('Zone:999999')],
    ['an unknown announcement', () => plain('Announcement:999999')],
    ['an unknown campaign', () => plain('Campaign:999999')],
    ['a personal thing in the manner of a public one', () => plain(`Fan:${keyOf(own.Fan)}`)],
    ['a visit in the manner of a public thing', () => plain(`Visit:${keyOf(own.Visit)}`)],
    ['sealed by nobody', () => randomBytes(24).toString('base64url')],
    ['sealed under another master key', () => createIdsFor('x'.repeat(32))(null).toGlobal('Fan', keyOf(own.Fan))],
    ['sealed for the third partner', () => sealedFor('demo-partner-3', 'Fan')],
    [
      'a cursor of a page',
      async () => (await server.ask(null, '{ games { edges { cursor } } }')).data.games.edges[0].cursor,
    ],
    ['sealed for another purpose', () => new Seal(DEVELOPMENT_MASTER_KEY, 'page').seal('Game:1')],
    ['tampered with', () => own.Fan.slice(0, -4) + (own.Fan.endsWith('AAAA') ? 'BBBB' : 'AAAA')],
    ['an unknown fan, sealed', (ids) => ids.toGlobal('Fan', '999999')],
    ['an unknown visit, sealed', (ids) => ids.toGlobal('Visit', '999999')],
    ['an unknown grant, sealed', (ids) => ids.toGlobal('Consent', '999999')],
    ['an unknown delivery, sealed', (ids) => ids.toGlobal('Delivery', '999999')],
  ];

  /** Things that there are, and that this viewer may not see. */
  const FORBIDDEN: Record<ViewerName, () => string[]> = {
    fan: () => [campaignId, sealedFor('demo-partner', 'Fan'), sealedFor('demo-partner', 'Visit')],
    other: () => [own.Fan, own.Visit, own.Consent, campaignId],
    partner: () => [
      own.Fan,
      own.Visit,
      own.Consent,
      sealedFor('demo-partner-2', 'Fan'),
      sealedFor('demo-partner', 'Consent'),
    ],
    partner2: () => [own.Fan, sealedFor('demo-partner', 'Fan'), sealedFor('demo-partner', 'Visit'), campaignId],
    staff: () => [own.Consent, sealedFor('demo-partner', 'Fan'), campaignId],
    device: () => [own.Fan, own.Visit, own.Consent, campaignId],
    nobody: () => [own.Fan, own.Visit, own.Consent, campaignId],
  };

  describe.each(['fan', 'other', 'partner', 'partner2', 'staff', 'device', 'nobody'] as const)('for %s', (viewer) => {
    /** Null without a word, and each id answered by the same bytes. */
    const expectNothing = async (ids: Iterable<readonly [string, string]>) => {
      const nothing = await raw(viewer, 'garbage');
      expect(JSON.parse(nothing.body)).toEqual({ data: { node: null }, extensions: { cost: expect.anything() } });
      for (const [name, id] of ids) expect([name, await raw(viewer, id)]).toEqual([name, nothing]);
    };

    it('answers malformed, unknown and foreign ids alike, byte for byte', async () => {
      const made = HIDDEN.map(async ([name, make]) => [name, await make(idsOf(viewer))] as const);
      await expectNothing(await Promise.all(made));
    });

    it('answers what is forbidden as it answers what is not there', async () => {
      await expectNothing([['unknown', plain('Game:999999')], ...FORBIDDEN[viewer]().map((id) => [id, id] as const)]);
    });

    it('finds every public thing by the one id that everyone has', async () => {
      const [[row]] = [
        await rows<Record<string, string>>(`
        select (select min(id) from venue) as "Venue", (select min(id) from zone) as "Zone",
          (select min(id) from team) as "Team", (select min(id) from game) as "Game",
          (select min(id) from partner) as "Partner", (select min(id) from policy) as "Policy",
          (select min(id) from offer) as "Offer", (select min(id) from announcement) as "Announcement"`),
      ];
      for (const [type, key] of Object.entries(row!)) {
        const id = plain(`${type}:${key}`);
        expect(await find(viewer, id)).toEqual({ __typename: type, id });
      }
      expect(await find(viewer, offerId)).toEqual({ __typename: 'Offer', id: offerId });
    });
  });

  it('finds the own things of a fan', async () => {
    for (const [type, id] of Object.entries(own)) expect(await find('fan', id)).toEqual({ __typename: type, id });
  });

  it("finds a partner's own campaign", async () => {
    expect(await find('partner', campaignId)).toEqual({ __typename: 'Campaign', id: campaignId });
  });

  it('finds for staff the fan who is there, by the id of the operator', async () => {
    for (const type of ['Fan', 'Visit'] as const)
      expect(await find('staff', own[type])).toEqual({ __typename: type, id: own[type] });
  });

  it('shows each partner another id of the same fan, and of everything that is theirs', async () => {
    for (const type of ['Fan', 'Visit'] as const) {
      const [first, second] = [sealedFor('demo-partner', type), sealedFor('demo-partner-2', type)];
      expect(await find('partner', first)).toEqual({ __typename: type, id: first });
      expect(await find('partner2', second)).toEqual({ __typename: type, id: second });
      expect(new Set([own[type], first, second]).size).toBe(3);
      const reference = `${type}:${keyOf(own[type])}`;
      for (const id of [own[type], first, second]) {
        expect(Buffer.from(id, 'base64url').toString('latin1')).not.toContain(reference);
      }
    }
  });

  it('finds a fan for a partner only as long as anything is shared', async () => {
    const id = sealedFor('demo-partner-2', 'Fan');
    const unknown = await raw('partner2', 'garbage');
    expect((await raw('partner2', id)).body).not.toBe(unknown.body);
    const recipientId = partners['demo-partner-2']!.id;
    await mutate(server, viewers.fan, 'withdrawConsent', { scopes: ['PRESENCE_VENUE', 'PROFILE'], recipientId });
    expect(await raw('partner2', id)).toEqual(unknown);
    const grant = { scopes: ['PRESENCE_VENUE', 'PROFILE'], recipientId, duration: 'STANDING', policyVersion: POLICY };
    await mutate(server, viewers.fan, 'grantConsent', grant);
    expect(await find('partner2', id)).toEqual({ __typename: 'Fan', id });
  });

  it('is gone with what it found', async () => {
    const { token } = await enrollFan(server, ['PRESENCE_VENUE']);
    const { visit } = await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const ask = () => server.ask(token, BY_ID, { id: visit.id });
    expect((await ask()).data.node).toEqual({ __typename: 'Visit', id: visit.id });
    await server.services.orm.em.fork().execute(sql`delete from visit where id = ${keyOf(visit.id)}`);
    const nothing = await server.ask(token, BY_ID, { id: 'garbage' });
    expect(withoutBalance(JSON.stringify(await ask()))).toBe(withoutBalance(JSON.stringify(nothing)));
  });
});
