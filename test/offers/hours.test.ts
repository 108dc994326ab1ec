/** Hours that repeat, as RFC 5545 says them: what they come to, and what is refused. */
import { describe, expect, it } from 'vitest';
import { read } from '../../src/input.ts';
import { Hours, openingsOf } from '../../src/offers/hours.ts';

const JULY = { from: new Date('2018-07-01T04:00:00Z'), until: new Date('2018-08-01T04:00:00Z') };
const hours = (recurrence: string | null, more: object = {}) =>
  read(Hours, { start: '2018-07-06T18:00:00', openFor: 'PT3H', ...more, recurrence });
const opens = (recurrence: string | null, more: object = {}) =>
  openingsOf([hours(recurrence, more)], JULY).map((opening) => opening.opens.slice(5, 16));

describe('hours that repeat', () => {
  it('open once without a rule', () => {
    expect(openingsOf([hours(null)], JULY)).toEqual([{ opens: '2018-07-06T18:00:00', closes: '2018-07-06T21:00:00' }]);
  });

  it.each([
    ['FREQ=WEEKLY;BYDAY=FR,SA;COUNT=4', ['07-06T18:00', '07-07T18:00', '07-13T18:00', '07-14T18:00']],
    ['FREQ=WEEKLY;INTERVAL=2;UNTIL=20180725T000000', ['07-06T18:00', '07-20T18:00']],
    ['FREQ=DAILY;INTERVAL=10', ['07-06T18:00', '07-16T18:00', '07-26T18:00']],
    ['FREQ=MONTHLY;BYDAY=-1SU', ['07-29T18:00']],
    ['FREQ=MONTHLY;BYMONTHDAY=13,-1', ['07-13T18:00', '07-31T18:00']],
    ['FREQ=MONTHLY;BYMONTH=7;BYDAY=2MO', ['07-09T18:00']],
  ])('by %s', (rule, expected) => {
    expect(opens(rule)).toEqual(expected);
  });

  it('count from the first opening on, even where the campaign begins later', () => {
    const august = { from: new Date('2018-08-01T04:00:00Z'), until: new Date('2018-08-15T04:00:00Z') };
    const found = openingsOf([hours('FREQ=WEEKLY;INTERVAL=2')], august);
    expect(found.map((opening) => opening.opens)).toEqual(['2018-08-03T18:00:00']);
  });

  it('keep what is open over midnight when the campaign begins', () => {
    const sunday = { from: new Date('2018-07-08T01:00:00Z'), until: new Date('2018-07-08T05:00:00Z') };
    const found = openingsOf([hours('FREQ=DAILY', { start: '2018-07-01T22:00:00', openFor: 'PT6H' })], sunday);
    expect(found.map((opening) => opening.closes)).toContain('2018-07-08T04:00:00');
  });

  it.each([
    ['nonsense', 'cannot say nonsense='],
    ['BYDAY=FR', 'must say FREQ'],
    ['FREQ=SECONDLY', 'cannot say FREQ=SECONDLY'],
    ['FREQ=WEEKLY;INTERVAL=0', 'cannot say INTERVAL=0'],
    ['FREQ=WEEKLY;INTERVAL=abc', 'cannot say INTERVAL=abc'],
    ['FREQ=WEEKLY;FREQ=DAILY', 'names a part twice'],
    ['FREQ=WEEKLY;BYDAY=XX', 'cannot say BYDAY=XX'],
    ['FREQ=WEEKLY;BYDAY=1MO', 'cannot number the days of a week'],
    ['FREQ=WEEKLY;BYSETPOS=9', 'cannot say BYSETPOS=9'],
    ['FREQ=DAILY;BYMONTHDAY=30', 'cannot say BYMONTHDAY with FREQ=DAILY'],
    ['FREQ=MONTHLY;BYMONTH=2,4;BYMONTHDAY=31', 'names a day that none of its months has'],
    ['FREQ=WEEKLY;COUNT=2;UNTIL=20180801', 'cannot say both COUNT and UNTIL'],
    ['FREQ=WEEKLY\nBYDAY=MO', 'cannot say FREQ=WEEKLY'],
  ])('refuse %j and say why', (rule, why) => {
    expect(() => hours(rule)).toThrow(why);
  });

  it.each(['PT', 'PT0M', 'PT25H', 'P1D', '3h', 'PT1H30'])('refuse to last %s', (openFor) => {
    expect(() => hours(null, { openFor })).toThrow('must be a duration of at most a day');
  });

  it('refuse a time with a zone, a day that is none, more than a thousand openings, and none', () => {
    expect(() => hours(null, { start: '2018-07-06T18:00:00Z' })).toThrow('must be a local date and time');
    expect(() => hours(null, { start: '2018-02-30T18:00:00' })).toThrow('must be a local date and time');
    const decade = { from: JULY.from, until: new Date('2028-07-01T00:00:00Z') };
    expect(() => openingsOf([hours('FREQ=DAILY')], decade)).toThrow('at most 1000 times');
    expect(() => openingsOf([hours(null)], decade)).not.toThrow();
    expect(() => openingsOf([hours(null, { start: '2017-01-01T10:00:00' })], JULY)).toThrow('never open');
  });
});
