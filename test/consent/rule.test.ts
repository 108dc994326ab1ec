/** The rule of consent, asked in SQL as everything asks it. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONSENT_SCOPES } from '../../src/consent/index.ts';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { askRule } from '../support/rule.ts';

describe('the rule of consent', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let rule: ReturnType<typeof askRule>;
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

  it('knows the same scopes by the same bits as the catalogue', async () => {
    const bits = await rule.sql(
      `select consent_scope_bit(s) as bit from unnest('{${CONSENT_SCOPES.join(',')}}'::text[]) as s`,
    );
    expect(bits).toEqual(CONSENT_SCOPES.map((_, bit) => ({ bit })));
    expect(await rule.sql(`select consent_scope_bit('NONSENSE') as bit`)).toEqual([{ bit: null }]);
  });

  it('grants nothing by default, and nothing to a fan who does not exist', async () => {
    expect((await rule.decide(await rule.fan())).mask).toBe(0);
    expect((await rule.decide('999999999')).mask).toBe(0);
  });

  it('lets a partner hold a scope only while the operator holds it too', async () => {
    const [fan, partner, other] = [await rule.fan(), await rule.partner(), await rule.partner()];
    await rule.grant(fan, ['PROFILE'], { recipientId: partner });
    expect((await rule.decide(fan, { recipientId: partner })).holds('PROFILE')).toBe(false);
    await rule.grant(fan, ['PROFILE']);
    expect((await rule.decide(fan, { recipientId: partner })).holds('PROFILE')).toBe(true);
    expect((await rule.decide(fan, { recipientId: other })).holds('PROFILE')).toBe(false);
    await rule.withdraw(fan, ['PROFILE']);
    expect((await rule.decide(fan, { recipientId: partner })).holds('PROFILE')).toBe(false);
  });

  it('asks anew for every game', async () => {
    const [fan, first, second] = [await rule.fan(), await rule.game(), await rule.game()];
    await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'GAME', gameId: first });
    expect((await rule.decide(fan, { gameId: first })).holds('OFFERS_LIVE')).toBe(true);
    expect((await rule.decide(fan, { gameId: second })).holds('OFFERS_LIVE')).toBe(false);
  });

  describe('for one game', () => {
    let fan: string;
    let game: string;
    const holds = async (at?: string) =>
      (await rule.decide(fan, { gameId: game, ...(at ? { at } : {}) })).holds('OFFERS_LIVE');
    beforeEach(async () => {
      [fan, game] = [await rule.fan(), await rule.game()];
      await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'GAME', gameId: game });
    });

    it('ends twelve hours after the scheduled start', async () => {
      const cap = `(select starts_at + interval '12 hours' from game where id = ${game})`;
      expect(await holds(`${cap} - interval '1 microsecond'`)).toBe(true);
      expect(await holds(cap)).toBe(false);
    });

    it('ends at the cap with which it was given, though the game begins later, or ends just before', async () => {
      const [row] = await rule.sql(`select (starts_at + game_cap())::text as cap from game where id = ${game}`);
      const cap = `'${row!.cap}'::timestamptz`;
      const changes = [`starts_at = starts_at + interval '5 hours'`, `ended_at = ${cap} - interval '10 minutes'`];
      for (const change of changes) {
        await rule.sql(`update game set ${change} where id = ${game}`);
        expect([await holds(`${cap} - interval '1 millisecond'`), await holds(cap)]).toEqual([true, false]);
      }
    });

    it('ends half an hour after the last out', async () => {
      await rule.sql(`update game set status = 'FINAL', ended_at = app_now() where id = ${game}`);
      const end = `(select ended_at + interval '30 minutes' from game where id = ${game})`;
      expect(await holds(`${end} - interval '1 microsecond'`)).toBe(true);
      expect(await holds(end)).toBe(false);
    });

    it.each(['POSTPONED', 'CANCELED'])('ends at once when it is %s', async (status) => {
      await rule.sql(`update game set status = '${status}', ended_at = app_now() where id = ${game}`);
      expect(await holds()).toBe(false);
    });

    it('does not come back when the game is resumed as another sitting', async () => {
      await rule.sql(`update game set status = 'LIVE', session = session + 1 where id = ${game}`);
      expect(await holds()).toBe(false);
    });
  });

  it('ends at the instant that was given, and says when to look again', async () => {
    const fan = await rule.fan();
    const until = new Date(Date.now() + 3_600_000);
    await rule.grant(fan, ['PROFILE'], { duration: 'UNTIL', until });
    const decision = await rule.decide(fan);
    expect(decision.holds('PROFILE')).toBe(true);
    expect(new Date(decision.validUntil!)).toEqual(until);
    expect((await rule.decide(fan, { at: `'${until.toISOString()}'` })).holds('PROFILE')).toBe(false);
  });

  it('is never given for longer than was asked: an instant is refused beside another duration, and one that is past', async () => {
    const [fan, game] = [await rule.fan(), await rule.game()];
    const until = new Date(Date.now() + 60_000);
    for (const duration of ['STANDING', 'GAME'] as const) {
      await expect(rule.grant(fan, ['PROFILE'], { duration, gameId: game, until })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      });
    }
    const past = { duration: 'UNTIL', until: new Date(Date.now() - 1) } as const;
    await expect(rule.grant(fan, ['PROFILE'], past)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(rule.grant(fan, ['PROFILE'], { duration: 'UNTIL' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect((await rule.decide(fan)).mask).toBe(0);
  });

  it('lets any of several overlapping grants suffice, and one withdrawal end them all', async () => {
    const [fan, game] = [await rule.fan(), await rule.game()];
    await rule.grant(fan, ['OFFERS_LIVE'], { duration: 'GAME', gameId: game });
    await rule.grant(fan, ['OFFERS_LIVE']);
    const later = `app_now() + interval '13 hours'`;
    expect((await rule.decide(fan, { gameId: game, at: later })).holds('OFFERS_LIVE')).toBe(true);
    expect(await rule.withdraw(fan, ['OFFERS_LIVE'])).toHaveLength(2);
    expect((await rule.decide(fan, { gameId: game })).mask).toBe(0);
  });

  it('keeps the lineage of a grant that replaces one in force, and starts a new one after any gap', async () => {
    const fan = await rule.fan();
    const lineage = async () => (await rule.decide(fan)).lineages[CONSENT_SCOPES.indexOf('PROFILE')];
    await rule.grant(fan, ['PROFILE']);
    const first = await lineage();
    await rule.grant(fan, ['PROFILE']);
    expect(await lineage()).toBe(first);
    await rule.withdraw(fan, ['PROFILE']);
    expect(await lineage()).toBe('0');
    await rule.grant(fan, ['PROFILE']);
    expect(Number(await lineage())).toBeGreaterThan(Number(first));
  });

  it('starts a new lineage for a partner when the operator had a gap, or the partner had', async () => {
    const [fan, partner] = [await rule.fan(), await rule.partner()];
    const captured = async () => rule.decide(fan, { recipientId: partner });
    await rule.grant(fan, ['PROFILE']);
    await rule.grant(fan, ['PROFILE'], { recipientId: partner });
    for (const recipient of [null, partner]) {
      const before = await captured();
      await rule.withdraw(fan, ['PROFILE'], recipient);
      await rule.grant(fan, ['PROFILE'], { recipientId: recipient });
      const after = await captured();
      expect([after.holds('PROFILE'), after.heldSince('PROFILE', before.lineages)]).toEqual([true, false]);
    }
  });

  it('knows one veto of partners: whatever was granted to one ends, and what is granted later stands', async () => {
    const [fan, first, second] = [await rule.fan(), await rule.partner(), await rule.partner()];
    await rule.grant(fan, ['PROFILE']);
    for (const recipientId of [first, second]) await rule.grant(fan, ['PROFILE'], { recipientId });
    const holds = async () =>
      Promise.all(
        [null, first, second].map(async (recipientId) => (await rule.decide(fan, { recipientId })).holds('PROFILE')),
      );
    const captured = await rule.decide(fan, { recipientId: first });
    expect(await Promise.all([rule.veto(fan), rule.veto(fan)])).toEqual(expect.arrayContaining([true, false]));
    expect(await holds()).toEqual([true, false, false]);
    await rule.grant(fan, ['PROFILE'], { recipientId: first });
    expect(await rule.veto(fan)).toBe(false);
    expect(await holds()).toEqual([true, true, false]);
    expect((await rule.decide(fan, { recipientId: first })).heldSince('PROFILE', captured.lineages)).toBe(false);
    expect(
      await rule.sql(`select count(*)::int from consent_event where fan_id = ${fan} and action = 'VETOED'`),
    ).toEqual([{ count: 1 }]);
  });

  it('asks again when a policy with a material change takes effect, and not for any other', async () => {
    const fan = await rule.fan();
    await rule.grant(fan, ['PROFILE']);
    await rule.policy(2, false);
    expect((await rule.decide(fan)).holds('PROFILE')).toBe(true);
    await rule.policy(3, true, `app_now() + interval '1 day'`);
    expect((await rule.decide(fan)).holds('PROFILE')).toBe(true);
    expect((await rule.decide(fan, { at: `app_now() + interval '1 day'` })).holds('PROFILE')).toBe(false);
    await rule.grant(fan, ['PROFILE'], { policyOrdinal: 3 });
    expect((await rule.decide(fan, { at: `app_now() + interval '1 day'` })).holds('PROFILE')).toBe(true);
  });

  it('records every act, and lets nobody change or delete the record', async () => {
    const fan = await rule.fan();
    await rule.grant(fan, ['PROFILE', 'LOYALTY'], { policyOrdinal: 3 });
    await rule.withdraw(fan, ['LOYALTY']);
    const events = () => rule.sql(`select action, scope from consent_event where fan_id = ${fan} order by id`);
    const record = [
      { action: 'GRANTED', scope: 'PROFILE' },
      { action: 'GRANTED', scope: 'LOYALTY' },
      { action: 'WITHDRAWN', scope: 'LOYALTY' },
    ];
    expect(await events()).toEqual(record);
    for (const change of [
      'update consent_event set scope = scope',
      'delete from consent_event',
      'truncate consent_event',
    ]) {
      await expect(rule.sql(change)).rejects.toThrow(/append-only/);
    }
    expect(await events()).toEqual(record);
  });
});
