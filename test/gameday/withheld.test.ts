/** What the judge of a game day counts as kept back by consent, and what it does not. */
import { describe, expect, it } from 'vitest';
import type { Act, Announcement, FanRecord, Scope } from '../../gameday/journal.ts';
import { judge } from '../../gameday/oracle.ts';
import {
  announced,
  came,
  checksIn,
  checksOut,
  frame,
  grants,
  nothingWrong,
  span,
  verdict,
  withdraws,
  without,
} from '../support/history.ts';

describe('what consent kept back is counted', () => {
  const lacking = (scope: Scope): Act[] => [grants(0, ...without(scope)), checksIn(20)];
  it.each<[string, number, Partial<FanRecord>]>([
    ['a whole frame', 1, { acts: lacking('OFFERS_LIVE') }],
    ['a reason', 1, { acts: lacking('PERSONALIZATION'), frames: [frame({ because: null })] }],
    ['a zone', 1, { acts: lacking('PRESENCE_ZONE'), frames: [frame({ zone: null })] }],
    [
      'a reason and a zone of one frame, once',
      1,
      {
        acts: [grants(0, 'PRESENCE_VENUE', 'OFFERS_LIVE'), checksIn(20)],
        frames: [frame({ because: null, zone: null })],
      },
    ],
    ['not a fan who stayed at home', 0, { acts: [grants(0, ...without('OFFERS_LIVE'))] }],
    ['not a fan who had left', 0, { acts: [...came, checksOut(5_000)] }],
    ['not a fan who did not listen', 0, { acts: lacking('OFFERS_LIVE'), sessions: [] }],
  ])('%s', (_, withheld, history) => {
    expect(verdict(history)).toEqual({ leaks: [], missing: [], withheld });
  });

  it.each<[string, Partial<FanRecord>, Partial<Announcement>]>([
    ['for another zone', {}, { zones: ['bleachers'] }],
    ['for another team', { team: 'NYA' }, { teams: ['BOS'] }],
  ])('not an offer %s', (_, history, more) => {
    expect(verdict(history, announced(more))).toEqual(nothingWrong);
  });

  it('not an offer that the fan has had', () => {
    const acts = [...came, withdraws(15_000, 'OFFERS_LIVE')];
    const again = announced({ ...span(20_000), announcementId: 'again' });
    expect(verdict({ acts, frames: [frame()] }, announced(), again)).toEqual(nothingWrong);
  });

  it('over all fans and announcements', () => {
    const acts = lacking('OFFERS_LIVE');
    const fan = { name: 'bob', team: null, acts, frames: [], sessions: [{ opened: 50, closed: 60_000 }] };
    const other = announced({ ...span(20_000), offerId: 'cap', announcementId: 'second' });
    expect(judge([fan, { ...fan, name: 'cyd' }], [announced(), other])).toEqual({ ...nothingWrong, withheld: 4 });
  });
});
