/** What comes late: a turn that was waited for, a scan from yesterday's till, an answer that never arrives. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LosingWire, layLosingWire } from '../../support/losing-wire.ts';
import { mutate } from '../../support/operations.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { holdRow } from './held-row.ts';
import { type GameDay, type Guest, startGameDay } from './world.ts';

const HOUR_MS = 3_600_000;

describe('a claim', () => {
  let day: GameDay;
  let ann: Guest;
  let ben: Guest;
  let cat: Guest;
  beforeAll(async () => {
    day = await startGameDay({ LOG_LEVEL: 'fatal' });
    [ann, ben, cat] = (await day.arrive(3)) as [Guest, Guest, Guest];
  });
  afterAll(() => day.server.close());

  const limited = (action: string, period: string, per: string) =>
    day.offer({ limits: [{ action, period, per: [per], atMost: 1 }] });

  describe('that expires while staff wait for their turn to redeem it', () => {
    /** Ann's claim, redeemed at a till that has to wait; `meanwhile` it expires, and more happens. */
    const redeemLate = async (offerId: string, meanwhile: () => Promise<unknown>) => {
      const { claim } = await day.claim(ann, offerId);
      expect(claim.status).toBe('HELD');
      const row = await holdRow(day.server.databaseUrl, `fan where subject = '${ann.subject}'`);
      const redeemed = day.redeem(claim.code);
      try {
        await row.waitedForBy(1);
        await day.expire(claim.id);
        await meanwhile();
      } finally {
        await row.release();
      }
      return redeemed;
    };

    it('is honored, since it was scanned in time', async () => {
      const { id, offerId } = await limited('CLAIM', 'EVER', 'CAMPAIGN');
      const { redemption } = await redeemLate(offerId, async () => undefined);
      expect(redemption.status).toBe('REDEEMED');
      expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 1 });
    });

    it.each([
      ['the campaign', 'CAMPAIGN', 'demo-partner'],
      ['the partner', 'PARTNER', 'demo-partner-2'],
    ])('is refused where its place within a limit of %s has gone to another fan', async (_, per, partner) => {
      const limits = [{ action: 'CLAIM', period: 'GAME', per: [per], atMost: 1 }];
      const { id, offerId } = await day.offer({ limits }, partner);
      const refused = await redeemLate(offerId, async () => {
        expect(await day.claim(ben, offerId)).toMatchObject({ claim: { status: 'HELD' } });
      });
      expect(refused).toMatchObject({ code: 'INVALID_STATE' });
      expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 0 });
    });

    it('is refused where its slot has gone to another fan', async () => {
      const { id, offerId } = await day.offer({ budget: { claims: 1 } });
      const refused = await redeemLate(offerId, async () => {
        expect(await day.claim(ben, offerId)).toMatchObject({ claim: { status: 'HELD' } });
      });
      expect(refused).toMatchObject({ code: 'INVALID_STATE' });
      expect(await day.used(id)).toMatchObject({ claims: 1, redeemed: 0 });
    });
  });

  it('that was scanned hours ago counts within the limits of that hour, and not of this', async () => {
    const { id, offerId } = await limited('REDEEM', 'HOUR', 'CAMPAIGN');
    const codes: string[] = [];
    for (const guest of [ann, ben, cat]) codes.push((await day.claim(guest, offerId)).claim.code);
    await day.sql(`update claim set claimed_at = claimed_at - interval '5 hours' where campaign_id = ${day.key(id)}`);
    const at = new Date(Date.now() - 3 * HOUR_MS).toISOString();
    expect((await day.redeem(codes[0]!)).redemption.status).toBe('REDEEMED');
    expect((await day.redeem(codes[1]!, { at })).redemption).toMatchObject({ status: 'REDEEMED', at });
    expect(await day.redeem(codes[2]!, { at })).toMatchObject({ code: 'INVALID_STATE' });
  });

  describe('whose answer is lost between PostgreSQL and the node', () => {
    let wire: LosingWire;
    let node: TestServer;
    beforeAll(async () => {
      wire = await layLosingWire(day.server.databaseUrl);
      node = await startTestServer({ databaseUrl: wire.url, settings: { LOG_LEVEL: 'fatal' } });
    });
    afterAll(async () => {
      await node.close();
      await wire.close();
    });

    const asked = async (statement: RegExp, ask: () => Promise<unknown>) => {
      wire.loseAnswers(statement, 1);
      expect(await ask()).toMatchObject({ __typename: 'ServiceError', code: 'OUTCOME_UNKNOWN' });
      wire.loseAnswers(statement, 0);
      return ask();
    };

    it('is there once when it is asked for again, and so are its redemption and the taking back', async () => {
      const { id, offerId } = await day.offer();
      const claim = () => mutate(node, ann.token, 'claimOffer', { offerId, idempotencyKey: 'lost' });
      const { code } = ((await asked(/claim_offer\(/, claim)) as Awaited<ReturnType<typeof claim>>).claim;
      expect(await day.used(id)).toEqual({ claims: 1, redeemed: 0, money: '0' });
      expect((await day.claim(ann, offerId, 'lost')).claim.code).toBe(code);

      const redeem = () => mutate(node, day.staff, 'redeemClaim', { code, idempotencyKey: 'lost' });
      const { redemption } = (await asked(/redeem_claim\(/, redeem)) as Awaited<ReturnType<typeof redeem>>;
      expect(await day.used(id)).toEqual({ claims: 1, redeemed: 1, money: '0' });

      const undo = { redemptionId: redemption.id, idempotencyKey: 'lost' };
      const rollBack = () => mutate(node, day.staff, 'rollbackRedemption', undo);
      expect(await asked(/roll_back_redemption\(/, rollBack)).toMatchObject({ redemption: { status: 'ROLLED_BACK' } });
      expect(await day.used(id)).toEqual({ claims: 1, redeemed: 0, money: '0' });
      expect(await day.sql(`select id from redemption where campaign_id = ${day.key(id)}`)).toHaveLength(1);
    });
  });
});
