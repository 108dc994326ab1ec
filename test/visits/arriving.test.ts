/** Arriving, moving and leaving: what is stored, under which consent, and for how long. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollFan, liveGameId, mutate, POLICY, zoneIds } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

describe('a fan who arrives', () => {
  let server: TestServer;
  let gameId: string;
  let zones: Record<string, string>;
  beforeAll(async () => {
    server = await startTestServer();
    [gameId, zones] = [await liveGameId(server), await zoneIds(server)];
  });
  afterAll(() => server.close());

  const query = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  const presence = async (subject: string) => {
    const [row] = await query<{ zone: string | null }>(`
      select z.code as zone from presence p join fan f on f.id = p.fan_id left join zone z on z.id = p.zone_id
      where f.subject = '${subject}'`);
    return row;
  };
  const checkIn = (token: string, more: object = {}) =>
    mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate', ...more });

  it('is refused without PRESENCE_VENUE, and nothing is stored', async () => {
    const { token, subject } = await enrollFan(server, ['PRESENCE_ZONE', 'OFFERS_LIVE']);
    expect(await checkIn(token)).toMatchObject({ code: 'CONSENT_REQUIRED' });
    expect(await presence(subject)).toBeUndefined();
    expect(await query(`select 1 from visit v join fan f on f.id = v.fan_id where f.subject = '${subject}'`)).toEqual(
      [],
    );
  });

  it('may be the first with many others', async () => {
    const firsts = await query<{ id: string }>(`
      insert into game (venue_id, starts_at, status) select venue_id, app_now(), 'LIVE' from game, generate_series(1, 3)
      where status = 'LIVE' returning id`);
    const fans = await Promise.all(Array.from({ length: 12 }, () => enrollFan(server, ['PRESENCE_VENUE'])));
    for (const { id } of firsts) {
      const game = server.services.idsFor(null).toGlobal('Game', id);
      const came = fans.map(({ token }) => checkIn(token, { gameId: game, nonce: `first-${id}` }));
      expect((await Promise.all(came)).map(({ created }) => created)).toEqual(fans.map(() => true));
    }
  });

  it('waits for whoever is still making room for the fans of a game', async () => {
    const { token } = await enrollFan(server, ['PRESENCE_VENUE']);
    const [game] = await query<{ id: string }>(`select id from game where status = 'LIVE' and demo`);
    const waiting = async () =>
      (
        await query(`select 1 from pg_locks where locktype = 'advisory' and classid = (hashtext('presence')::bigint & 4294967295)
        and not granted and database = (select oid from pg_database where datname = current_database())`)
      ).length;
    let came: Promise<{ created: boolean }> | undefined;
    // As the transaction that has made it holds it until all sessions have been told.
    await server.services.orm.em.fork().transactional(async (maker) => {
      await maker.execute(`select pg_advisory_xact_lock(hashtext('presence'), hashtext('presence_${game!.id}'))`);
      came = checkIn(token);
      await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
    });
    expect((await came)!.created).toBe(true);
  });

  it('leaves no trace of the zone without PRESENCE_ZONE', async () => {
    const { token, subject } = await enrollFan(server, ['PRESENCE_VENUE']);
    expect((await checkIn(token, { zoneId: zones.bleachers })).created).toBe(true);
    expect(await presence(subject)).toEqual({ zone: null });
  });

  it('has one visit however often the phone repeats itself, and moves with a new nonce', async () => {
    const { token, subject } = await enrollFan(server, ['PRESENCE_VENUE', 'PRESENCE_ZONE']);
    const [first, ...repeated] = await Promise.all(
      Array.from({ length: 4 }, () => checkIn(token, { zoneId: zones.bleachers })),
    );
    const visits = [first, ...repeated];
    expect(new Set(visits.map(({ visit }) => visit.id)).size).toBe(1);
    expect(visits.filter(({ created }) => created)).toHaveLength(1);
    expect(await checkIn(token, { nonce: 'later', zoneId: zones['team-store'] })).toMatchObject({ created: false });
    expect(await presence(subject)).toEqual({ zone: 'team-store' });
  });

  it('is nowhere once PRESENCE_VENUE is withdrawn, and in no zone once PRESENCE_ZONE is', async () => {
    const { token, subject } = await enrollFan(server, ['PRESENCE_VENUE', 'PRESENCE_ZONE']);
    await checkIn(token, { zoneId: zones.bleachers });
    await mutate(server, token, 'withdrawConsent', { scopes: ['PRESENCE_ZONE'] });
    expect(await presence(subject)).toEqual({ zone: null });
    await mutate(server, token, 'withdrawConsent', { scopes: ['PRESENCE_VENUE'] });
    expect(await presence(subject)).toBeUndefined();
  });

  it('leaves with checkOut', async () => {
    const { token, subject } = await enrollFan(server, ['PRESENCE_VENUE']);
    expect((await mutate(server, token, 'checkOut', { gameId })).code).toBe('NOT_FOUND');
    await checkIn(token);
    expect((await mutate(server, token, 'checkOut', { gameId })).visit.leftAt).not.toBeNull();
    expect(await presence(subject)).toBeUndefined();
  });

  it('is refused at a game that is past, with a zone of another venue, and with a time to come', async () => {
    const { token } = await enrollFan(server, ['PRESENCE_VENUE', 'PRESENCE_ZONE']);
    const { data } = await server.ask(null, '{ games(first: 1, filter: { status: FINAL }) { edges { node { id } } } }');
    expect((await checkIn(token, { gameId: data.games.edges[0].node.id })).code).toBe('INVALID_STATE');
    await query(`insert into venue (code, name, city, time_zone) values ('X', 'X', 'X', 'UTC')`);
    const [zone] = await query<{ id: string }>(
      `insert into zone (venue_id, code, name, kind) select id, 'x', 'X', 'GATE' from venue where code = 'X' returning id`,
    );
    const foreign = server.services.idsFor(null).toGlobal('Zone', zone!.id);
    expect((await checkIn(token, { zoneId: foreign })).code).toBe('BAD_INPUT');
    expect((await checkIn(token, { at: new Date(Date.now() + 60_000).toISOString() })).code).toBe('BAD_INPUT');
  });

  it('is remembered after the game only under HISTORY_ATTENDANCE, and consent for that game is over', async () => {
    const staff = await tokenOf('STAFF', 'demo');
    const [game] = await query<{ id: string }>(
      `insert into game (venue_id, starts_at, status) select id, app_now(), 'LIVE' from venue where code = 'BOS07' returning id`,
    );
    const own = server.services.idsFor(null).toGlobal('Game', game!.id);
    const forGame = { duration: 'GAME', gameId: own };
    const fans = {
      passing: await enrollFan(server, ['PRESENCE_VENUE'], forGame),
      regular: await enrollFan(server, ['PRESENCE_VENUE', 'HISTORY_ATTENDANCE']),
    };
    const { data } = await server.ask(null, `{ node(id: "${own}") { id } }`);
    expect(data.node.id).toBe(own);
    for (const { token } of Object.values(fans)) expect((await checkIn(token, { gameId: own })).created).toBe(true);
    const ended = await mutate(server, staff, 'setGameStatus', { gameId: own, status: 'FINAL' });
    expect(ended.game.status).toBe('FINAL');
    const left = await query<{ subject: string }>(
      `select f.subject from visit v join fan f on f.id = v.fan_id where v.game_id = ${game!.id}`,
    );
    expect(left).toEqual([{ subject: fans.regular.subject }]);
    await mutate(server, staff, 'setGameStatus', { gameId: own, status: 'LIVE' });
    expect((await checkIn(fans.passing.token, { gameId: own, nonce: 'again' })).code).toBe('CONSENT_REQUIRED');
    const again = { scopes: ['PRESENCE_VENUE'], ...forGame, policyVersion: POLICY };
    expect((await mutate(server, fans.passing.token, 'grantConsent', again)).grants[0].status).toBe('GRANTED');
    expect((await checkIn(fans.passing.token, { gameId: own, nonce: 'again' })).created).toBe(true);
  });

  it('finds that staff of another venue cannot end the game, nor anybody an imported one', async () => {
    await server.services.orm.em.fork().execute(sql`
      insert into staff (subject, venue_id) select 'elsewhere', id from venue where code = 'X'`);
    const elsewhere = await tokenOf('STAFF', 'elsewhere');
    expect((await mutate(server, elsewhere, 'setGameStatus', { gameId, status: 'FINAL' })).code).toBe('FORBIDDEN');
    const { data } = await server.ask(null, '{ games(first: 1, filter: { status: FINAL }) { edges { node { id } } } }');
    const imported = { gameId: data.games.edges[0].node.id, status: 'LIVE' };
    expect((await mutate(server, await tokenOf('STAFF', 'demo'), 'setGameStatus', imported)).code).toBe(
      'INVALID_STATE',
    );
  });
});
