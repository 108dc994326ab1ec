/** The fields whose engines are yet to come: nullable, and null. Whoever brings an engine removes its lines. */
import { isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVELOPMENT_MASTER_KEY } from '../../src/config.ts';
import { Seal } from '../../src/graphql/ids.ts';
import { Cursors } from '../../src/live/position.ts';
import { announce, enrollFan, LIVE_OFFERS, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overWebSocket } from '../support/stream.ts';

const LATER = ['Fan.loyalty', 'OfferAnnounced.walkingSeconds', 'StreamGap.missedAtLeast'];

describe('a field whose engine is yet to come', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it.each(LATER)('%s is nullable', (coordinate) => {
    const [typeName, fieldName] = coordinate.split('.') as [string, string];
    const type = server.schema.getType(typeName);
    expect(isObjectType(type) && !isNonNullType(type.getFields()[fieldName]!.type)).toBe(true);
  });

  it('answers null where everything else about it is granted', async () => {
    const token = await tokenOf('FAN', 'later');
    const gameId = await liveGameId(server);
    const scopes = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE'];
    await mutate(server, token, 'enrollFan', { displayName: 'Later', policyVersion: POLICY });
    await mutate(server, token, 'grantConsent', { scopes, duration: 'STANDING', policyVersion: POLICY });

    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const stream = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId });
    await stream.waitFor((frame) => frame.data?.liveOffers.__typename === 'StreamPosition');
    await announce(server, gameId);
    const frame = await stream.waitFor(({ data }) => data?.liveOffers.__typename === 'OfferAnnounced');
    await stream.close();
    expect(frame.data.liveOffers.walkingSeconds).toBeNull();

    const { data } = await server.ask(token, '{ me { loyalty { points } } }');
    expect(data.me).toEqual({ loyalty: null });
  });

  it('does not count what a stream has missed', async () => {
    const gameId = await liveGameId(server);
    const { token } = await enrollFan(server);
    const topic = `game:${server.services.idsFor(null).key('Game', gameId, 'gameId')}`;
    const beforeRestore = new Cursors(new Seal(DEVELOPMENT_MASTER_KEY, 'stream'), 'another-generation');
    const after = beforeRestore.seal(topic, { xid: 1n, id: 1n });
    const stream = await overWebSocket(server.url, token, LIVE_OFFERS, { gameId, after });
    const frame = await stream.waitFor(({ data }) => data?.liveOffers.__typename === 'StreamGap');
    await stream.close();
    expect(frame.data.liveOffers.missedAtLeast).toBeNull();
  });
});
