/**
 * The judge of a game day, judged: histories written by hand, in which it is plain what was a leak, what went missing,
 * and what nobody can know. A judge that lets one of these pass would let the server's fault pass.
 */
import { describe, expect, it } from 'vitest';
import type { Announcement, FanRecord, Frame, Scope } from '../../gameday/journal.ts';
import {
  ALL,
  announced,
  came,
  checksIn,
  checksOut,
  ended,
  frame,
  grants,
  leak,
  missing,
  nothingWrong,
  span,
  verdict,
  withdraws,
  without,
} from '../support/history.ts';

describe('nothing is wrong', () => {
  it('with a frame that shows what was granted', () => {
    expect(verdict({ frames: [frame()] })).toEqual(nothingWrong);
  });

  it('with offers for the zone and the team of the fan, whose end was told', () => {
    const offer = announced({ zones: ['gate', 'bleachers'], teams: ['BOS'], ended: span(20_000) });
    expect(verdict({ team: 'BOS', frames: [frame(), ended(20_030)] }, offer)).toEqual(nothingWrong);
  });

  it('with a frame that names a zone for which it was announced, or comes after a grant that was renewed', () => {
    const acts = [...came, grants(10_100, ...ALL)];
    const frames = [frame({ at: 12_000, zone: 'bleachers' })];
    expect(verdict({ acts, frames }, announced({ zones: ['gate', 'bleachers'] }))).toEqual(nothingWrong);
  });

  it.each(['OFFERS_LIVE', 'PERSONALIZATION', 'PRESENCE_ZONE'] as const)(
    'with a frame that was on its way when %s was withdrawn, up to a second',
    (scope) => {
      const acts = [...came, withdraws(10_015, scope)];
      expect(verdict({ acts, frames: [frame({ at: 10_025 + 1_000 })] })).toEqual(nothingWrong);
    },
  );

  it.each([
    ['shown', frame()],
    ['not shown', frame({ because: null })],
  ])('with a reason that is %s while its consent is being withdrawn', (_, received) => {
    const acts = [...came, withdraws(9_995, 'PERSONALIZATION')];
    expect(verdict({ acts, frames: [received] })).toMatchObject({ leaks: [], missing: [] });
  });
});

