/** The clock of a venue, read off the calendar that ships with the runtime. */
const READERS = new Map<string, Intl.DateTimeFormat>();
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_MS = 86_400_000;

export interface LocalTime {
  /** As `2018-07-04`. */
  readonly date: string;
  /** 0: Sunday. */
  readonly weekday: number;
  readonly hour: number;
}

export function localTime(at: number, timeZone: string): LocalTime {
  let reader = READERS.get(timeZone);
  if (!reader) {
    reader = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      hourCycle: 'h23',
    });
    READERS.set(timeZone, reader);
  }
  const parts = reader.formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)!.value;
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    weekday: WEEKDAYS.indexOf(part('weekday')),
    hour: Number(part('hour')),
  };
}

/** The period in which an instant lies, by a name that no other period of its kind has. Weeks begin on Monday. */
export function periodOf(period: 'HOUR' | 'DAY' | 'WEEK' | 'MONTH', at: number, timeZone: string): string {
  const { date, weekday, hour } = localTime(at, timeZone);
  switch (period) {
    case 'HOUR':
      return `${date} ${hour}`;
    case 'DAY':
      return date;
    case 'WEEK':
      return new Date(Date.parse(`${date}T00:00:00Z`) - ((weekday + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
    case 'MONTH':
      return date.slice(0, 7);
  }
}
