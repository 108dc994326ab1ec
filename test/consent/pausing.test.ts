/** Sitting a game out, through the front door: what a fan is told, what goes, and what an open stream still says. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, enrollFan, LIVE_OFFERS, mutate, POLICY } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { overServerSentEvents, overWebSocket } from '../support/stream.ts';

const SCOPES = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE'];
const announces = (offerId: string) => (frame: Answer) => frame.data?.liveOffers.offer?.id === offerId;
const isPosition = (frame: Answer) => frame.data?.liveOffers.__typename === 'StreamPosition';

describe('a fan who pauses for a game', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const query = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  /** A game of the demo's ballpark that is LIVE: its key and its id. */
  const liveGame = async () => {
    const [game] = await query<{ id: string }>(
      `insert into game (venue_id, starts_at, status) select id, app_now(), 'LIVE' from venue where code = 'BOS07' returning id`,
    );
    return { key: game!.id, gameId: server.services.idsFor(null).toGlobal('Game', game!.id) };
  };
  const arrived = async (gameId: string) => {
    const fan = await enrollFan(server, SCOPES);
    expect((await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: gameId })).created).toBe(
      true,
    );
    return fan;
  };

  it('is told when it ends and why everything is off, is nowhere, and cannot check in', async () => {
    const { key, gameId } = await liveGame();
    const { token, subject } = await arrived(gameId);
    const paused = await mutate(server, token, 'pauseForGame', { gameId });
    const [game] = await query<{ cap: Date }>(`select starts_at + game_cap() as cap from game where id = ${key}`);
    expect(paused).toEqual({
      __typename: 'PauseForGameSuccess',
      game: { id: gameId },
      resumesAt: new Date(game!.cap).toISOString(),
      receipt: expect.objectContaining({ jws: expect.any(String) }),
      barrier: { nodes: 1, waitedMs: expect.any(Number) },
    });
    const { barrier: _, receipt: __, ...first } = paused;
    expect(await mutate(server, token, 'pauseForGame', { gameId })).toMatchObject(first);
    const { data } = await server.ask(token, '{ me { displayName withheld { scope reason game { id } } } }');
    for (const scope of [...SCOPES, 'PROFILE', 'LOYALTY']) {
      expect(data.me.withheld).toContainEqual({ scope, reason: 'PAUSED', game: { id: gameId } });
    }
    expect(data.me.withheld).toContainEqual({ scope: 'ANALYTICS', reason: 'NEVER_ASKED', game: null });
    expect(data.me.displayName).not.toBeNull();
    expect(await query(`select 1 from presence p join fan f on f.id = p.fan_id where subject = '${subject}'`)).toEqual(
      [],
    );
    const again = await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'again' });
    expect(again.code).toBe('CONSENT_REQUIRED');
  });

  it('reads PAUSED on a grant for that game, and keeps presence at another', async () => {
    const [first, second] = [await liveGame(), await liveGame()];
    const { token, subject } = await arrived(second.gameId);
    const forGame = { scopes: ['OFFERS_LIVE'], duration: 'GAME', gameId: first.gameId, policyVersion: POLICY };
    await mutate(server, token, 'grantConsent', forGame);
    await mutate(server, token, 'pauseForGame', { gameId: first.gameId });
    const { data } = await server.ask(token, '{ me { consents { scope status game { id } } } }');
    expect(data.me.consents).toContainEqual({ scope: 'OFFERS_LIVE', status: 'PAUSED', game: { id: first.gameId } });
    expect(data.me.consents).toContainEqual({ scope: 'OFFERS_LIVE', status: 'GRANTED', game: null });
    expect(
      await query(`select p.game_id from presence p join fan f on f.id = p.fan_id where subject = '${subject}'`),
    ).toEqual([{ game_id: second.key }]);
  });

  it('is refused in words: nobody signed in, not enrolled, no such game, a game that is over', async () => {
    const { gameId, key } = await liveGame();
    const { token } = await enrollFan(server);
    const code = async (as: string | null, id: string) =>
      (await mutate(server, as, 'pauseForGame', { gameId: id })).code;
    expect(await code(null, gameId)).toBe('UNAUTHENTICATED');
    expect(await code(await tokenOf('PARTNER', 'demo-partner'), gameId)).toBe('FORBIDDEN');
    expect(await code(await tokenOf('FAN', 'nobody-yet'), gameId)).toBe('NOT_ENROLLED');
    expect(await code(token, server.services.idsFor(null).toGlobal('Game', '999999'))).toBe('NOT_FOUND');
    expect(await code(token, 'nonsense')).toBe('BAD_INPUT');
    await query(`update game set status = 'CANCELED', ended_at = app_now() where id = ${key}`);
    expect(await code(token, gameId)).toBe('INVALID_STATE');
  });

  describe.each([
    ['graphql-ws', overWebSocket],
    ['SSE', overServerSentEvents],
  ] as const)('over %s', (_, open) => {
    it('hears nothing of that game any more, announced before or after', async () => {
      const { gameId } = await liveGame();
      const [fan, other] = [await arrived(gameId), await arrived(gameId)];
      const stream = await open(server.url, fan.token, LIVE_OFFERS, { gameId });
      const witness = await open(server.url, other.token, LIVE_OFFERS, { gameId });
      await Promise.all([stream.waitFor(isPosition), witness.waitFor(isPosition)]);
      await stream.waitFor(announces(await announce(server, gameId)));
      const blocker = new Client({ connectionString: server.databaseUrl });
      await blocker.connect();
      await blocker.query('begin');
      await blocker.query('select pg_current_xact_id()');
      const heldBack = await announce(server, gameId);
      await mutate(server, fan.token, 'pauseForGame', { gameId });
      await blocker.query('commit');
      await blocker.end();
      const after = await announce(server, gameId);
      await Promise.all([witness.waitFor(announces(heldBack)), witness.waitFor(announces(after))]);
      await expect(
        stream.waitFor((frame) => announces(heldBack)(frame) || announces(after)(frame), 0, 700),
      ).rejects.toThrow();
      await Promise.all([stream.close(), witness.close()]);
    });

    it('is not told what was announced before the pause when it is over, as one who did not pause is', async () => {
      const { gameId, key } = await liveGame();
      const [fan, other] = [await arrived(gameId), await arrived(gameId)];
      const opened = await open(server.url, fan.token, LIVE_OFFERS, { gameId });
      const after = (await opened.waitFor(isPosition)).data.liveOffers.cursor;
      await opened.close();
      const offerId = await announce(server, gameId);
      await mutate(server, fan.token, 'pauseForGame', { gameId });
      await query(`update game set status = 'FINAL', ended_at = app_now() - interval '31 minutes' where id = ${key}`);
      await query(`select consent_log_append(null, ${key}, null, null)`);
      const [resumed, witness] = await Promise.all(
        [fan, other].map(({ token }) => open(server.url, token, LIVE_OFFERS, { gameId, after })),
      );
      await witness!.waitFor(announces(offerId));
      const me = await server.ask(fan.token, '{ me { withheld { reason } } }');
      expect(me.data.me.withheld).not.toContainEqual({ reason: 'PAUSED' });
      await expect(resumed!.waitFor(announces(offerId), 0, 700)).rejects.toThrow();
      await Promise.all([resumed!.close(), witness!.close()]);
    });
  });
});
