/** Several offers on one order: a till asks which it takes, and no group gives more than one where it is to give one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCampaign, mutate } from '../../support/operations.ts';
import { tokenOf } from '../../support/server.ts';
import { type GameDay, startGameDay } from './world.ts';

const COMBINE = `query ($codes: [String!]!, $orderTotal: AmountInput!) {
  combineClaims(codes: $codes, orderTotal: $orderTotal) { code applies mode discount { amount currency } }
}`;
const TOTAL = { amount: 2_000, currency: 'USD' };
let groups = 0;

describe('several offers on one order', () => {
  let day: GameDay;
  beforeAll(async () => {
    day = await startGameDay();
  });
  afterAll(() => day.server.close());

  const combine = (codes: string[], token = day.staff, orderTotal: object = TOTAL) =>
    day.server.ask(token, COMBINE, { codes, orderTotal });
  /** A claim of each: 10 % (2.00), 3.00 off, and 15 % (3.00), by falling priority; of one fan or of several in turn. */
  const claimsOf = async (mode: string | null, fans = 1) => {
    groups += 1;
    const guests = await day.arrive(fans);
    const stacking = mode === null ? {} : { stacking: { group: `group ${groups}`, mode } };
    const discounts = [{ percentOff: 10 }, { amountOff: { amount: 300, currency: 'USD' } }, { percentOff: 15 }];
    const codes: string[] = [];
    for (const [place, discount] of discounts.entries()) {
      const offer = { title: `Offer ${place}`, body: 'B', discount };
      const { offerId } = await day.offer({ offer, priority: 10 - place, ...stacking });
      codes.push((await day.claim(guests[place % fans]!, offerId)).claim.code);
    }
    return codes;
  };
  const applied = async (codes: string[]) => {
    const { data } = await combine(codes);
    return data.combineClaims.map(({ applies }: { applies: boolean }) => applies);
  };

  it.each([
    [null, [true, true, true]],
    ['STACKABLE', [true, true, true]],
    ['LIST_ORDER', [true, false, false]],
    ['LOWEST', [true, false, false]],
    // Alike, the older comes first.
    ['HIGHEST', [false, true, false]],
  ])('of the mode %s are taken', async (mode, expected) => {
    const codes = await claimsOf(mode);
    expect(await applied(codes)).toEqual(expected);
    const { data } = await combine(codes);
    expect(data.combineClaims.map(({ discount }: { discount: object }) => discount)).toEqual(
      [200, 300, 300].map((amount) => ({ amount, currency: 'USD' })),
    );
  });

  it('of different groups do not stand in each other’s way', async () => {
    const [one, other] = [await claimsOf('HIGHEST'), await claimsOf('LOWEST')];
    expect(await applied([...one, ...other])).toEqual([false, true, false, true, false, false]);
  });

  it('are redeemed one of a group on an order, and another on the next order', async () => {
    const [first, second] = await claimsOf('HIGHEST');
    expect(await day.redeem(first!)).toMatchObject({ code: 'BAD_INPUT' });
    expect((await day.redeem(first!, { orderId: 'A' })).redemption.status).toBe('REDEEMED');
    expect(await day.redeem(second!, { orderId: 'A' })).toMatchObject({ code: 'INVALID_STATE' });
    expect((await day.redeem(second!, { orderId: 'B' })).redemption.status).toBe('REDEEMED');
  });

  it('are free again once the one that was taken is rolled back', async () => {
    const [first, second] = await claimsOf('LIST_ORDER');
    const { redemption } = await day.redeem(first!, { orderId: 'C' });
    expect(await day.redeem(second!, { orderId: 'C' })).toMatchObject({ code: 'INVALID_STATE' });
    await day.rollBack(redemption.id);
    expect((await day.redeem(second!, { orderId: 'C' })).redemption.status).toBe('REDEEMED');
  });

  it('are one, when tills ask at once for those of friends who share an order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const codes = await claimsOf('HIGHEST', 3);
      const results = await Promise.all(codes.map((code) => day.redeem(code, { orderId: `at once ${round}` })));
      expect(results.filter((result) => result.redemption)).toHaveLength(1);
    }
  });

  it('of stackable groups, and of none, need no order', async () => {
    for (const mode of [null, 'STACKABLE']) {
      const codes = await claimsOf(mode);
      for (const code of codes) expect((await day.redeem(code)).redemption.status).toBe('REDEEMED');
    }
  });

  it('have one mode within a group of a partner', async () => {
    const token = await tokenOf('PARTNER', 'demo-partner');
    const plan = {
      name: 'N',
      offer: { title: 'T', body: 'B', discount: { percentOff: 1 } },
      budget: {},
      capPerFan: 1,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2036-01-01T00:00:00Z',
    };
    await createCampaign(day.server, { stacking: { group: 'summer', mode: 'LOWEST' } });
    const other = { ...plan, stacking: { group: 'summer', mode: 'HIGHEST' } };
    expect(await mutate(day.server, token, 'createCampaign', other)).toMatchObject({ code: 'BAD_INPUT' });
    await createCampaign(day.server, { stacking: { group: 'summer', mode: 'HIGHEST' } }, 'demo-partner-2');
  });

  it('are asked about by staff of the venue only, with codes that are right, each once, in their currency', async () => {
    const codes = await claimsOf('HIGHEST');
    const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code;
    expect(codeOf(await combine(codes, await tokenOf('PARTNER', 'demo-partner')))).toBe('FORBIDDEN');
    expect(codeOf(await combine([...codes, 'AAAAAA-AAAAAA-AAAAAA']))).toBe('NOT_FOUND');
    expect(codeOf(await combine([codes[0]!, codes[0]!]))).toBe('BAD_INPUT');
    expect(codeOf(await combine(codes, day.staff, { amount: 100, currency: 'EUR' }))).toBe('BAD_INPUT');
    await day.redeem(codes[0]!, { orderId: 'Z' });
    expect(codeOf(await combine(codes))).toBe('NOT_FOUND');
  });
});
