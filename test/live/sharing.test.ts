/**
 * What is executed once for many must be what each would have been sent alone, byte for byte; and whoever shares must
 * lose nothing, hear nothing twice, and see nothing that was withdrawn.
 */
import fc from 'fast-check';
import { parse } from 'graphql';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT_SCOPES } from '../../src/consent/index.ts';
import { readDependencies } from '../../src/graphql/shared.ts';
import { REASON_SCOPES } from '../../src/offers/announcement.entity.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { offersIn as events, listen, openRaw, type RawStream as Raw } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const EVERYTHING = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION'];

describe('sharing', () => {
  let sharing: TestServer;
  let alone: TestServer;
  let gameId: string;
  let zones: Record<string, string>;
  const open: Raw[] = [];
  beforeAll(async () => {
    sharing = await startTestServer();
    alone = await startTestServer({ databaseUrl: sharing.databaseUrl, sharing: false });
    gameId = await liveGameId(sharing);
    zones = await zoneIds(sharing);
  });
  afterEach(() => {
    for (const { socket } of open.splice(0)) socket.terminate();
  });
  afterAll(async () => {
    await alone.close();
    await sharing.close();
  });

  const arrive = async (scopes: readonly string[], zone: string | null) => {
    const { token } = await enrollFan(sharing, scopes);
    await mutate(sharing, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', zoneId: zone && zones[zone] });
    return token;
  };
  const openOn = async (server: TestServer, token: string) => {
    const raw = await openRaw(server.url, token);
    open.push(raw);
    return raw;
  };
  const members = (count: number) =>
    expect.poll(() => sharing.hub!.members, { timeout: 10_000, interval: 10 }).toBe(count);

  it('takes up the contract’s own live feed of offers, and not what asks who is listening', () => {
    expect(readDependencies(sharing.schema, parse(LIVE_OFFERS), null)).toEqual({
      scopes: CONSENT_SCOPES.filter((scope) => scope === 'PERSONALIZATION' || REASON_SCOPES.includes(scope as never)),
      presence: true,
      variables: [],
    });
    const personal = parse('subscription { consentChanges { cursor at consent { id } } }');
    expect(readDependencies(sharing.schema, personal, null)).toBeNull();
  });

  it('sends byte for byte what each would have been sent alone', async () => {
    const scopes = fc.subarray(EVERYTHING.slice(1)).map((some) => ['PRESENCE_VENUE', ...some]);
    const fan = fc.record({ scopes, zone: fc.constantFrom(null, ...Object.keys(zones)), document: documents() });
    const crowd = fc.array(fan, { minLength: 4, maxLength: 8 });
    const place = fc.subarray(Object.keys(zones), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(crowd, fc.array(place, { minLength: 1, maxLength: 3 }), async (fans, announced) => {
        const pairs = await Promise.all(
          fans.map(async ({ scopes, zone, document }, n) => {
            const token = await arrive(scopes, zone);
            const both = [await openOn(sharing, token), await openOn(alone, token)] as const;
            for (const raw of both) await listen(raw, `fan-${n}`, document.query, { ...document.variables, gameId });
            return both;
          }),
        );
        const control = await openOn(sharing, await arrive(['PRESENCE_VENUE', 'OFFERS_LIVE'], null));
        await listen(control, 'control', LIVE_OFFERS, { gameId });
        await members(fans.length + 1);
        for (const codes of announced) await announce(sharing, gameId, { zoneIds: codes.map((code) => zones[code]) });
        // For all of them, behind all that went before. Its cursor is the same for everybody.
        const last = await announce(sharing, gameId);
        await control.heard(() => events(control).some((text) => text.includes(last)));
        const { cursor } = JSON.parse(events(control).at(-1)!).payload.data.liveOffers;
        for (const [n, [shared, lone]] of pairs.entries()) {
          const told = fans[n]!.scopes.includes('OFFERS_LIVE');
          for (const raw of told ? [shared, lone] : []) {
            await raw.heard(() => events(raw).at(-1)?.includes(cursor) ?? false);
          }
          expect(events(shared)).toEqual(events(lone));
        }
        for (const { socket } of open.splice(0)) socket.terminate();
        await members(0);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  it('tells those who come back what they have missed, each as they would have been told it alone', async () => {
    const zone = Object.keys(zones)[0]!;
    const tokens = [await arrive(EVERYTHING, zone), await arrive(EVERYTHING, zone), await arrive(EVERYTHING, null)];
    const raw = await openOn(sharing, tokens[0]!);
    await listen(raw, 'a', LIVE_OFFERS, { gameId });
    const after = JSON.parse(raw.texts.at(-1)!).payload.data.liveOffers.cursor;
    raw.socket.terminate();
    await members(0);
    await announce(sharing, gameId);
    await announce(sharing, gameId, { zoneIds: [zones[zone]] });
    // One has a gap in what gates the events, another shows less of them.
    const [broken, , less] = tokens as [string, string, string];
    await mutate(sharing, broken, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    await mutate(sharing, broken, 'grantConsent', {
      scopes: ['OFFERS_LIVE'],
      duration: 'STANDING',
      policyVersion: POLICY,
    });
    await mutate(sharing, less, 'withdrawConsent', { scopes: ['PERSONALIZATION'] });
    const last = await announce(sharing, gameId);
    const back = await Promise.all(
      tokens.map(async (token) => {
        const both = [await openOn(sharing, token), await openOn(alone, token)] as const;
        for (const each of both) await listen(each, 'a', LIVE_OFFERS, { gameId, after });
        return both;
      }),
    );
    for (const each of back.flat()) await each.heard(() => events(each).some((text) => text.includes(last)));
    for (const [shared, lone] of back) expect(events(shared)).toEqual(events(lone));
    expect(back.map(([shared]) => events(shared).length)).toEqual([1, 3, 2]);
    // They go on with what is new.
    await members(3);
    const next = await announce(sharing, gameId);
    for (const each of back.flat()) await each.heard(() => events(each).at(-1)!.includes(next));
    expect(back.map(([shared]) => events(shared).length)).toEqual([2, 4, 3]);
  });

  it('takes a fan who withdraws out of their class before the next byte', async () => {
    const [stays, leaves] = [await arrive(EVERYTHING, 'green-monster'), await arrive(EVERYTHING, 'green-monster')];
    const [one, other] = [await openOn(sharing, stays), await openOn(sharing, leaves)];
    for (const raw of [one, other]) await listen(raw, 'a', LIVE_OFFERS, { gameId });
    await members(2);
    await announce(sharing, gameId);
    for (const raw of [one, other]) await raw.heard(() => events(raw).length === 1);
    await mutate(sharing, leaves, 'withdrawConsent', { scopes: ['PERSONALIZATION', 'PRESENCE_ZONE'] });
    await announce(sharing, gameId);
    for (const raw of [one, other]) await raw.heard(() => events(raw).length === 2);
    const because = (raw: Raw) => events(raw).map((text) => JSON.parse(text).payload.data.liveOffers.because !== null);
    expect(because(one)).toEqual([true, true]);
    expect(because(other)).toEqual([true, false]);
  });

  it('looks again before it writes: what was decided before a withdrawal is not sent after it', async () => {
    const token = await arrive(EVERYTHING, 'green-monster');
    const raw = await openOn(sharing, token);
    await listen(raw, 'a', LIVE_OFFERS, { gameId });
    await members(1);
    // The event is held back by an older transaction, and then its execution by a lock on what it loads.
    const [older, lock] = [await begin(sharing), await begin(sharing)];
    await older.query('select pg_current_xact_id()');
    const offerId = await announce(sharing, gameId);
    await lock.query('lock table offer in access exclusive mode');
    await older.query('commit');
    await expect
      .poll(async () => (await lock.query(WAITING)).rowCount, { timeout: 10_000, interval: 20 })
      .toBeGreaterThan(0);
    await mutate(sharing, token, 'withdrawConsent', { scopes: ['PERSONALIZATION'] });
    await lock.query('commit');
    await raw.heard(() => events(raw).length === 1);
    const { offer, because } = JSON.parse(events(raw)[0]!).payload.data.liveOffers;
    expect({ offerId: offer.id, because }).toEqual({ offerId, because: null });
    await Promise.all([older.end(), lock.end()]);
  });

  it('lets go of a subscription that is given up, and of all when a socket closes', async () => {
    const raw = await openOn(sharing, await arrive(EVERYTHING, null));
    for (const id of ['a', 'b', 'c']) await listen(raw, id, LIVE_OFFERS, { gameId });
    await members(3);
    raw.send({ id: 'b', type: 'complete' });
    await members(2);
    await announce(sharing, gameId);
    await raw.heard(() => events(raw).length === 2);
    expect(events(raw).map((text) => JSON.parse(text).id)).toEqual(['a', 'c']);
    raw.socket.terminate();
    await members(0);
  });

  it('tells the newest of two subscriptions with one id, once', async () => {
    const raw = await openOn(sharing, await arrive(EVERYTHING, null));
    const payload = { query: LIVE_OFFERS, variables: { gameId } };
    raw.send({ id: 'a', type: 'subscribe', payload });
    raw.send({ id: 'a', type: 'complete' });
    raw.send({ id: 'a', type: 'subscribe', payload });
    await members(1);
    await announce(sharing, gameId);
    await announce(sharing, gameId);
    await raw.heard(() => events(raw).length >= 2);
    expect(events(raw)).toHaveLength(2);
    raw.send({ id: 'a', type: 'complete' });
    await members(0);
  });
});

const WAITING = `select 1 from pg_locks where not granted and relation = 'offer'::regclass`;

async function begin({ databaseUrl }: TestServer): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin');
  return client;
}

/** Operations over the live feed of offers: any of its fields, aliased, in fragments, under variables. */
function documents() {
  const leaf = fc.constantFrom(
    'announcement { id at }',
    'announcement { offer { id title } }',
    'offer { id title body imageUrl sponsor { id name code } validUntil }',
    'offer { discount { __typename ... on PercentOff { percent } ... on PointsBonus { points } } }',
    'because { kind text }',
    'zone { id name kind }',
    'walkingSeconds',
    'cursor',
  );
  const field = fc
    .record({
      leaf,
      alias: fc.constantFrom('', 'x: ', 'y: '),
      when: fc.constantFrom('', '@include(if: $yes)', '@skip(if: $no)'),
    })
    .map(({ leaf, alias, when }) => {
      const [, name, rest] = /^(\w+)(.*)$/s.exec(leaf)!;
      return `${alias && `${alias.trim().slice(0, -1)}${name}: `}${name} ${when} ${rest}`;
    });
  return fc
    .record({
      fields: fc.uniqueArray(field, { minLength: 1, maxLength: 6, selector: (text) => text.split(/[ @]/)[0] }),
      inFragment: fc.boolean(),
      yes: fc.boolean(),
      no: fc.boolean(),
    })
    .map(({ fields, inFragment, yes, no }) => {
      const selection = `... on OfferAnnounced { ${fields.join(' ')} }`;
      const body = inFragment ? '...Told' : selection;
      const fragment = inFragment ? `fragment Told on LiveOfferEvent { ${selection} }` : '';
      const declared = ['$yes: Boolean = true', '$no: Boolean = false'].filter((name) =>
        selection.includes(name.slice(0, 3)),
      );
      const query = `subscription Any(${['$gameId: ID!', ...declared].join(', ')}) {
        liveOffers(gameId: $gameId) { __typename at: cursor ${body} }
      } ${fragment}`;
      return { query, variables: { yes, no } };
    });
}
