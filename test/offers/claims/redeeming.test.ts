/** Honouring a code, and taking that back: each once, with the money that goes with it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate, POLICY } from '../../support/operations.ts';
import { tokenOf } from '../../support/server.ts';
import { type GameDay, type Guest, startGameDay } from './world.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const offering = (discount: object) => ({ offer: { title: 'Offer', body: 'At the counter.', discount } });

describe('redeeming a claim', () => {
  let day: GameDay;
  let ann: Guest;
  let ben: Guest;
  beforeAll(async () => {
    day = await startGameDay();
    [ann, ben] = (await day.arrive(2)) as [Guest, Guest];
    await day.sql(`insert into venue (code, name, city, time_zone) values ('X', 'Elsewhere', 'X', 'UTC')`);
    await day.sql(`insert into staff (subject, venue_id) select 'elsewhere', id from venue where code = 'X'`);
  });
  afterAll(() => day.server.close());

  const statusOf = async (guest: Guest, id: string) => {
    const { data } = await day.server.ask(guest.token, `{ node(id: "${id}") { ... on Claim { status } } }`);
    return data.node.status;
  };
  const keepPurchases = ({ token }: Guest) =>
    mutate(day.server, token, 'grantConsent', { scopes: ['HISTORY_PURCHASE'], policyVersion: POLICY });
  const pointsOf = async ({ subject }: Guest) => {
    const [row] = await day.sql<{ points: number }>(
      `select b.points from points_balance((select array_agg(id) from fan where subject = '${subject}'), app_now()) b`,
    );
    return row!.points;
  };
  /** A claim of Ann's. */
  const hold = async (more: Record<string, unknown> = {}) => {
    const campaign = await day.offer(more);
    return { ...campaign, claim: (await day.claim(ann, campaign.offerId)).claim };
  };

  it('is done once, however the code is typed', async () => {
    const { id, offerId, claim } = await hold();
    const { redemption } = await day.redeem(claim.code.toLowerCase().replaceAll('-', '  '));
    expect(redemption).toMatchObject({ status: 'REDEEMED', offer: { id: offerId }, pointsEarned: 0 });
    expect(await statusOf(ann, claim.id)).toBe('REDEEMED');
    expect(await day.redeem(claim.code)).toMatchObject({ __typename: 'ConflictError', code: 'INVALID_STATE' });
    expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 1 });
  });

  it('answers a repeated key with the same redemption, and refuses the key for anything else', async () => {
    const [first, second] = [await hold(), await hold()];
    const input = { idempotencyKey: 'till-1', orderTotal: usd(1_000) };
    const answers = await Promise.all(Array.from({ length: 8 }, () => day.redeem(first.claim.code, input)));
    expect(new Set(answers.map(({ redemption }) => redemption.id)).size).toBe(1);
    expect(await day.used(first.id)).toMatchObject({ redeemed: 1 });
    const others = [
      [second.claim.code, input],
      [first.claim.code, { ...input, orderTotal: usd(2_000) }],
    ] as const;
    for (const [code, more] of others) {
      expect(await day.redeem(code, more)).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    }
    expect(await statusOf(ann, second.claim.id)).toBe('HELD');
  });

  it('happens at one till when two tills try at once', async () => {
    const { claim } = await hold();
    const answers = await Promise.all(Array.from({ length: 8 }, () => day.redeem(claim.code)));
    expect(answers.map(({ code }) => code ?? 'done').sort()).toEqual([...Array(7).fill('INVALID_STATE'), 'done']);
  });

  it('finds neither a code that is wrong, nor one of another venue, and tells them apart for nobody', async () => {
    const { claim } = await hold();
    const elsewhere = await tokenOf('STAFF', 'elsewhere');
    const wrong = await day.redeem('000000-000000-000000');
    expect(wrong).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'The code was not found.' });
    expect(await day.redeem('hello')).toEqual(wrong);
    const input = { code: claim.code, idempotencyKey: 'elsewhere' };
    expect(await mutate(day.server, elsewhere, 'redeemClaim', input)).toEqual(wrong);
    expect(await statusOf(ann, claim.id)).toBe('HELD');
  });

  it('takes an amount off the order, and never more than the order', async () => {
    const budget = { spend: usd(1_000) };
    const { id, claim } = await hold({ ...offering({ amountOff: usd(500) }), budget });
    expect(await day.used(id)).toMatchObject({ money: '500' });
    const { redemption } = await day.redeem(claim.code, { orderTotal: usd(320) });
    expect(redemption.discount).toEqual(usd(320));
    expect(await day.used(id)).toMatchObject({ money: '320' });
  });

  it('takes a percentage off the order, to the nearest cent, while the budget lasts', async () => {
    const more = { ...offering({ percentOff: 15 }), budget: { spend: usd(200) }, capPerFan: 3 };
    const { id, offerId, claim } = await hold(more);
    expect(await day.redeem(claim.code)).toMatchObject({ code: 'BAD_INPUT' });
    expect(await day.redeem(claim.code, { orderTotal: { amount: 999, currency: 'EUR' } })).toMatchObject({
      code: 'BAD_INPUT',
    });
    expect((await day.redeem(claim.code, { orderTotal: usd(999) })).redemption.discount).toEqual(usd(150));
    const { claim: second } = await day.claim(ann, offerId);
    expect(await day.redeem(second.code, { orderTotal: usd(400) })).toMatchObject({ code: 'INVALID_STATE' });
    expect((await day.redeem(second.code, { orderTotal: usd(330) })).redemption.discount).toEqual(usd(50));
    expect(await day.used(id)).toMatchObject({ money: '200' });
    expect(await day.claim(ben, offerId)).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('keeps to a limit of redemptions', async () => {
    const limits = [{ action: 'REDEEM', period: 'DAY', per: ['CAMPAIGN'], atMost: 1 }];
    const { offerId, claim } = await hold({ limits });
    const { claim: second } = await day.claim(ben, offerId);
    await day.redeem(claim.code);
    expect(await day.redeem(second.code)).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('is refused once the hold has expired, but for a scan that was made before and arrives late', async () => {
    const [first, second] = [await hold(), await hold()];
    const at = new Date().toISOString();
    for (const { claim } of [first, second]) await day.expire(claim.id);
    expect(await day.redeem(first.claim.code)).toMatchObject({ code: 'INVALID_STATE' });
    const { redemption } = await day.redeem(first.claim.code, { at });
    expect(redemption).toMatchObject({ status: 'REDEEMED', at });
    expect(await day.redeem(first.claim.code, { at })).toMatchObject({ code: 'INVALID_STATE' });
    for (const wrong of [Date.now() + 60_000, Date.now() - 25 * 3_600_000]) {
      const refused = await day.redeem(second.claim.code, { at: new Date(wrong).toISOString() });
      expect(refused).toMatchObject({ code: 'BAD_INPUT' });
    }
    const beforeTheClaim = new Date(Date.now() - 3_600_000).toISOString();
    expect(await day.redeem(second.claim.code, { at: beforeTheClaim })).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('lets whoever commits first have the last slot: a late scan, or the next fan', async () => {
    const [late, early] = [await hold({ budget: { claims: 1 } }), await hold({ budget: { claims: 1 } })];
    const at = new Date().toISOString();
    for (const { claim } of [late, early]) await day.expire(claim.id);
    await day.claim(ben, late.offerId);
    expect(await day.redeem(late.claim.code, { at })).toMatchObject({ code: 'INVALID_STATE' });
    expect((await day.redeem(early.claim.code, { at })).redemption.status).toBe('REDEEMED');
    expect(await day.claim(ben, early.offerId)).toMatchObject({ code: 'INVALID_STATE' });
    for (const { id } of [late, early]) expect(await day.used(id)).toMatchObject({ claims: 1 });
  });

  it('shows the redemption to staff of that venue, and to nobody else', async () => {
    const { claim } = await hold();
    const { redemption } = await day.redeem(claim.code);
    const query = `{ node(id: "${redemption.id}") { ... on Redemption { status } } }`;
    expect((await day.server.ask(day.staff, query)).data.node).toEqual({ status: 'REDEEMED' });
    for (const token of [await tokenOf('STAFF', 'elsewhere'), await tokenOf('PARTNER', 'demo-partner'), ann.token]) {
      expect((await day.server.ask(token, query)).data.node).toBeNull();
    }
  });

  it.each([
    ['a fan', 'FAN', 'anybody'],
    ['a partner', 'PARTNER', 'demo-partner'],
    ['a device', 'DEVICE', 'demo-sensor'],
  ] as const)('is not for %s', async (_, role, subject) => {
    const { claim } = await hold();
    const input = { code: claim.code, idempotencyKey: 'mine' };
    const refused = await mutate(day.server, await tokenOf(role, subject), 'redeemClaim', input);
    expect(refused).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('earns the points of the offer once, and rolling it back takes them back once', async () => {
    const { claim } = await hold(offering({ pointsBonus: 70 }));
    await keepPurchases(ann);
    const before = await pointsOf(ann);
    const tries = await Promise.all(
      ['till', 'till'].map((idempotencyKey) => day.redeem(claim.code, { idempotencyKey })),
    );
    expect(tries.map(({ redemption }) => redemption.pointsEarned)).toEqual([70, 70]);
    expect(await pointsOf(ann)).toBe(before + 70);
    for (const key of ['undo-points', 'undo-points']) await day.rollBack(tries[0].redemption.id, key);
    expect(await pointsOf(ann)).toBe(before);
    const again = await day.redeem(claim.code);
    expect(again.redemption.pointsEarned).toBe(70);
    expect(await pointsOf(ann)).toBe(before + 70);
  });

  it('earns nothing without HISTORY_PURCHASE, not even when asked again with it', async () => {
    const [guest] = (await day.arrive(1)) as [Guest];
    const { offerId } = await day.offer(offering({ pointsBonus: 70 }));
    const { claim } = await day.claim(guest, offerId);
    expect((await day.redeem(claim.code, { idempotencyKey: 'off' })).redemption.pointsEarned).toBe(0);
    await keepPurchases(guest);
    expect((await day.redeem(claim.code, { idempotencyKey: 'off' })).redemption.pointsEarned).toBe(0);
    expect(await pointsOf(guest)).toBe(0);
  });

  describe('and rolling it back', () => {
    it('gives slot and money back, and the code works again while its hold lasts', async () => {
      const budget = { claims: 2, spend: usd(1_000) };
      const { id, claim } = await hold({ ...offering({ amountOff: usd(500) }), budget });
      const { redemption } = await day.redeem(claim.code, { orderTotal: usd(400) });
      expect((await day.rollBack(redemption.id)).redemption).toEqual({ id: redemption.id, status: 'ROLLED_BACK' });
      expect(await day.used(id)).toEqual({ claims: 1, redeemed: 0, money: '400' });
      expect(await statusOf(ann, claim.id)).toBe('HELD');
      const again = await day.redeem(claim.code, { orderTotal: usd(900) });
      expect(again.redemption.discount).toEqual(usd(500));
      expect(await day.used(id)).toEqual({ claims: 1, redeemed: 1, money: '500' });
      await day.rollBack(again.redemption.id);
      await day.expire(claim.id);
      expect(await day.used(id)).toEqual({ claims: 0, redeemed: 0, money: '0' });
    });

    it('gives back a percentage, which reserves nothing', async () => {
      const { id, claim } = await hold({ ...offering({ percentOff: 50 }), budget: { spend: usd(1_000) } });
      const { redemption } = await day.redeem(claim.code, { orderTotal: usd(1_500) });
      await day.rollBack(redemption.id);
      expect(await day.used(id)).toEqual({ claims: 1, redeemed: 0, money: '0' });
    });

    it('happens once: the same key gets the same answer, another one a conflict', async () => {
      const { id, claim } = await hold();
      const { redemption } = await day.redeem(claim.code);
      const answers = await Promise.all(Array.from({ length: 4 }, () => day.rollBack(redemption.id, 'undo')));
      expect(answers.map((each) => each.redemption?.status)).toEqual(Array(4).fill('ROLLED_BACK'));
      expect(await day.rollBack(redemption.id)).toMatchObject({ code: 'INVALID_STATE' });
      expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 0 });
      const other = await hold();
      const second = await day.redeem(other.claim.code);
      expect(await day.rollBack(second.redemption.id, 'undo')).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
      expect(await day.used(other.id)).toMatchObject({ redeemed: 1 });
    });

    it('happens once when two tills try at once', async () => {
      const { id, claim } = await hold();
      const { redemption } = await day.redeem(claim.code);
      const answers = await Promise.all(Array.from({ length: 8 }, () => day.rollBack(redemption.id)));
      expect(answers.map(({ code }) => code ?? 'done').sort()).toEqual([...Array(7).fill('INVALID_STATE'), 'done']);
      expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 0 });
    });

    it('frees the slot where the hold is over', async () => {
      const { id, offerId, claim } = await hold({ budget: { claims: 1 } });
      const { redemption } = await day.redeem(claim.code);
      await day.expire(claim.id);
      await day.rollBack(redemption.id);
      expect(await statusOf(ann, claim.id)).toBe('EXPIRED');
      expect(await day.used(id)).toMatchObject({ claims: 0 });
      expect((await day.claim(ben, offerId)).claim.status).toBe('HELD');
    });

    it('gives the budget back even when the fan is gone', async () => {
      const [gone] = (await day.arrive(1)) as [Guest];
      const { id, offerId } = await day.offer();
      const { redemption } = await day.redeem((await day.claim(gone, offerId)).claim.code);
      await day.sql(`delete from fan where subject = '${gone.subject}'`);
      expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 1 });
      expect((await day.rollBack(redemption.id)).redemption.status).toBe('ROLLED_BACK');
      expect(await day.used(id)).toMatchObject({ claims: 0, redeemed: 0 });
    });

    it('is not for staff of another venue', async () => {
      const { claim } = await hold();
      const { redemption } = await day.redeem(claim.code);
      const input = { redemptionId: redemption.id, idempotencyKey: 'elsewhere' };
      const refused = await mutate(day.server, await tokenOf('STAFF', 'elsewhere'), 'rollbackRedemption', input);
      expect(refused).toMatchObject({ code: 'NOT_FOUND' });
    });
  });
});
