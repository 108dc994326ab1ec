/** The way back: what was imported, written out again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESCRIPTIONS, openShop, REDEMPTIONS, type Shop, TARGETS } from './world.ts';

describe('an operator who exports campaigns', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.close());

  it('gets what was imported, sorted, and the same bytes again after importing that into an empty database', async () => {
    const redemptions = `${REDEMPTIONS}\n1,51700010076,8,2017-05-08\n1,"a ""b"", c",8,2017-05-09`;
    await shop.importFiles({ targets: TARGETS.split('\n').toSpliced(1, 0, '13,2').join('\n'), redemptions });
    const exported = await shop.exportFiles();
    expect(exported).toEqual([
      `${DESCRIPTIONS}\n`,
      'campaign_id,household_id\n8,1\n8,2\n13,1\n13,2\n13,17\n',
      [
        'household_id,coupon_upc,campaign_id,redemption_date',
        '1,51700010076,8,2017-05-08',
        '1,51700010076,8,2017-05-08',
        '1,51700010076,8,2017-06-25',
        '1,"a ""b"", c",8,2017-05-09',
        '2,10000085429,8,2017-05-30',
        '17,10000085429,13,2017-09-01',
        '',
      ].join('\n'),
    ]);
    const empty = await openShop();
    try {
      const [descriptions, targets, again] = exported as [string, string, string];
      const { report } = await empty.importFiles({ descriptions, targets, redemptions: again });
      expect(report).toMatchObject({ redemptions: 6, refused: 0 });
      expect(await empty.exportFiles()).toEqual(exported);
    } finally {
      await empty.close();
    }
  });

  it('gets nothing of a member who has left, nothing that was taken back, and nothing of another partner', async () => {
    await shop.importFiles({});
    await shop.sql(`update consent_grant set ended_at = now(), end_reason = 'WITHDRAWN'
      where scope = 'LOYALTY' and fan_id = (select id from fan where subject = 'household:1')`);
    await shop.sql(`select roll_back_redemption(r.id, array[r.venue_id], 'till', 'key') from redemption r
      where campaign_id = (select id from campaign where idempotency_key = 'import:13')`);
    const [descriptions, targets, redemptions] = await shop.exportFiles();
    expect(descriptions).toBe(`${DESCRIPTIONS}\n`);
    expect(targets).toBe('campaign_id,household_id\n8,2\n13,17\n');
    expect(redemptions).toBe('household_id,coupon_upc,campaign_id,redemption_date\n2,10000085429,8,2017-05-30\n');
    await shop.sql(`insert into partner (code, name) values ('other', 'Other')`);
    expect((await shop.exportFiles(['--partner', 'other'])).map((file) => file.split('\n').length)).toEqual([2, 2, 2]);
    await expect(shop.exportFiles(['--partner', 'none'])).rejects.toThrow('Partner none was not found.');
  });
});
