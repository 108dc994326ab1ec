/** The promise that everything else is for: a stream that is open already goes dark when its fan withdraws. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Context, createContext } from '../../src/context.ts';
import { connectOrm } from '../../src/db/orm.ts';
import type { MakeEventContext } from '../../src/live/deliver.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { askRule } from '../support/rule.ts';
import { type Answer, startTestServer, type TestServer } from '../support/server.ts';
import { type OpenStream, type OpenStreamOver, overServerSentEvents, overWebSocket } from '../support/stream.ts';

/** For those of whom nothing more is to come. */
const SILENCE_MS = 1_500;
const SCOPES = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION'];

const announces = (offerId: string) => (frame: Answer) => frame.data?.liveOffers.offer?.id === offerId;

async function openForNewFan(server: TestServer, open: OpenStreamOver) {
  const gameId = await liveGameId(server);
  const zones = await zoneIds(server);
  const { token } = await enrollFan(server, SCOPES);
  await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', zoneId: zones['green-monster'] });
  const stream = await open(server.url, token, LIVE_OFFERS, { gameId });
  await stream.waitFor((frame) => frame.data?.liveOffers.__typename === 'StreamPosition');
  return { gameId, token, stream };
}

/**
 * Two events, with a withdrawal behind the first. The second is announced while the scope is still in force, and held
 * back by an older transaction until the withdrawal has returned: only a decision made at delivery can know.
 */
async function withdrawBetweenEvents(server: TestServer, open: OpenStreamOver, scope: string) {
  const { gameId, token, stream } = await openForNewFan(server, open);
  const first = await stream.waitFor(announces(await announce(server, gameId)));
  const release = await holdBackEvents(server.databaseUrl);
  const secondOffer = await announce(server, gameId);
  await mutate(server, token, 'withdrawConsent', { scopes: [scope] });
  await release();
  const last = await announce(server, gameId);
  const frames = await settle(stream, secondOffer, last, scope === 'OFFERS_LIVE' ? SILENCE_MS : undefined);
  await stream.close();
  expect(stream.frames.filter(({ errors }) => errors)).toEqual([]);
  return { first: first.data.liveOffers, ...frames };
}

/** The last event, if it comes, and the second, which can only have come before it. */
async function settle(stream: OpenStream, secondOffer: string, lastOffer: string, patience?: number) {
  const last = await stream.waitFor(announces(lastOffer), 0, patience).catch(() => null);
  const second = stream.frames.find(announces(secondOffer));
  return { second: second?.data.liveOffers ?? null, last: last?.data.liveOffers ?? null };
}

/** One context for all events of a stream. */
function oneForAll(change: (context: Context) => Context): MakeEventContext {
  const known = new WeakMap<object, Context>();
  return (services, opened) => {
    const context = known.get(opened) ?? change(createContext(services, opened.viewer, opened.expiresAt));
    known.set(opened, context);
    return context;
  };
}

/** A context whose decisions are never looked at again, as everywhere else. */
function blindly(context: Context): Context {
  context.consent.stands = () => true;
  return context;
}

/** A grant whose message to the nodes is lost. */
async function grantWithoutWakeUp(databaseUrl: string, fanId: string): Promise<void> {
  const orm = await connectOrm(databaseUrl, { max: 1 });
  await askRule(orm).grant(fanId, ['OFFERS_LIVE']);
  await orm.close(true);
}

/** Events are read below the oldest running transaction: this one keeps them waiting. */
async function holdBackEvents(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return async () => {
    await client.query('commit');
    await client.end();
  };
}