describe('it is a leak', () => {
  it.each([
    ['OFFERS_LIVE', 'announcement first without OFFERS_LIVE'],
    ['PRESENCE_VENUE', 'announcement first without PRESENCE_VENUE'],
    ['PERSONALIZATION', 'announcement first with its reason'],
    ['PRESENCE_ZONE', 'announcement first with its zone'],
  ] as const)('when what %s allows is shown and it was never granted', (scope, what) => {
    const acts = [grants(0, ...without(scope)), checksIn(20)];
    expect(verdict({ acts, frames: [frame()] }).leaks).toContain(`ann: ${what}`);
  });

  it.each([
    ['OFFERS_LIVE', 'announcement first without OFFERS_LIVE'],
    ['PERSONALIZATION', 'announcement first with its reason'],
  ] as const)('when %s was withdrawn before the announcement, however soon after it came', (scope, what) => {
    const acts = [...came, withdraws(9_980, scope)];
    expect(verdict({ acts, frames: [frame()] })).toMatchObject(leak(what));
  });

  it.each([
    ['OFFERS_LIVE', 'announcement first without OFFERS_LIVE'],
    ['PERSONALIZATION', 'announcement first with its reason'],
    ['PRESENCE_ZONE', 'announcement first with its zone'],
  ] as const)('when a frame shows what %s allowed more than a second after it was withdrawn', (scope, what) => {
    const acts = [...came, withdraws(10_015, scope)];
    expect(verdict({ acts, frames: [frame({ at: 10_025 + 1_001 })] })).toMatchObject(leak(what));
  });

  it('when what was announced between a withdrawal and the next grant comes after all', () => {
    const acts = [...came, withdraws(9_000, 'OFFERS_LIVE'), grants(10_100, 'OFFERS_LIVE')];
    expect(verdict({ acts, frames: [frame({ at: 10_200 })] })).toMatchObject(
      leak('announcement first without OFFERS_LIVE'),
    );
  });

  it('when what was announced before a gap comes after it', () => {
    const acts = [...came, withdraws(10_100, 'OFFERS_LIVE'), grants(10_200, 'OFFERS_LIVE')];
    expect(verdict({ acts, frames: [frame({ at: 12_000 })] })).toMatchObject(
      leak('announcement first without OFFERS_LIVE'),
    );
  });

  it.each([
    ['has never come', [grants(0, ...ALL)]],
    ['has left', [...came, checksOut(9_000)]],
    [
      'has withdrawn PRESENCE_VENUE and granted it again',
      [...came, withdraws(9_000, 'PRESENCE_VENUE'), grants(9_100, 'PRESENCE_VENUE')],
    ],
  ] as const)('when an offer comes to a fan who %s', (_, acts) => {
    const frames = [frame({ zone: null })];
    expect(verdict({ acts, frames })).toMatchObject(leak('announcement first while not there'));
  });

  it('when an offer for a zone comes to a fan in another', () => {
    const bleachers = announced({ zones: ['bleachers'] });
    expect(verdict({ frames: [frame()] }, bleachers)).toMatchObject(leak('announcement first while in no such zone'));
  });

  it.each([
    ['the fan was no more', [...came, checksIn(5_000, 'bleachers')]],
    [
      'the fan was before it might be stored',
      [grants(0, ...without('PRESENCE_ZONE')), checksIn(20), grants(9_000, 'PRESENCE_ZONE')],
    ],
  ])('when it says a zone in which %s', (_, acts) => {
    expect(verdict({ acts, frames: [frame()] })).toMatchObject(leak('announcement first with a wrong zone'));
  });

  it.each([
    ['for another team', ALL, 'announcement first for another team', 'NYA'],
    [
      'for their team that nobody may know',
      without('PROFILE_PREFERENCES'),
      'announcement first chosen without PROFILE_PREFERENCES',
      'BOS',
    ],
  ])('when an offer comes %s', (_, scopes, what, team) => {
    const acts = [grants(0, ...scopes), checksIn(20)];
    const forBoston = announced({ teams: ['BOS'] });
    expect(verdict({ acts, team, frames: [frame()] }, forBoston)).toMatchObject(leak(what));
  });

  it('when an announcement comes twice', () => {
    const frames = [frame(), frame({ at: 10_400 })];
    expect(verdict({ frames })).toMatchObject(leak('announcement first came 2 times'));
  });

  it('when an offer is announced twice to one fan', () => {
    const again = announced({ ...span(20_000), announcementId: 'again' });
    const frames = [frame(), frame({ at: 20_020, announcementId: 'again' })];
    expect(verdict({ frames }, announced(), again)).toMatchObject(leak('offer pretzel was announced to them before'));
  });

  it('when the end of an offer is told after the consent under which the offer was', () => {
    const acts = [...came, withdraws(15_000, 'OFFERS_LIVE')];
    const offer = announced({ ended: span(20_000) });
    expect(verdict({ acts, frames: [frame(), ended(20_030)] }, offer)).toMatchObject(
      leak('the end of offer pretzel without OFFERS_LIVE'),
    );
  });
});

describe('it is missing', () => {
  it('when it had to come and never came', () => {
    expect(verdict({})).toMatchObject(missing('announcement first never came'));
  });

  it('when a fan was away, resumed, and it still did not come', () => {
    const sessions = [
      { opened: 50, closed: 9_000 },
      { opened: 12_000, closed: 60_000 },
    ];
    expect(verdict({ sessions })).toMatchObject(missing('announcement first never came'));
  });

  it.each([
    ['the reason', { because: null }, "announcement first's reason"],
    ['the zone', { zone: null }, "announcement first's zone"],
  ])('when %s was granted and not shown', (_, withheld, what) => {
    expect(verdict({ frames: [frame(withheld)] })).toMatchObject(missing(what));
  });

  it('when the end of an offer that was told never came', () => {
    const offer = announced({ ended: span(20_000) });
    expect(verdict({ frames: [frame()] }, offer)).toMatchObject(missing('the end of offer pretzel never came'));
  });

  it('when a frame came with errors', () => {
    expect(verdict({ frames: [frame({ errors: 'a gap' })] })).toMatchObject(missing('a frame with errors: "a gap"'));
  });
});

