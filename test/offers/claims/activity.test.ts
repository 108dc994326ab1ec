/** What the partner hears of claims, live: of fans who share their presence with it, and of nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate, OFFER_STREAM, POLICY } from '../../support/operations.ts';
import { type Answer, tokenOf } from '../../support/server.ts';
import { type OpenStream, overWebSocket } from '../../support/stream.ts';
import { type GameDay, type Guest, startGameDay } from './world.ts';

describe("a partner's stream of claims", () => {
  let day: GameDay;
  let partnerId: string;
  let stream: OpenStream;
  beforeAll(async () => {
    day = await startGameDay();
    const { data } = await day.server.ask(null, '{ partners(first: 10) { edges { node { id code } } } }');
    partnerId = data.partners.edges.find(({ node }: Answer['data']) => node.code === 'demo-partner').node.id;
    stream = await overWebSocket(day.server.url, await tokenOf('PARTNER', 'demo-partner'), OFFER_STREAM, {});
    await stream.waitFor(() => true);
  });
  afterAll(async () => {
    await stream.close();
    await day.server.close();
  });

  const share = ({ token }: Guest) =>
    mutate(day.server, token, 'grantConsent', {
      scopes: ['PRESENCE_VENUE'],
      recipientId: partnerId,
      duration: 'STANDING',
      policyVersion: POLICY,
    });
  const arrive = async (...shares: boolean[]) => {
    const guests = await day.arrive(shares.length);
    for (const [place, guest] of guests.entries()) if (shares[place]) await share(guest);
    return guests;
  };
  const take = async (guest: Guest, offerId: string) => {
    const { claim } = await day.claim(guest, offerId);
    return (await day.redeem(claim.code)).redemption;
  };
  const isOf =
    (campaignId: string, kind: string) =>
    ({ data }: Answer) =>
      data?.offerStream.campaign?.id === campaignId && data.offerStream.kind === kind;
  const told = (campaignId: string, from: OpenStream = stream) =>
    from.frames.map(({ data }) => data?.offerStream).filter((event) => event?.campaign?.id === campaignId);

  it('tells that an offer was claimed and redeemed, of a fan who shares their presence', async () => {
    const [fan] = (await arrive(true)) as [Guest];
    const { id, offerId } = await day.offer();
    await take(fan, offerId);
    await stream.waitFor(isOf(id, 'REDEEMED'));
    const events = told(id);
    expect(events.map(({ kind }) => kind)).toEqual(['ANNOUNCED', 'CLAIMED', 'REDEEMED']);
    expect(new Set(events.map(({ fan: { id: fanId } }) => fanId)).size).toBe(1);
    expect(events.map(({ fan: { displayName } }) => displayName)).toEqual([null, null, null]);
  });

  it('is silent about a fan who does not, and about one who has withdrawn before it happened', async () => {
    const [shares, keeps, withdraws] = (await arrive(true, false, true)) as [Guest, Guest, Guest];
    const { id, offerId } = await day.offer();
    const input = { scopes: ['PRESENCE_VENUE'], recipientId: partnerId };
    await mutate(day.server, withdraws.token, 'withdrawConsent', input);
    for (const guest of [keeps, withdraws, shares]) await take(guest, offerId);
    await stream.waitFor(isOf(id, 'REDEEMED'));
    const kinds = told(id).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'CLAIMED')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'REDEEMED')).toHaveLength(1);
  });

  it('never tells, to who resumes, what was withdrawn since, though it was granted again', async () => {
    const [shares, withdraws] = (await arrive(true, true)) as [Guest, Guest];
    const { id, offerId } = await day.offer();
    await stream.waitFor(isOf(id, 'ANNOUNCED'));
    const after = stream.frames.at(-1)!.data.offerStream.cursor;
    for (const guest of [withdraws, shares]) await take(guest, offerId);
    const input = { scopes: ['PRESENCE_VENUE'], recipientId: partnerId };
    await mutate(day.server, withdraws.token, 'withdrawConsent', input);
    await share(withdraws);
    const token = await tokenOf('PARTNER', 'demo-partner');
    const resumed = await overWebSocket(day.server.url, token, OFFER_STREAM, { after });
    await resumed.waitFor(isOf(id, 'REDEEMED'));
    await resumed.close();
    expect(
      told(id, resumed)
        .map(({ kind }) => kind)
        .filter((kind) => kind !== 'ANNOUNCED'),
    ).toEqual(['CLAIMED', 'REDEEMED']);
  });
});