describe.each([
  ['graphql-ws', overWebSocket],
  ['SSE', overServerSentEvents],
] as const)('an open stream over %s', (_, open) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it('shows no reason after the fan withdraws PERSONALIZATION', async () => {
    const { first, second } = await withdrawBetweenEvents(server, open, 'PERSONALIZATION');
    expect(first.because).toEqual([{ kind: 'AT_VENUE', text: 'You are at Fenway Park.' }]);
    expect(second).toMatchObject({ because: null, zone: { name: 'Green Monster Seats' } });
  });

  it('shows no zone after the fan withdraws PRESENCE_ZONE', async () => {
    const { first, second } = await withdrawBetweenEvents(server, open, 'PRESENCE_ZONE');
    expect(first.zone.name).toBe('Green Monster Seats');
    expect(second).toMatchObject({ zone: null, because: [{ kind: 'AT_VENUE' }] });
  });

  it('is silent after the fan withdraws OFFERS_LIVE, even about what was announced before', async () => {
    const { first, second, last } = await withdrawBetweenEvents(server, open, 'OFFERS_LIVE');
    expect(first.__typename).toBe('OfferAnnounced');
    expect({ second, last }).toEqual({ second: null, last: null });
  });

  it('never tells what lay between a withdrawal and the next grant', async () => {
    const { gameId, token, stream } = await openForNewFan(server, open);
    await stream.waitFor(announces(await announce(server, gameId)));
    await mutate(server, token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    const between = await announce(server, gameId);
    await mutate(server, token, 'grantConsent', {
      scopes: ['OFFERS_LIVE'],
      duration: 'STANDING',
      policyVersion: POLICY,
    });
    const after = await announce(server, gameId);
    await stream.waitFor(announces(after));
    await stream.close();
    expect(stream.frames.some(announces(between))).toBe(false);
    expect(stream.frames.filter(announces(after))).toHaveLength(1);
  });

  it('goes dark on a node that did not take the withdrawal', async () => {
    const other = await startTestServer({ databaseUrl: server.databaseUrl });
    const { gameId, token, stream } = await openForNewFan(other, open);
    await stream.waitFor(announces(await announce(server, gameId)));
    await mutate(server, token, 'withdrawConsent', { scopes: ['PERSONALIZATION'] });
    const second = await stream.waitFor(announces(await announce(server, gameId)));
    await stream.close();
    await other.close();
    expect(second.data.liveOffers.because).toBeNull();
  });

  it('comes alive on a node that has not heard of the grant, whatever that node remembers', async () => {
    const deaf = await startTestServer({ databaseUrl: server.databaseUrl });
    const gameId = await liveGameId(server);
    const { token } = await enrollFan(server, ['PRESENCE_VENUE']);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const stream = await open(deaf.url, token, LIVE_OFFERS, { gameId });
    const fanId = deaf.services.idsFor(null).parse((await deaf.ask(token, '{ me { id } }')).data.me.id)!.key;
    const key = { fanId, recipientId: null, gameId: deaf.services.idsFor(null).parse(gameId)!.key };
    // Let the wake-ups of what came before arrive; the one of the grant never will.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await deaf.services.gate.decide(key);
    await grantWithoutWakeUp(server.databaseUrl, fanId);
    expect(deaf.services.gate.peek(key, performance.now())?.holds('OFFERS_LIVE')).toBe(false);
    await stream.waitFor(announces(await announce(server, gameId)));
    await stream.close();
    await deaf.close();
  });

  it('leaks when its events share the context in which it was opened and nobody looks twice', async () => {
    const careless = await startTestServer({ makeEventContext: oneForAll(blindly) });
    const leaked = await withdrawBetweenEvents(careless, open, 'PERSONALIZATION');
    const broken = await withdrawBetweenEvents(careless, open, 'OFFERS_LIVE');
    await careless.close();
    expect(leaked.second.because).toEqual([{ kind: 'AT_VENUE', text: 'You are at Fenway Park.' }]);
    expect(broken.second).toMatchObject({ __typename: 'OfferAnnounced' });
  });

  it('rather stays silent than leak when only the context is shared: the second look holds by itself', async () => {
    const careless = await startTestServer({ makeEventContext: oneForAll((context) => context) });
    const { second } = await withdrawBetweenEvents(careless, open, 'PERSONALIZATION');
    await careless.close();
    expect(second).toBeNull();
  });
});
