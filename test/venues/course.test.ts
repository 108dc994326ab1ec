/** The course of a game and the consent that was given for it, as staff sets the one and fans hold the other. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enrollFan, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const HOUR = 3_600_000;

describe('consent for one game', () => {
  let server: TestServer;
  let gameId: string;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    gameId = await newGame();
    token = (await enrollFan(server)).token;
  });

  const newGame = async (number = 0, startsAt = 'app_now()') => {
    const [game] = await server.services.orm.em
      .fork()
      .execute<{ id: string }[]>(
        `insert into game (venue_id, starts_at, game_number) select id, ${startsAt}, ${number} from venue where code = 'BOS07' returning id`,
      );
    return server.services.idsFor(null).toGlobal('Game', game!.id);
  };
  const grant = async (game = gameId) => {
    const input = { scopes: ['PRESENCE_VENUE'], duration: 'GAME', gameId: game, policyVersion: POLICY };
    return mutate(server, token, 'grantConsent', input);
  };
  const set = async (status: string, startsAt?: Date) => {
    const input = { gameId, status, ...(startsAt ? { startsAt: startsAt.toISOString() } : {}) };
    const { game } = await mutate(server, await tokenOf('STAFF', 'demo'), 'setGameStatus', input);
    expect(game.status).toBe(status);
  };
  /** The newest grant for the game, as the fan sees it. */
  const status = async (game = gameId) => {
    const { data } = await server.ask(token, '{ me { consents { status game { id } } } }');
    return data.me.consents.find((one: { game: { id: string } | null }) => one.game?.id === game)?.status;
  };
  let nonce = 0;
  const arrive = async (game = gameId) => {
    const result = await mutate(server, token, 'checkIn', { gameId: game, method: 'TICKET', nonce: `n${++nonce}` });
    return result.code ?? 'ARRIVED';
  };

  it('is asked twice for a doubleheader', async () => {
    const [first, second] = [await newGame(1), await newGame(2)];
    await grant(first);
    expect([await arrive(first), await arrive(second)]).toEqual(['ARRIVED', 'CONSENT_REQUIRED']);
    await grant(second);
    expect(await arrive(second)).toBe('ARRIVED');
    expect([await status(first), await status(second)]).toEqual(['GRANTED', 'GRANTED']);
  });

  it('ends at once when it is postponed, and is asked anew for the new date', async () => {
    await grant();
    await set('POSTPONED');
    expect([await status(), await arrive()]).toEqual(['GAME_OVER', 'INVALID_STATE']);
    expect((await grant()).code).toBe('INVALID_STATE');
    const later = new Date(Date.now() + HOUR);
    await set('SCHEDULED', later);
    expect([await status(), await arrive()]).toEqual(['GAME_OVER', 'CONSENT_REQUIRED']);
    const { grants } = await grant();
    expect(grants).toMatchObject([
      { status: 'GRANTED', expiresAt: new Date(later.getTime() + 12 * HOUR).toISOString() },
    ]);
    expect(await arrive()).toBe('ARRIVED');
  });

  it.each(['POSTPONED', 'CANCELED'])(
    'does not come back when what was %s is said to have ended after all',
    async (off) => {
      await grant();
      await set(off);
      await set('FINAL');
      expect(await status()).toBe('GAME_OVER');
    },
  );

  it('lasts half an hour after a suspension, and is asked anew for the resumption', async () => {
    await grant();
    await set('SUSPENDED');
    expect(await status()).toBe('GRANTED');
    await set('LIVE');
    expect([await status(), await arrive()]).toEqual(['GAME_OVER', 'CONSENT_REQUIRED']);
    await grant();
    expect(await arrive()).toBe('ARRIVED');
  });

  it('has the cap with which it was given, however late the game begins', async () => {
    const { grants } = await grant();
    await set('SCHEDULED', new Date(Date.now() + 3 * HOUR));
    const { data } = await server.ask(token, '{ me { consents { expiresAt game { id } } } }');
    expect(data.me.consents).toContainEqual({ expiresAt: grants[0].expiresAt, game: { id: gameId } });
  });

  it('stays paused when the last out was none, and is free again when it is played another day', async () => {
    await mutate(server, token, 'grantConsent', {
      scopes: ['PRESENCE_VENUE'],
      duration: 'STANDING',
      policyVersion: POLICY,
    });
    await mutate(server, token, 'pauseForGame', { gameId });
    await set('FINAL');
    await set('LIVE');
    expect(await arrive()).toBe('CONSENT_REQUIRED');
    await set('POSTPONED');
    await set('SCHEDULED', new Date(Date.now() + HOUR));
    expect(await arrive()).toBe('ARRIVED');
  });
});
