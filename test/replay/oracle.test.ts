/**
 * The judge of a season, judged: histories and rows written by hand, each with one thing wrong in it. A judge that lets one
 * pass would let the engine's fault pass.
 */
import { describe, expect, it } from 'vitest';
import type { Act } from '../../replay/journal.ts';
import {
  announces,
  announcesAgain,
  arrives,
  came,
  campaign,
  checksIn,
  claims,
  enrolls,
  grants,
  looks,
  redeems,
  rowsOfNothingTaken,
  rowsOfOne,
  served,
  verdict,
  verdictOn,
  withdraws,
} from './history.ts';

const nothing = { overRedemptions: [], violations: [], points: [] };
const one = [campaign(), ...came(1), announces, ...served(1)];
const takenElsewhere = { ...claims(1), game: 'g3' } as Act;
const scannedElsewhere = { ...redeems(1, null), venue: 'v2' } as Act & { kind: 'REDEEM' };
/** Somebody who was told, erased it, and consents again when it is announced once more. */
const erased = (plan: Parameters<typeof campaign>[0]): Act[] => [
  campaign(plan),
  ...came(1),
  announces,
  { ...withdraws(1, 'OFFERS_LIVE'), erase: true } as Act,
  grants(1),
  announcesAgain,
];
const toldTwice = [campaign({ holdout: 20 }), ...came(1), announces, announcesAgain, ...served(1)];
const three = [campaign(), ...came(1), ...came(2), ...came(3), announces];

describe('nothing is wrong', () => {
  it.each<[string, Act[]]>([
    ['with one who was served', one],
    [
      'with two who share the budget, and a third for whom nothing was left',
      [...three, ...served(1), ...served(2), claims(3, null)],
    ],
    ['with the balance that follows', [...one, looks(1, 100)]],
    ['with a refusal that consent explains', [enrolls(1), { ...checksIn(1), code: 'CONSENT_REQUIRED' } as Act]],
    ['with the same scan again, answered the same', [...one, redeems(1)]],
    [
      'with a code that is honoured where its offer was announced, and not where it was taken',
      [campaign(), ...came(1), announces, takenElsewhere, { ...scannedElsewhere, code: 'NOT_FOUND' }, redeems(1)],
    ],
  ])('%s', (_, acts) => {
    expect(verdict(...acts)).toEqual(nothing);
  });

  it('with the rows of it', () => {
    expect(verdictOn(rowsOfOne(), ...one)).toEqual(nothing);
  });

  it('with an audience of which a fan is no more, who has erased that they were', () => {
    expect(verdictOn(rowsOfNothingTaken(), ...erased({ targets: [1] }))).toEqual(nothing);
  });

  it.each(['a1', 'a2'])(
    'with a fan of a campaign with a holdout, told by one of two announcements (%s)',
    (announcement) => {
      const rows = { ...rowsOfOne(), deliveries: [{ fan: 'f1', offer: 'o1', announcement }] };
      expect(verdictOn(rows, ...toldTwice)).toEqual(nothing);
    },
  );
});

describe('it is an over-redemption', () => {
  it.each<[string, string, Act[]]>([
    [
      'one claim more than the budget has',
      '3 of 2 slots',
      [campaign({ spend: null }), ...three.slice(1), claims(1), claims(2), claims(3)],
    ],
    [
      'more money than the budget has',
      '1000 of 800 of the money',
      [campaign({ spend: 800 }), ...came(1), ...came(2), announces, ...served(1), claims(2)],
    ],
    ['a code twice', 'claim claim-1 a second time', [...one, redeems(1, 'again')]],
    ['more than the cap of a fan', '2 of 1 a fan', [...one, claims(1, 'more')]],
    [
      'more than a limit',
      '2 of 1 for CLAIM DAY VENUE',
      [
        campaign({ limits: [{ action: 'CLAIM', period: 'DAY', per: ['VENUE'], atMost: 1 }] }),
        ...came(1),
        ...came(2),
        announces,
        claims(1),
        claims(2),
      ],
    ],
    [
      'two of a group on one order',
      'a second offer of group snacks',
      [
        campaign({ stacking: { group: 'snacks', mode: 'HIGHEST' } }),
        ...came(1),
        ...came(2),
        announces,
        ...served(1),
        ...served(2),
      ],
    ],
  ])('%s', (_, what, acts) => {
    const { overRedemptions } = verdict(...acts);
    expect(overRedemptions).toEqual([expect.stringContaining(what)]);
  });

  it('a redemption that is stored, and that nobody asked for', () => {
    const rows = rowsOfOne();
    rows.redemptions.push({ id: 'stray', claim: null, campaign: 'c1', spent: 500, back: false });
    rows.books = [{ campaign: 'c1', redeemed: 2, spent: 1_000 }];
    expect(verdictOn(rows, ...one).overRedemptions).toEqual([expect.stringContaining('redemption stray')]);
  });

  it('a book that does not tell what the rows do', () => {
    const rows = { ...rowsOfOne(), books: [{ campaign: 'c1', redeemed: 0, spent: 0 }] };
    expect(verdictOn(rows, ...one).overRedemptions).toEqual([expect.stringContaining('the book of campaign c1')]);
  });
});

