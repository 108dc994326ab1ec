/** A pause in the rule itself: over every grant, in one game, for one sitting, and never to be seen through afterwards. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { askRule } from '../support/rule.ts';

const MINUTE = 60_000;

describe('a fan who sits a game out', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let rule: ReturnType<typeof askRule>;
  let fan: string;
  let game: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
    rule = askRule(orm);
    await rule.policy(1, false);
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });
  beforeEach(async () => {
    [fan, game] = [await rule.fan(), await rule.game()];
  });
  afterEach(() => rule.travelTo(null));

  const holds = async (question: Parameters<typeof rule.decide>[1] = { gameId: game }) =>
    (await rule.decide(fan, question)).holds('OFFERS_LIVE');
  const end = (status: string, id = game) =>
    rule.sql(`update game set status = '${status}', ended_at = app_now() where id = ${id}`);

  it('is out whatever was granted: for good, until an instant, or for this very game, before or after', async () => {
    await rule.grant(fan, ['OFFERS_LIVE']);
    await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'UNTIL', until: new Date(Date.now() + MINUTE) });
    await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'GAME', gameId: game });
    expect(await holds()).toBe(true);
    await rule.pause(fan, game);
    expect(await holds()).toBe(false);
    await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'GAME', gameId: game });
    await rule.grant(fan, ['OFFERS_LIVE']);
    expect(await holds()).toBe(false);
  });

  it('is out for partners too, and for the scopes that are granted while it lasts', async () => {
    const partner = await rule.partner();
    await rule.grant(fan, ['PROFILE']);
    await rule.grant(fan, ['PROFILE'], { recipientId: partner });
    await rule.pause(fan, game);
    await rule.grant(fan, ['LOYALTY']);
    expect((await rule.decide(fan, { gameId: game, recipientId: partner })).mask).toBe(0);
    expect((await rule.decide(fan, { gameId: game })).mask).toBe(0);
    expect((await rule.decide(fan, { recipientId: partner })).holds('PROFILE')).toBe(true);
  });

  it('is in at every other game, the second of a doubleheader included', async () => {
    const second = await rule.game();
    await rule.grant(fan, ['OFFERS_LIVE']);
    await rule.pause(fan, game);
    expect([await holds(), await holds({ gameId: second }), await holds({})]).toEqual([false, true, true]);
  });

  it('is out where they are now, should anything still say that they are there', async () => {
    await rule.grant(fan, ['OFFERS_LIVE']);
    await rule.pause(fan, game);
    await rule.sql(`select open_presence(${game})`);
    await rule.sql(`insert into presence (game_id, fan_id) values (${game}, ${fan})`);
    expect(await holds({})).toBe(false);
  });

  it('is in again half an hour after the end, and the rule says when to look', async () => {
    await rule.grant(fan, ['OFFERS_LIVE']);
    await rule.pause(fan, game);
    expect((await rule.decide(fan, { gameId: game, at: `app_now() + interval '3 days'` })).mask).toBe(0);
    await end('FINAL');
    const resumes = `(select ended_at + interval '30 minutes' from game where id = ${game})`;
    expect(await holds({ gameId: game, at: `${resumes} - interval '1 microsecond'` })).toBe(false);
    expect(await holds({ gameId: game, at: resumes })).toBe(true);
    const [row] = await rule.sql(`select ${resumes} as at`);
    expect((await rule.decide(fan, { gameId: game })).validUntil).toEqual(new Date(row!.at as string));
  });

  it.each(['POSTPONED', 'CANCELED'])('is in again at once when it is %s', async (status) => {
    await rule.grant(fan, ['OFFERS_LIVE']);
    await rule.pause(fan, game);
    await end(status);
    expect(await holds()).toBe(true);
    expect(await rule.pause(fan, game)).toBeNull();
  });

  it('is asked anew by the resumption of a suspended game', async () => {
    await rule.grant(fan, ['OFFERS_LIVE']);
    await rule.pause(fan, game);
    await end('SUSPENDED');
    expect(await holds()).toBe(false);
    await rule.sql(`update game set status = 'LIVE', ended_at = null, session = session + 1 where id = ${game}`);
    expect(await holds()).toBe(true);
  });

  it('is told when it ends, as far as is known, and twice the same', async () => {
    const start = new Date(Date.now() + 60 * MINUTE);
    await rule.sql(`update game set status = 'SCHEDULED', starts_at = '${start.toISOString()}' where id = ${game}`);
    const cap = new Date(start.getTime() + 12 * 60 * MINUTE);
    expect([await rule.pause(fan, game), await rule.pause(fan, game)]).toEqual([cap, cap]);
    await end('FINAL');
    const [row] = await rule.sql(`select ended_at + game_grace() as at from game where id = ${game}`);
    expect(await rule.pause(fan, game)).toEqual(new Date(row!.at as string));
    rule.travelTo(new Date(Date.now() + 31 * MINUTE));
    expect(await rule.pause(fan, game)).toBeNull();
  });

  it('is never told afterwards what was captured before, of that game; of others they are', async () => {
    const other = await rule.game();
    await rule.grant(fan, ['OFFERS_LIVE']);
    const before = await rule.decide(fan, { gameId: game });
    const elsewhere = await rule.decide(fan, { gameId: other });
    await rule.pause(fan, game);
    await end('FINAL');
    rule.travelTo(new Date(Date.now() + 31 * MINUTE));
    const after = await rule.decide(fan, { gameId: game });
    expect([after.holds('OFFERS_LIVE'), after.heldSince('OFFERS_LIVE', before.lineages)]).toEqual([true, false]);
    expect((await rule.decide(fan, { gameId: other })).heldSince('OFFERS_LIVE', elsewhere.lineages)).toBe(true);
    // Neither a second thought nor a new grant brings it back.
    await rule.pause(fan, game);
    await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'GAME', gameId: other });
    expect((await rule.decide(fan, { gameId: game })).heldSince('OFFERS_LIVE', before.lineages)).toBe(false);
  });

  it('is recorded with one event, a raised epoch, and the last word in the log', async () => {
    await rule.sql(`select open_presence(${game})`);
    await rule.sql(`insert into presence (game_id, fan_id) values (${game}, ${fan})`);
    const state = async () => {
      const [row] = await rule.sql(`select f.epoch, c.seq,
        (select count(*)::int from consent_log where fan_id = f.id) as entries,
        (select count(*)::int from presence where fan_id = f.id) as present
        from fan f, consent_clock c where f.id = ${fan}`);
      return row!;
    };
    const before = await state();
    await rule.pause(fan, game);
    const after = await state();
    expect(after).toEqual({
      epoch: String(Number(before.epoch) + 1),
      seq: String(Number(before.seq) + 1),
      entries: 1,
      present: 0,
    });
    expect(await rule.sql(`select action, scope, game_id from consent_event where fan_id = ${fan}`)).toEqual([
      { action: 'PAUSED', scope: null, game_id: game },
    ]);
  });
});
