/** Taking an offer: a code for the fan, a slot of the budget, and never one too many. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCode } from '../../../src/offers/claims/code.ts';
import { createCampaign, mutate, POLICY } from '../../support/operations.ts';
import { tokenOf } from '../../support/server.ts';
import { type GameDay, type Guest, startGameDay } from './world.ts';

const CLAIMS = `{ me { claims(first: 10) { totalCount edges { node { id code status expiresAt offer { id } } } } } }`;

describe('claiming an offer', () => {
  let day: GameDay;
  let ann: Guest;
  let ben: Guest;
  let cat: Guest;
  beforeAll(async () => {
    day = await startGameDay();
    [ann, ben, cat] = (await day.arrive(3)) as [Guest, Guest, Guest];
  });
  afterAll(() => day.server.close());

  const claimsOf = async (guest: Guest) => {
    const { data } = await day.server.ask(guest.token, CLAIMS);
    return data.me.claims.edges.map(({ node }: { node: object }) => node);
  };

  it('gives the fan a code, which the fan alone can see again', async () => {
    const { offerId } = await day.offer();
    const { claim } = await day.claim(ann, offerId);
    expect(claim).toMatchObject({ status: 'HELD', code: expect.stringMatching(/^[0-9A-Z]{6}(-[0-9A-Z]{6}){2}$/) });
    expect(await claimsOf(ann)).toContainEqual({ ...claim, offer: { id: offerId } });
    expect(await claimsOf(ben)).toEqual([]);
    const ofNode = '... on Claim { id code }';
    for (const token of [ben.token, day.staff, await tokenOf('PARTNER', 'demo-partner'), null]) {
      const { data } = await day.server.ask(token, `{ node(id: "${claim.id}") { ${ofNode} } }`);
      expect(data.node).toBeNull();
    }
    const { data } = await day.server.ask(ann.token, `{ node(id: "${claim.id}") { ${ofNode} } }`);
    expect(data.node).toEqual({ id: claim.id, code: claim.code });
  });

  it('stores no code that a thief of the database could use', async () => {
    const { offerId } = await day.offer();
    const { claim } = await day.claim(ann, offerId);
    const [row] = await day.sql<{ code: string }>(`select code from claim where id = ${day.key(claim.id)}`);
    expect(row!.code).not.toContain(readCode(claim.code)!.slice(0, 6));
    expect(readCode(row!.code)).toBeNull();
    expect(day.server.services.claimCodes.open(row!.code)).toBe(readCode(claim.code));
  });

  it('answers a repeated key with the same claim, and refuses the key for another offer', async () => {
    const [first, second] = [await day.offer(), await day.offer()];
    const answers = await Promise.all(Array.from({ length: 8 }, () => day.claim(ann, first.offerId, 'again')));
    expect(new Set(answers.map(({ claim }) => claim.code)).size).toBe(1);
    expect(await day.used(first.id)).toMatchObject({ claims: 1 });
    expect(await day.claim(ann, second.offerId, 'again')).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect((await day.claim(ben, first.offerId, 'again')).claim.code).not.toBe(answers[0].claim.code);
  });

  it('ends with the budget, and begins again with the slot of a hold that has expired', async () => {
    const { id, offerId } = await day.offer({ budget: { claims: 2 } });
    const { claim } = await day.claim(ann, offerId);
    await day.claim(ben, offerId);
    expect(await day.claim(cat, offerId)).toMatchObject({ code: 'INVALID_STATE' });
    await day.expire(claim.id);
    expect(await day.used(id)).toMatchObject({ claims: 1 });
    expect(await day.claim(cat, offerId)).toMatchObject({ claim: { status: 'HELD' } });
    expect(await day.used(id)).toMatchObject({ claims: 2 });
    expect((await claimsOf(ann)).find((each: { id: string }) => each.id === claim.id).status).toBe('EXPIRED');
  });

  it('reserves the money of an amount off, and ends where the budget would be overspent', async () => {
    const spend = { amount: 1_200, currency: 'USD' };
    const discount = { amountOff: { amount: 500, currency: 'USD' } };
    const { id, offerId } = await day.offer({
      budget: { spend },
      offer: { title: 'Five off', body: 'At the counter.', discount },
    });
    for (const guest of [ann, ben]) await day.claim(guest, offerId);
    expect(await day.claim(cat, offerId)).toMatchObject({ code: 'INVALID_STATE' });
    expect(await day.used(id)).toEqual({ claims: 2, redeemed: 0, money: '1000' });
  });

  it('is held as long as the campaign says, and never longer than the campaign', async () => {
    const before = Date.now();
    const [short, long] = [await day.offer({ holdMinutes: 10 }), await day.offer({ holdMinutes: 600 })];
    const lasts = async (offerId: string) =>
      (Date.parse((await day.claim(ann, offerId)).claim.expiresAt) - before) / 60_000;
    expect(await lasts(short.offerId)).toBeLessThan(11);
    expect(await lasts(long.offerId)).toBeLessThanOrEqual(61);
  });

  it('keeps to the cap per fan, in which an expired hold no longer counts', async () => {
    const { offerId } = await day.offer({ capPerFan: 2 });
    const { claim } = await day.claim(ann, offerId);
    await day.claim(ann, offerId);
    expect(await day.claim(ann, offerId)).toMatchObject({ code: 'INVALID_STATE' });
    await day.expire(claim.id);
    expect((await day.claim(ann, offerId)).claim.status).toBe('HELD');
    expect((await day.claim(ben, offerId)).claim.status).toBe('HELD');
  });

  it.each([
    ['of one fan in a day', ['FAN'], ['ann', 'ben'], ['ann']],
    ['of the campaign in a day', ['CAMPAIGN'], ['ann'], ['ben']],
    ['of the venue in a game', ['VENUE'], ['ann'], ['ben']],
  ])('keeps to a limit %s', async (_, per, first, refused) => {
    const guests: Record<string, Guest> = { ann, ben };
    const period = per[0] === 'VENUE' ? 'GAME' : 'DAY';
    const { offerId } = await day.offer({ capPerFan: 9, limits: [{ action: 'CLAIM', period, per, atMost: 1 }] });
    for (const name of first) expect((await day.claim(guests[name]!, offerId)).claim?.status, name).toBe('HELD');
    for (const name of refused) expect((await day.claim(guests[name]!, offerId)).code).toBe('INVALID_STATE');
  });

  it('keeps to a limit that spans the campaigns of the partner', async () => {
    const limits = [{ action: 'CLAIM', period: 'EVER', per: ['FAN', 'PARTNER'], atMost: 1 }];
    const [newcomer] = (await day.arrive(1)) as [Guest];
    const [free, limited] = [await day.offer(), await day.offer({ limits })];
    expect((await day.claim(newcomer, free.offerId)).claim.status).toBe('HELD');
    expect(await day.claim(newcomer, limited.offerId)).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('needs OFFERS_LIVE, and leaves nothing without', async () => {
    const { id, offerId } = await day.offer();
    await mutate(day.server, ben.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    expect(await day.claim(ben, offerId)).toMatchObject({ __typename: 'ConsentError', code: 'CONSENT_REQUIRED' });
    expect(await day.used(id)).toMatchObject({ claims: 0 });
    const grant = { scopes: ['OFFERS_LIVE'], duration: 'STANDING', policyVersion: POLICY };
    await mutate(day.server, ben.token, 'grantConsent', grant);
    expect((await day.claim(ben, offerId)).claim.status).toBe('HELD');
  });

  it('is refused for an offer that was not announced to this fan, as for one that does not exist', async () => {
    const unknown = day.server.services.idsFor(null).toGlobal('Offer', '987654321');
    const refused = [(await createCampaign(day.server)).offerId, unknown].map((offerId) => day.claim(ann, offerId));
    const [first, second] = await Promise.all(refused);
    expect(first).toMatchObject({ code: 'NOT_FOUND', message: 'The offer was not found.' });
    expect(second).toEqual(first);
  });

  it('is refused to who is held out, as for an offer that does not exist', async () => {
    const { id, offerId } = await day.offer({ holdoutPercent: 100 });
    const unknown = day.server.services.idsFor(null).toGlobal('Offer', '987654321');
    expect(await day.sql(`select fan_id from holdout where campaign_id = ${day.key(id)}`)).not.toEqual([]);
    expect(await day.claim(ann, offerId)).toEqual(await day.claim(ann, unknown));
    expect(await day.used(id)).toMatchObject({ claims: 0 });
  });

  it('stops while the campaign is paused and when it has ended; what is held stays', async () => {
    const { id, offerId, token } = await day.offer();
    const { claim } = await day.claim(ann, offerId);
    await mutate(day.server, token, 'pauseCampaign', { campaignId: id, paused: true });
    expect(await day.claim(ben, offerId)).toMatchObject({ code: 'INVALID_STATE' });
    await mutate(day.server, token, 'endCampaign', { campaignId: id });
    expect(await day.claim(ben, offerId)).toMatchObject({ code: 'INVALID_STATE' });
    expect((await day.redeem(claim.code)).redemption.status).toBe('REDEEMED');
  });

  it('goes with the fan, and with what OFFERS_LIVE has collected; the slot goes back, what was redeemed stays counted', async () => {
    const [leaves, erases] = (await day.arrive(2)) as [Guest, Guest];
    const { id, offerId } = await day.offer({ capPerFan: 2 });
    for (const guest of [leaves, erases]) {
      await day.redeem((await day.claim(guest, offerId)).claim.code);
      await day.claim(guest, offerId);
    }
    expect(await day.used(id)).toMatchObject({ claims: 4, redeemed: 2 });
    await mutate(day.server, erases.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'], erase: true });
    await day.sql(`delete from fan where subject = '${leaves.subject}'`);
    expect(await day.used(id)).toMatchObject({ claims: 2, redeemed: 2 });
    expect(await claimsOf(erases)).toEqual([]);
    expect(await day.sql(`select id from claim where campaign_id = ${day.key(id)}`)).toEqual([]);
  });

  it.each([
    ['a partner', 'PARTNER', 'demo-partner', 'FORBIDDEN'],
    ['staff', 'STAFF', 'demo', 'FORBIDDEN'],
    ['somebody who has not enrolled', 'FAN', 'not-enrolled', 'NOT_ENROLLED'],
  ] as const)('is not for %s', async (_, role, subject, code) => {
    const { offerId } = await day.offer();
    expect(await day.claim({ token: await tokenOf(role, subject), subject }, offerId)).toMatchObject({ code });
  });
});
