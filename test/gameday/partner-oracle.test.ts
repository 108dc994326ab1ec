/** The judge of what partners were told, judged by histories written by hand, in which it is plain what was wrong. */
import { describe, expect, it } from 'vitest';
import type { Act, Activity, FanRecord, Scope } from '../../gameday/journal.ts';
import { judgePartners } from '../../gameday/partner-oracle.ts';
import { announced, checksIn, grants, span, withdraws } from '../support/history.ts';

const OPERATOR: Scope[] = [
  ...([
    'PRESENCE_VENUE',
    'PRESENCE_ZONE',
    'OFFERS_LIVE',
    'PROFILE',
    'PROFILE_PREFERENCES',
    'HISTORY_ENGAGEMENT',
  ] as const),
];
const SHARED: Scope[] = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'PROFILE', 'PROFILE_PREFERENCES'];
const shares = (sent: number, ...scopes: Scope[]) => ({ ...grants(sent, ...scopes), recipient: 'bakery' }) as Act;
const unshares = (sent: number, ...scopes: Scope[]) => ({ ...withdraws(sent, ...scopes), recipient: 'bakery' }) as Act;
const views = (sent: number, recorded = true): Act => ({
  ...span(sent),
  kind: 'ENGAGE',
  offerId: 'pretzel',
  engagement: 'VIEW',
  recorded,
});
const came = [grants(0, ...OPERATOR), checksIn(20), shares(40, ...SHARED)];

const told = (more: Partial<Activity> = {}): Activity => ({
  at: 10_020,
  type: 'OfferActivity',
  activity: 'ANNOUNCED',
  campaignId: 'pretzels',
  fanId: 'sealed-ann',
  displayName: 'ann',
  team: 'BOS',
  zone: 'gate',
  errors: null,
  ...more,
});
const bare = { displayName: null, team: null, zone: null };

function verdict(acts: readonly Act[], ...activities: Activity[]) {
  const sessions = [{ opened: 50, closed: 60_000 }];
  const fan: FanRecord = { name: 'ann', team: 'BOS', acts, frames: [], sessions };
  const names = new Map([['sealed-ann', 'ann']]);
  return judgePartners([{ code: 'bakery', activities, sessions, names }], [fan], [announced()]);
}
const leak = (what: string) => `bakery was told of ann: ${what}`;

describe('nothing is wrong', () => {
  it.each<[string, readonly Act[], Activity[]]>([
    ['with all that was shared, shown', came, [told()]],
    ['with a view that was recorded', [...came, views(12_000)], [told(), told({ at: 12_030, activity: 'VIEWED' })]],
    ['with silence about who shares nothing', came.slice(0, 2), []],
    ['with silence about who shares all but presence', [...came.slice(0, 2), shares(40, 'PROFILE')], []],
    ['with presence and nothing more', [...came.slice(0, 2), shares(40, 'PRESENCE_VENUE')], [told(bare)]],
    ['with an event on its way when presence was withdrawn', [...came, unshares(10_012, 'PRESENCE_VENUE')], [told()]],
    ['with a view that was not recorded, of which nothing was told', [...came, views(12_000, false)], [told()]],
  ])('%s', (_, acts, activities) => {
    expect(verdict(acts, ...activities)).toEqual({ leaks: [], missing: [] });
  });
});

describe('it is a leak', () => {
  it.each<[string, readonly Act[], Activity, string]>([
    ['about who shares nothing', came.slice(0, 2), told(bare), 'ANNOUNCED of pretzels, without consent'],
    [
      'about who shares all but presence',
      [...came.slice(0, 2), shares(40, 'PROFILE', 'PROFILE_PREFERENCES', 'PRESENCE_ZONE')],
      told(),
      'ANNOUNCED of pretzels, without consent',
    ],
    [
      'about who withdrew presence from this partner before',
      [...came, unshares(9_000, 'PRESENCE_VENUE')],
      told(),
      'ANNOUNCED of pretzels, without consent',
    ],
    [
      'about who withdrew presence more than a second ago',
      [...came, unshares(10_030, 'PRESENCE_VENUE')],
      told({ at: 11_100 }),
      'ANNOUNCED of pretzels, without consent',
    ],
    [
      'of what lay between a withdrawal and the next grant',
      [...came, unshares(9_000, 'PRESENCE_VENUE'), shares(11_000, 'PRESENCE_VENUE')],
      told({ at: 12_000 }),
      'ANNOUNCED of pretzels, without consent',
    ],
    ['with a name', [...came, unshares(9_000, 'PROFILE')], told(), 'ANNOUNCED of pretzels, with the name'],
    ['with a team', [...came, unshares(9_000, 'PROFILE_PREFERENCES')], told(), 'ANNOUNCED of pretzels, with the team'],
    ['with a zone', [...came, unshares(9_000, 'PRESENCE_ZONE')], told(), 'ANNOUNCED of pretzels, with the zone'],
    [
      'with a name that the operator may not show',
      [...came, withdraws(9_000, 'PROFILE')],
      told(),
      'ANNOUNCED of pretzels, with the name',
    ],
    [
      'with a zone where the fan was not',
      came,
      told({ zone: 'bleachers' }),
      'ANNOUNCED of pretzels, with a wrong zone',
    ],
    ['with a name of somebody else', came, told({ displayName: 'bob' }), 'ANNOUNCED of pretzels, with a wrong name'],
    ['of a campaign of another partner', came, told({ campaignId: 'caps' }), 'ANNOUNCED of caps, which never happened'],
    [
      'of a view that was not recorded',
      [...came, views(12_000, false)],
      told({ at: 12_030, activity: 'VIEWED' }),
      'VIEWED of pretzels, which never happened',
    ],
    [
      'of a view that may no longer be kept',
      [...came, views(12_000), withdraws(13_000, 'HISTORY_ENGAGEMENT')],
      told({ at: 15_000, activity: 'VIEWED' }),
      'VIEWED of pretzels, without consent',
    ],
    ['before it happened', came, told({ at: 9_000 }), 'ANNOUNCED of pretzels, which never happened'],
  ])('when a partner is told %s', (_, acts, activity, what) => {
    expect(verdict(acts, activity).leaks).toContain(leak(what));
  });

  it('when a partner is told twice, or of somebody whom nobody knows', () => {
    expect(verdict(came, told(), told({ at: 10_030 })).leaks).toEqual([leak('ANNOUNCED of pretzels came 2 times')]);
    const stranger = told({ fanId: 'sealed-bob' });
    expect(verdict(came, told(), stranger).leaks).toEqual(['bakery: of somebody unknown, sealed-bob']);
  });
});

describe('it is missing', () => {
  it.each<[string, readonly Act[], Activity[], string]>([
    ['what becomes of an offer', came, [], 'ANNOUNCED of pretzels never came'],
    ['a view', [...came, views(12_000)], [told()], 'VIEWED of pretzels never came'],
    ['a name', came, [told({ displayName: null })], 'ANNOUNCED of pretzels: the name'],
    ['a team', came, [told({ team: null })], 'ANNOUNCED of pretzels: the team'],
    ['a zone', came, [told({ zone: null })], 'ANNOUNCED of pretzels: the zone'],
  ])('when %s never comes that was shared all the while', (_, acts, activities, what) => {
    expect(verdict(acts, ...activities).missing).toEqual([`bakery of ann: ${what}`]);
  });

  it('not when it was being withdrawn', () => {
    expect(verdict([...came, unshares(10_012, 'PRESENCE_VENUE')])).toEqual({ leaks: [], missing: [] });
  });
});