describe('nobody can know, and it is not missing', () => {
  const close = [{ opened: 50, closed: 12_000 }];
  const late = [{ opened: 10_005, closed: 60_000 }];
  const away = [
    { opened: 50, closed: 9_000 },
    { opened: 20_000, closed: 60_000 },
  ];
  const withdrawn = (scope: Scope, at: number) => [...came, withdraws(at, scope)];
  it.each<[string, Partial<FanRecord>]>([
    ['as the fan was arriving', { acts: [grants(0, ...ALL), checksIn(9_995)] }],
    ['as the fan was leaving', { acts: [...came, checksOut(10_005)] }],
    [
      'as the fan was granting OFFERS_LIVE',
      { acts: [grants(0, ...without('OFFERS_LIVE')), checksIn(20), grants(9_995, 'OFFERS_LIVE')] },
    ],
    ['as OFFERS_LIVE was being withdrawn', { acts: withdrawn('OFFERS_LIVE', 10_005) }],
    ['just before OFFERS_LIVE was withdrawn', { acts: withdrawn('OFFERS_LIVE', 11_000) }],
    ['before the fan had ever listened', { sessions: late }],
    ['by a fan who did not listen', { sessions: [] }],
    ['just before the fan hung up for good', { sessions: close }],
    ['by a fan who withdrew before they were back', { sessions: away, acts: withdrawn('OFFERS_LIVE', 16_000) }],
  ])('%s', (_, history) => {
    expect(verdict(history)).toEqual(nothingWrong);
  });

  it('where an earlier announcement of the offer may have reached the fan', () => {
    const again = announced({ ...span(20_000), announcementId: 'again' });
    const acts = [grants(0, ...ALL), checksIn(9_995)];
    expect(verdict({ acts }, announced(), again)).toMatchObject({ leaks: [], missing: [] });
  });
});

describe('it is a leak that nobody can have caused', () => {
  it.each<[string, Frame[], Partial<Announcement>]>([
    ['announcement ghost, which nobody made', [frame(), frame({ announcementId: 'ghost' })], {}],
    ['the end of offer pretzel, which nobody ended', [frame(), ended(20_030)], {}],
    ['the end of offer pretzel came 2 times', [frame(), ended(20_030), ended(20_040)], { ended: span(20_000) }],
    ['the end of offer pretzel, of which they were never told', [ended(20_030)], { ended: span(20_000) }],
    ['the end of offer pretzel before it ended', [frame(), ended(19_000)], { ended: span(20_000) }],
    ['announcement first before it was made', [frame({ at: 9_000 })], {}],
  ])('%s', (what, frames, more) => {
    expect(verdict({ frames }, announced(more)).leaks).toContain(`ann: ${what}`);
  });
});

describe('it is not for them, and not missing', () => {
  const noPreferences = [grants(0, ...without('PROFILE_PREFERENCES')), checksIn(20)];
  it.each<[string, Partial<FanRecord>, Partial<Announcement>]>([
    ['in another zone', {}, { zones: ['bleachers'] }],
    ['of another team', { team: 'NYA' }, { teams: ['BOS'] }],
    ['whose team nobody may know', { team: 'BOS', acts: noPreferences }, { teams: ['BOS'] }],
    ['who never came, and was told of no offer that could end', { acts: [grants(0, ...ALL)] }, { ended: span(20_000) }],
    [
      'who withdrew before the end of an offer that was told',
      { acts: [...came, withdraws(15_000, 'OFFERS_LIVE')], frames: [frame()] },
      { ended: span(20_000) },
    ],
  ])('a fan %s', (_, history, more) => {
    expect(verdict(history, announced(more))).toMatchObject({ leaks: [], missing: [] });
  });
});
