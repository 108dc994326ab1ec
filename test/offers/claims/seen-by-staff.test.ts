/** Staff see who holds a claim at their venue, to honour it: as long as it is held, and the fan lets offers be made. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '../../support/operations.ts';
import { tokenOf } from '../../support/server.ts';
import { type GameDay, type Guest, startGameDay } from './world.ts';

describe('a fan who holds a claim', () => {
  let day: GameDay;
  let elsewhere: string;
  beforeAll(async () => {
    day = await startGameDay();
    await day.sql(`insert into venue (code, name, city, time_zone) values ('X', 'Elsewhere', 'X', 'UTC')`);
    await day.sql(`insert into staff (subject, venue_id) select 'elsewhere', id from venue where code = 'X'`);
    elsewhere = await tokenOf('STAFF', 'elsewhere');
  });
  afterAll(() => day.server.close());

  const FAN = '... on Fan { id displayName email }';
  const see = async (token: string, id: string) => {
    const { data } = await day.server.ask(token, `{ node(id: "${id}") { ${FAN} } }`);
    return data.node;
  };
  /** Somebody who took an offer and then left. */
  const takeAndLeave = async () => {
    const [guest] = (await day.arrive(1)) as [Guest];
    const { offerId } = await day.offer();
    const { claim } = await day.claim(guest, offerId);
    await mutate(day.server, guest.token, 'updateMe', { displayName: 'Ann', email: 'ann@example.com' });
    const { id } = (await day.server.ask(guest.token, '{ me { id } }')).data.me;
    const { visit } = await mutate(day.server, guest.token, 'checkOut', { gameId: day.gameId });
    expect(visit.leftAt).not.toBeNull();
    return { guest, id, claim };
  };

  it('is seen by staff of that venue and of no other, and shows what the scopes in force let be seen', async () => {
    const { id } = await takeAndLeave();
    expect(await see(day.staff, id)).toMatchObject({ id, displayName: 'Ann' });
    expect(await see(elsewhere, id)).toBeNull();
    for (const token of [await tokenOf('PARTNER', 'demo-partner'), await tokenOf('DEVICE', 'demo-sensor')]) {
      expect(await see(token, id)).toBeNull();
    }
  });

  it('is seen no more once the claim is redeemed, or its hold has expired', async () => {
    const [first, second] = [await takeAndLeave(), await takeAndLeave()];
    await day.redeem(first.claim.code);
    await day.expire(second.claim.id);
    for (const { id } of [first, second]) expect(await see(day.staff, id)).toBeNull();
  });

  it('is seen no more once offers are withdrawn, whatever else is not', async () => {
    const { guest, id } = await takeAndLeave();
    await mutate(day.server, guest.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    expect(await see(day.staff, id)).toBeNull();
  });
});
