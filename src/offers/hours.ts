/**
 * Hours that repeat, by the clock of the venue: a first opening, how long each lasts, and a rule of recurrence as RFC 5545
 * writes it (section 3.3.10). They are worked out once, for as long as the campaign runs, so that the rule of who is told
 * what compares times and nothing else.
 *
 * Of the RFC's rules those are taken that a sign on a door could say: by day, by week with BYDAY, by month with BYDAY or
 * BYMONTHDAY; BYMONTH, INTERVAL, COUNT and UNTIL with them. Others could be searched for in vain for thousands of years.
 */
import rrule from 'rrule';
import { z } from 'zod';
import { InputError } from '../errors.ts';

const list = (item: string) => new RegExp(`^${item}(,${item})*$`);
const PARTS: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY)$/,
  INTERVAL: /^[1-9]\d?$/,
  COUNT: /^[1-9]\d{0,2}$/,
  UNTIL: /^\d{8}(T\d{6})?$/,
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
  BYDAY: list('([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)'),
  BYMONTHDAY: list('-?([1-9]|[12]\\d|3[01])'),
  BYMONTH: list('([1-9]|1[0-2])'),
};
/** What may narrow each. */
const NARROWED_BY: Readonly<Record<string, readonly string[]>> = {
  DAILY: [],
  WEEKLY: ['BYDAY', 'BYMONTH'],
  MONTHLY: ['BYDAY', 'BYMONTHDAY', 'BYMONTH'],
};
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const LOCAL = /^\d{4}-(0[1-9]|1[0-2])-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const DURATION = /^PT(?=\d)(?:(\d{1,2})H)?(?:(\d{1,4})M)?$/;
const DAY_MS = 86_400_000;

const Recurrence = z
  .string()
  .max(200)
  .superRefine((rule, { addIssue }) => {
    const said = faultIn(rule);
    if (said) addIssue({ code: 'custom', message: said });
  });

export const Hours = z.object({
  /** The first opening, or the day before it: local, without a zone. */
  start: z.string().refine((text) => LOCAL.test(text) && local(Date.parse(`${text}Z`)) === text, {
    message: 'must be a local date and time, such as 2018-07-06T18:00:00',
  }),
  recurrence: Recurrence.nullable(),
  openFor: z.string().refine((text) => minutesIn(text) > 0 && minutesIn(text) <= 1_440, {
    message: 'must be a duration of at most a day, such as PT3H or PT90M',
  }),
});
export type Hours = z.infer<typeof Hours>;

/** Local, without a zone. */
export interface Opening {
  readonly opens: string;
  readonly closes: string;
}

const MOST_OPENINGS = 1_000;

/** Those that are open at some time of the campaign. @throws InputError for more than 1,000, or none. */
export function openingsOf(hours: readonly Hours[], { from, until }: { from: Date; until: Date }): Opening[] {
  const openings: Opening[] = [];
  for (const { start, recurrence, openFor } of hours) {
    const [first, lasts] = [new Date(`${start}Z`), minutesIn(openFor) * 60_000];
    // Wherever the venue is, its clock is less than a day from that of Greenwich.
    const [earliest, latest] = [new Date(from.getTime() - DAY_MS - lasts), new Date(until.getTime() + DAY_MS)];
    for (const opens of occurrences(first, recurrence, earliest, latest, MOST_OPENINGS + 1 - openings.length)) {
      openings.push({ opens: local(opens.getTime()), closes: local(opens.getTime() + lasts) });
    }
    if (openings.length > MOST_OPENINGS) {
      throw new InputError(`A campaign may open at most ${MOST_OPENINGS} times.`, 'input.hours');
    }
  }
  if (hours.length > 0 && openings.length === 0) {
    throw new InputError('By its hours the campaign is never open.', 'input.hours');
  }
  return openings;
}

function occurrences(first: Date, recurrence: string | null, from: Date, until: Date, most: number): Date[] {
  if (!recurrence) return first >= from && first <= until ? [first] : [];
  const rule = new rrule.RRule({ ...rrule.RRule.parseString(recurrence), dtstart: first });
  return rule.between(from, until, true, (_, place) => place < most);
}

const local = (ms: number): string => new Date(ms).toISOString().slice(0, 19);

function minutesIn(duration: string): number {
  const [, hours, minutes] = DURATION.exec(duration) ?? [];
  return Number(hours ?? 0) * 60 + Number(minutes ?? 0);
}

/** In words; null: none. */
function faultIn(rule: string): string | null {
  const parts = rule.split(';').map((part) => part.split('=') as [string, string | undefined]);
  const given = new Map(parts);
  if (given.size < parts.length) return 'names a part twice';
  for (const [name, value] of parts) if (!PARTS[name]?.test(value ?? '')) return `cannot say ${name}=${value ?? ''}`;
  const frequency = given.get('FREQ');
  if (!frequency) return 'must say FREQ=DAILY, WEEKLY or MONTHLY';
  const stray = parts.find(([name]) => name.startsWith('BY') && !NARROWED_BY[frequency]!.includes(name));
  if (stray) return `cannot say ${stray[0]} with FREQ=${frequency}`;
  if (given.has('COUNT') && given.has('UNTIL')) return 'cannot say both COUNT and UNTIL';
  if (frequency === 'WEEKLY' && /\d/.test(given.get('BYDAY') ?? '')) return 'cannot number the days of a week';
  const months = given.get('BYMONTH')?.split(',').map(Number) ?? [1];
  const longest = Math.max(...months.map((month) => LONGEST_MONTHS[month - 1]!));
  const days = given.get('BYMONTHDAY')?.split(',').map(Number) ?? [1];
  return days.every((day) => Math.abs(day) > longest) ? 'names a day that none of its months has' : null;
}
