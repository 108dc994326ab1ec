/** The fields whose engines are yet to come: nullable, and null. Whoever brings an engine removes its lines. */
import { isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, LIVE_OFFERS, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overWebSocket } from '../support/stream.ts';

const LATER = ['OfferAnnounced.walkingSeconds'];

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
  });
});