describe('a point is unexplained', () => {
  it.each<[string, number, Act[]]>([
    ['that an arrival did not earn', 5, [...came(1).slice(0, 3), arrives(1, 105)]],
    ['that a balance has too many', 1, [...one, looks(1, 101)]],
    ['that a balance has too few', 100, [...one, looks(1, 0)]],
    ['that was earned twice', 100, [...one, arrives(1, 200)]],
  ])('%s', (_, points, acts) => {
    expect(verdict(...acts).points).toEqual([{ what: expect.any(String), points }]);
  });

  it.each<[string, number, Partial<ReturnType<typeof rowsOfOne>['lots'][number]>[]]>([
    [
      'that is stored, and that nothing earned',
      7,
      [{}, { source: 'OFFER', reference: 'x', rule: '', earned: 7, left: 7 }],
    ],
    ['that is gone, and that nothing burned', 40, [{ left: 60 }]],
    ['of which the entry is missing', 100, []],
  ])('%s', (_, points, lots) => {
    const [lot] = rowsOfOne().lots;
    const rows = { ...rowsOfOne(), lots: lots.map((more) => ({ ...lot!, ...more })) };
    expect(verdictOn(rows, ...one).points).toEqual([{ what: expect.any(String), points }]);
  });
});

describe('it is a violation', () => {
  it.each<[string, string, ReturnType<typeof rowsOfOne>, Act[]]>([
    [
      'to leave out who has erased what they were told, where all are meant',
      'offer o1 by a2 is missing',
      rowsOfNothingTaken(),
      erased({}),
    ],
    [
      'to take what one was never told',
      'none is there of f1 offer o1 by a2, f1 offer o1 by a1',
      { ...rowsOfOne(), deliveries: [] },
      toldTwice,
    ],
  ])('%s', (_, what, rows, acts) => {
    expect(verdictOn(rows, ...acts).violations).toEqual([expect.stringContaining(what)]);
  });

  it.each<[string, string, Act[]]>([
    [
      'to be served at another venue than where it was announced',
      'none there answered success',
      [campaign(), ...came(1), announces, takenElsewhere, { ...scannedElsewhere, code: null, redemption: 'r' }],
    ],
    [
      'to be let in without PRESENCE_VENUE',
      'CHECK_IN: answered success',
      [enrolls(1), grants(1, ['OFFERS_LIVE']), checksIn(1)],
    ],
    [
      'to be kept without HISTORY_ATTENDANCE',
      'ARRIVE: answered success',
      [enrolls(1), grants(1, ['PRESENCE_VENUE']), arrives(1, 0)],
    ],
    ['to claim what one was not told', 'never announced', [campaign(), ...came(1), claims(1)]],
    [
      'to claim after withdrawing OFFERS_LIVE',
      'without OFFERS_LIVE',
      [campaign(), ...came(1), announces, withdraws(1, 'OFFERS_LIVE'), claims(1)],
    ],
    [
      'to be refused while there is room',
      'refused while there was room',
      [campaign(), ...came(1), announces, claims(1, null)],
    ],
    [
      'to be shown offers that were withdrawn',
      'offers shown',
      [...one, withdraws(1, 'OFFERS_LIVE'), { kind: 'OFFERS', fan: 1, game: 'g1', offers: ['o1'] }],
    ],
    [
      'to miss an offer that one was told',
      'offer o1 is missing',
      [...one, { kind: 'OFFERS', fan: 1, game: 'g1', offers: [] }],
    ],
    [
      'to hear an offer that is for others',
      'which was not for them',
      [...came(1), { kind: 'OFFER_HEARD', fan: 1, announcement: 'a9', because: false, zone: null }],
    ],
    [
      'to be shown a reason without PERSONALIZATION',
      'its reason shown',
      [...one, { kind: 'OFFER_HEARD', fan: 1, announcement: 'a1', because: true, zone: null }],
    ],
    [
      'to be recorded without HISTORY_ENGAGEMENT',
      'recorded: true',
      [
        ...one,
        withdraws(1, 'HISTORY_ENGAGEMENT'),
        { kind: 'ENGAGE', fan: 1, offer: 'o1', engagement: 'VIEW', recorded: true, code: null },
      ],
    ],
  ])('%s', (_, what, acts) => {
    expect(verdict(...acts).violations).toEqual([expect.stringContaining(what)]);
  });

  it.each<[string, keyof ReturnType<typeof rowsOfOne>, object]>([
    ['a visit', 'visits', { fan: 'f1', game: 'g2', proven: false }],
    ['an engagement', 'engagements', { fan: 'f1', offer: 'o1', kind: 'VIEW' }],
    ['a purchase', 'purchases', { id: 'p1', fan: 'f1', total: 900, refunded: 0 }],
    ['a delivery', 'deliveries', { fan: 'f2', offer: 'o1', announcement: 'a1' }],
    ['a grant', 'grants', { fan: 'f1', scope: 'ANALYTICS', recipient: null, duration: 'STANDING', game: null }],
    ['a place', 'presence', { fan: 'f2', game: 'g1', zone: 'seats' }],
    ['a claim', 'claims', { id: 'claim-9', fan: 'f1', campaign: 'c1', state: 'HELD' }],
  ])('that %s is stored, which no act explains', (_, table, row) => {
    const rows = rowsOfOne();
    (rows[table] as object[]).push(row);
    expect(verdictOn(rows, ...one).violations).toEqual([expect.stringContaining('which no act explains')]);
  });

  it.each(['grants', 'visits', 'deliveries', 'claims', 'redemptions'] as const)('that one of %s is lost', (table) => {
    const rows = rowsOfOne();
    rows[table].pop();
    expect(verdictOn(rows, ...one).violations).toEqual([expect.stringContaining('is missing')]);
  });
});
