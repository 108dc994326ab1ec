/** Ages of consent: data, read in the way that protects, and in the rule itself where partners are concerned. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { isMinor, setAgeOfConsent } from '../../src/fans/age.service.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { askRule } from '../support/rule.ts';

describe('the age of consent', () => {
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
  afterEach(() => rule.travelTo(null));

  const bornIn = (fan: string, year: number, jurisdiction: string) =>
    rule.sql(`update fan set birth_year = ${year}, jurisdiction = '${jurisdiction}' where id = ${fan} returning id`);

  it.each([
    ['US', 13],
    ['US-CA', 13],
    ['DE', 16],
    ['FR', 15],
    ['AT', 14],
    ['BR', 16],
    [null, 16],
  ])('in %s is %i, and passed when the year of that birthday is over everywhere', async (jurisdiction, years) => {
    const place = jurisdiction ? `'${jurisdiction}'` : 'null';
    const [row] = await rule.sql(`select minor_until(2010, ${place}) as at`);
    expect(new Date(row!.at as string).toISOString()).toBe(`${2010 + years + 1}-01-01T12:00:00.000Z`);
  });

  it('is of no concern to one who gives no year of birth', async () => {
    const em = orm.em.fork();
    const year = new Date().getUTCFullYear();
    expect([await isMinor(em, null, 'US'), await isMinor(em, year - 10, 'US')]).toEqual([false, true]);
    expect([await isMinor(em, year - 13, 'US'), await isMinor(em, year - 14, 'US')]).toEqual([true, false]);
  });

  it('keeps partners away from a minor, whatever was granted, until the very instant', async () => {
    const [fan, partner] = [await rule.fan(), await rule.partner()];
    const year = new Date().getUTCFullYear();
    await rule.grant(fan, ['PROFILE']);
    await rule.grant(fan, ['PROFILE'], { recipientId: partner });
    await bornIn(fan, year - 12, 'US');
    const ofAge = new Date(`${year + 2}-01-01T12:00:00Z`);
    const now = await rule.decide(fan, { recipientId: partner });
    expect([now.mask, now.validUntil]).toEqual([0, ofAge]);
    expect(now.lineages.every((lineage) => lineage === '0')).toBe(true);
    expect((await rule.decide(fan)).holds('PROFILE')).toBe(true);
    rule.travelTo(new Date(ofAge.getTime() - 1));
    expect((await rule.decide(fan, { recipientId: partner })).mask).toBe(0);
    rule.travelTo(ofAge);
    expect((await rule.decide(fan, { recipientId: partner })).holds('PROFILE')).toBe(true);
  });

  it('ends what a fan shared with partners when the operator raises it, for good and on record', async () => {
    const [fan, partner] = [await rule.fan(), await rule.partner()];
    const year = new Date().getUTCFullYear();
    await bornIn(fan, year - 15, 'ZW');
    await setAgeOfConsent(orm.em.fork(), { jurisdiction: 'ZW', years: 13, source: 'a test' });
    await rule.grant(fan, ['PROFILE']);
    await rule.grant(fan, ['PROFILE'], { recipientId: partner });
    expect((await rule.decide(fan, { recipientId: partner })).holds('PROFILE')).toBe(true);
    const [before] = await rule.sql('select seq from consent_clock');
    await setAgeOfConsent(orm.em.fork(), { jurisdiction: 'ZW', years: '18', source: 'another' });
    const [after] = await rule.sql('select seq from consent_clock');
    expect(Number(after!.seq)).toBe(Number(before!.seq) + 1);
    expect((await rule.decide(fan, { recipientId: partner })).mask).toBe(0);
    rule.travelTo(new Date(`${year + 20}-01-01T00:00:00Z`));
    expect((await rule.decide(fan, { recipientId: partner })).mask).toBe(0);
    expect((await rule.decide(fan)).holds('PROFILE')).toBe(true);
    const events = await rule.sql(`select action, recipient_id from consent_event where fan_id = ${fan} order by id`);
    expect(events.at(-1)).toEqual({ action: 'WITHDRAWN', recipient_id: partner });
  });

  it.each([
    [{ jurisdiction: 'Narnia', years: 13, source: 's' }],
    [{ jurisdiction: 'US', years: 99, source: 's' }],
    [{ jurisdiction: 'US', years: 13, source: ' ' }],
  ])('cannot be set to nonsense: %j', async (input) => {
    await expect(setAgeOfConsent(orm.em.fork(), input)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});
