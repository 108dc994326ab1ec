/** Campaigns out of files: what an operator gets in, and whom it reaches. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESCRIPTIONS, openShop, REDEMPTIONS, type Shop, TARGETS } from './world.ts';

const HEADER = 'household_id,coupon_upc,campaign_id,redemption_date';
const WHOLE = { campaigns: 2, targets: 4, members: 3, redemptions: 4, refused: 0 };

describe('an operator who imports campaigns', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(() => shop.close());

  const everything = () =>
    shop.sql(`
      select (select count(*) from fan) fans, (select count(*) from consent_grant) grants, (select max(id) from consent_event) acts,
        (select count(*) from ledger_entry) entries, (select count(*) from campaign) campaigns,
        (select count(*) from campaign_target) targets, (select count(*) from delivery) deliveries,
        (select max(id) from claim) claims, (select max(id) from redemption) redemptions, (select count(*) from game) games,
        (select jsonb_agg(b order by b.campaign_id)::text from campaign_book b) books, (select count(*) from outbox) events`);

  it('has every campaign, target, member and redemption in, and none twice when it is run again', async () => {
    const first = await shop.importFiles({});
    expect([first.ended.code, first.report, first.refusals]).toEqual([0, WHOLE, []]);
    const before = await everything();
    const second = await shop.importFiles({});
    expect([second.report, second.refusals]).toEqual([WHOLE, []]);
    expect(await everything()).toEqual(before);
    expect(await shop.sql(`select redeemed, held, claimed from campaign_book order by campaign_id`)).toEqual([
      { redeemed: 3, held: 0, claimed: 3 },
      { redeemed: 1, held: 0, claimed: 1 },
    ]);
  });

  it('has what happened at its time, in the time of the venue, from the first day to the last', async () => {
    await shop.sql(
      `insert into venue (code, name, city, time_zone) values ('ohio', 'Ohio', 'Dayton', 'America/New_York')`,
    );
    const { report, refusals } = await shop.importFiles(
      {
        redemptions: `${REDEMPTIONS}\n2,9,8,2017-05-07\n2,9,8,2017-06-26`,
      },
      ['--venue', 'ohio', '--partner', 'grocer'],
    );
    expect(report).toMatchObject({ redemptions: 4, refused: 2 });
    expect(refusals).toEqual([
      'coupon_redemptions.csv, line 6: OUTSIDE_WINDOW: 2017-05-07 is not within campaign 8, 2017-05-08 to 2017-06-25',
      'coupon_redemptions.csv, line 7: OUTSIDE_WINDOW: 2017-06-26 is not within campaign 8, 2017-05-08 to 2017-06-25',
    ]);
    const times = await shop.sql(`
      select c.name, p.code, c.valid_from::text as from, c.valid_until::text as until, a.at::text as announced
      from campaign c join partner p on p.id = c.partner_id join announcement a on a.campaign_id = c.id order by c.id limit 1`);
    expect(times).toEqual([
      {
        name: 'Campaign 8 (Type A)',
        code: 'grocer',
        from: expect.stringContaining('2017-05-08 04:00:00'),
        until: expect.stringContaining('2017-06-26 04:00:00'),
        announced: expect.stringContaining('2017-05-08 04:00:00'),
      },
    ]);
    expect(await shop.sql('select at::text as at from redemption order by at limit 1')).toEqual([
      { at: expect.stringContaining('2017-05-08 16:00:00') },
    ]);
    expect(await shop.sql(`select source_key, home_team_id, status from game order by 1`)).toEqual([
      { source_key: 'shop:ohio:2017-05-08', home_team_id: null, status: 'FINAL' },
      { source_key: 'shop:ohio:2017-08-08', home_team_id: null, status: 'FINAL' },
    ]);
  });

  it('makes members of households, with acts in the ledger, as of their first campaign and until their last', async () => {
    await shop.importFiles({});
    const grants = await shop.sql(`
      select f.subject, g.scope, g.duration, g.granted_at::date::text as since, g.expires_at::date::text as until
      from consent_grant g join fan f on f.id = g.fan_id order by f.subject, g.id`);
    const of = (household: string, since: string, until: string) => [
      { subject: `household:${household}`, scope: 'PROFILE', duration: 'STANDING', since, until: null },
      { subject: `household:${household}`, scope: 'LOYALTY', duration: 'STANDING', since, until: null },
      { subject: `household:${household}`, scope: 'OFFERS_LIVE', duration: 'UNTIL', since, until },
    ];
    expect(grants).toEqual([
      ...of('1', '2017-05-08', '2017-09-25'),
      ...of('17', '2017-08-08', '2017-09-25'),
      ...of('2', '2017-05-08', '2017-06-26'),
    ]);
    expect(
      await shop.sql('select count(*)::int as acts, count(distinct act_id)::int as sealed from ledger_opening'),
    ).toEqual([{ acts: 6, sealed: 6 }]);
    // What happened long ago is no live event: it would bury those that others may still resume from.
    expect(await shop.sql('select * from outbox')).toEqual([]);
  });

  it('counts two equal rows as two redemptions, and refuses what goes over the cap of a household', async () => {
    const redemptions = [HEADER, '1,5,8,2017-05-09', '1,5,8,2017-05-09', '1,5,8,2017-05-10'].join('\n');
    const { report, refusals } = await shop.importFiles({ redemptions }, ['--cap-per-fan', '2']);
    expect(report).toMatchObject({ redemptions: 2, refused: 1 });
    expect(refusals).toEqual([
      'coupon_redemptions.csv, line 4: LIMIT: household 1 has redeemed as often as campaign 8 allows',
    ]);
    expect(await shop.sql('select state from claim')).toEqual([{ state: 'REDEEMED' }, { state: 'REDEEMED' }]);
  });

  it('leaves no claim behind of a redemption that the engine refuses', async () => {
    await shop.importFiles({ redemptions: HEADER });
    await shop.sql(`insert into claim_limit (campaign_id, action, period, per, at_most)
      select id, 'REDEEM', 'MONTH', '{FAN}', 1 from campaign`);
    const { report, refusals } = await shop.importFiles({
      redemptions: `${HEADER}\n1,5,8,2017-06-01\n1,6,8,2017-05-31\n1,5,8,2017-05-30`,
    });
    expect(report).toMatchObject({ redemptions: 2, refused: 1 });
    expect(refusals).toEqual([
      'coupon_redemptions.csv, line 3: LIMIT: household 1 has redeemed as often as campaign 8 allows',
    ]);
    expect(await shop.sql('select redeemed, held from campaign_book order by campaign_id limit 1')).toEqual([
      { redeemed: 2, held: 0 },
    ]);
    expect(await shop.sql('select count(*)::int as claims from claim')).toEqual([{ claims: 2 }]);
  });

  it('leaves those who are known as they are: without their own consent they are neither targeted nor told', async () => {
    await shop.sql(`insert into fan (subject) values ('household:2'), ('household:17')`);
    await shop.importFiles({ targets: 'campaign_id,household_id\n8,1', redemptions: HEADER });
    const { report, refusals } = await shop.importFiles({});
    expect(report).toEqual({ campaigns: 2, targets: 1, members: 3, redemptions: 2, refused: 5 });
    expect(refusals).toEqual([
      'campaigns.csv, line 3: CONSENT_REQUIRED: household 2 was known already, and had not consented to OFFERS_LIVE',
      // A member by then, but until the end of the first file's last campaign.
      'campaigns.csv, line 4: CONSENT_REQUIRED: household 1 was known already, and had not consented to OFFERS_LIVE',
      'campaigns.csv, line 5: CONSENT_REQUIRED: household 17 was known already, and had not consented to OFFERS_LIVE',
      'coupon_redemptions.csv, line 4: CONSENT_REQUIRED: household 2 had not consented to OFFERS_LIVE',
      'coupon_redemptions.csv, line 5: CONSENT_REQUIRED: household 17 had not consented to OFFERS_LIVE',
    ]);
    expect(
      await shop.sql(`select count(*)::int as grants from consent_grant g join fan f on f.id = g.fan_id
      where f.subject <> 'household:1'`),
    ).toEqual([{ grants: 0 }]);
  });

  it('does not tell, as of long ago, a fan who has consented only since', async () => {
    await shop.importFiles({ targets: 'campaign_id,household_id\n8,1', redemptions: HEADER });
    await shop.sql(`
      insert into fan (subject) values ('household:2');
      insert into consent_grant (id, fan_id, scope, duration, policy_ordinal, lineage)
      select nextval('consent_grant_id_seq'), id, 'OFFERS_LIVE', 'STANDING', 1, currval('consent_grant_id_seq')
      from fan where subject = 'household:2'`);
    const { report } = await shop.importFiles({ targets: 'campaign_id,household_id\n8,1\n8,2', redemptions: HEADER });
    expect(report).toMatchObject({ targets: 1, refused: 1 });
  });

  it('is told the line and the reason of each row that is refused, and has the rest', async () => {
    const { report, refusals } = await shop.importFiles({
      descriptions: `${DESCRIPTIONS}\n9,Type C,2017-07-01,2017-06-01\n10,Type C,5/8/2017,2017-06-01\n8,Type Z,2017-05-08,2017-06-25\n"11,x`,
      targets: `${TARGETS}\n9,1\n8,\n8`,
      redemptions: `${REDEMPTIONS}\n2,1,13,2017-09-01\n1,1,99,2017-09-01\n99,1,8,2017-05-09\n1,1,8,2017-02-30\n1,"1,8,2017-05-09`,
    });
    expect(report).toEqual({ ...WHOLE, refused: 12 });
    expect(refusals).toEqual([
      'campaign_descriptions.csv, line 4: BAD_ROW: it ends on 2017-06-01, before it starts on 2017-07-01',
      'campaign_descriptions.csv, line 5: BAD_ROW: start_date "5/8/2017" is not a date such as 2017-05-08',
      'campaign_descriptions.csv, line 7: BAD_ROW: the quotation marks do not match',
      'campaigns.csv, line 7: BAD_ROW: household_id is empty',
      'campaigns.csv, line 8: BAD_ROW: 1 columns instead of 2',
      'coupon_redemptions.csv, line 9: BAD_ROW: redemption_date "2017-02-30" is not a date such as 2017-05-08',
      'coupon_redemptions.csv, line 10: BAD_ROW: the quotation marks do not match',
      'campaign_descriptions.csv, line 6: CONFLICT: campaign 8 is described otherwise in line 2',
      'campaigns.csv, line 6: UNKNOWN_CAMPAIGN: campaign 9 is not in campaign_descriptions.csv, or was refused',
      'coupon_redemptions.csv, line 8: NOT_TARGETED: household 99 is not of the audience of campaign 8',
      'coupon_redemptions.csv, line 6: NOT_TARGETED: household 2 is not of the audience of campaign 13',
      'coupon_redemptions.csv, line 7: UNKNOWN_CAMPAIGN: campaign 99 is not in campaign_descriptions.csv, or was refused',
    ]);
  });

  it('may have the columns in any order and among others, a byte order mark, CRLF and quoted cells over two lines', async () => {
    const { report, refusals } = await shop.importFiles({
      descriptions: `\uFEFF${DESCRIPTIONS.replace('campaign_id', '"campaign_id"')}`.replaceAll('\n', '\r\n'),
      targets: 'note,Household_ID,campaign_id\r\n"two\r\nlines, ""quoted""",1,8\r\n,"2",8\r\n\r\n,1,13\r\n,17,13\r\n',
      redemptions: REDEMPTIONS.split('\n')
        .map((line) => line.split(',').toReversed().join(','))
        .join('\n'),
    });
    expect([report, refusals]).toEqual([WHOLE, []]);
  });

  it('is told in one line what is wrong with a file, a venue or a cap, before anything is changed', async () => {
    const folder = await shop.folderOf({ targets: 'campaign_id,household\n8,1' });
    const twice = { targets: 'campaign_id,household_id,household_id\n8,1,1' };
    for (const [{ ended }, reason] of [
      [await shop.importFolder('/none'), '/none/campaign_descriptions.csv cannot be read: there is no such file.'],
      [await shop.importFolder(folder), 'campaigns.csv has no column household_id.'],
      [await shop.importFiles(twice), 'campaigns.csv has the column household_id twice.'],
      [await shop.importFiles({ redemptions: '' }), 'coupon_redemptions.csv has no header.'],
      [await shop.importFiles({}, ['--venue', 'nowhere']), 'Venue nowhere was not found.'],
      [await shop.importFiles({}, ['--cap-per-fan', 'many']), '--cap-per-fan must be a number from 1 to 1000.'],
    ] as const) {
      expect([ended.code, ended.err]).toEqual([1, reason]);
    }
    expect(
      await shop.sql('select (select count(*)::int from fan) fans, (select count(*)::int from partner) partners'),
    ).toEqual([{ fans: 0, partners: 0 }]);
  });

  it('is refused in production, where no clock is set, and nothing is changed', async () => {
    const production = {
      NODE_ENV: 'production',
      MASTER_KEY: 'a master key of the operator, of their own',
      JWKS_URL: 'https://issuer.example/jwks',
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'tightrope',
    };
    const { ended } = await shop.importFiles({}, [], production);
    expect([ended.code, ended.err]).toEqual([1, expect.stringContaining('the clock cannot be set in production')]);
    expect(
      await shop.sql('select (select count(*)::int from fan) fans, (select count(*)::int from partner) partners'),
    ).toEqual([{ fans: 0, partners: 0 }]);
  });

  it('has a campaign of another window, type or venue refused with all its rows, and the old one stays', async () => {
    await shop.importFiles({});
    const { report, refusals } = await shop.importFiles({
      descriptions: DESCRIPTIONS.replace('2017-06-25', '2017-06-26'),
      targets: `${TARGETS}\n8,44`,
    });
    expect(report).toEqual({ campaigns: 1, targets: 2, members: 2, redemptions: 1, refused: 7 });
    expect(refusals[0]).toBe(
      'campaign_descriptions.csv, line 2: CONFLICT: campaign 8 was imported before, and was another or elsewhere',
    );
    expect(await shop.sql(`select * from fan where subject = 'household:44'`)).toEqual([]);
  });

  it('brings campaigns that are yet to come without telling anybody, and no redemption from the future', async () => {
    const next = new Date().getUTCFullYear() + 1;
    const { report, refusals } = await shop.importFiles({
      descriptions: `campaign_id,campaign_type,start_date,end_date\n1,,${next}-02-01,${next}-03-01`,
      targets: 'campaign_id,household_id\n1,7',
      redemptions: `${HEADER}\n7,5,1,${next}-02-02`,
    });
    expect(report).toEqual({ campaigns: 1, targets: 1, members: 1, redemptions: 0, refused: 1 });
    expect(refusals).toEqual([`coupon_redemptions.csv, line 2: IN_THE_FUTURE: ${next}-02-02 is yet to come`]);
    expect(
      await shop.sql('select (select count(*)::int from delivery) d, (select max(enrolled_at) < now() from fan) past'),
    ).toEqual([{ d: 0, past: true }]);
  });
});
