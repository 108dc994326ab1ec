/**
 * A real ballpark and a real game day as facts, in the project's own form.
 *
 * The information used here was obtained free of charge from and is copyrighted by Retrosheet. Interested parties may
 * contact Retrosheet at "www.retrosheet.org".
 */
import type { ZoneKind } from '../venues/index.ts';

export const RETROSHEET_STATEMENT =
  'The information used here was obtained free of charge from and is copyrighted by Retrosheet. ' +
  'Interested parties may contact Retrosheet at "www.retrosheet.org".';

export const FENWAY = {
  code: 'BOS07',
  name: 'Fenway Park',
  city: 'Boston',
  state: 'MA',
  latitude: 42.3467,
  longitude: -71.0972,
  capacity: 37_755,
  timeZone: 'America/New_York',
};

export const FENWAY_ZONES: readonly { code: string; name: string; kind: ZoneKind }[] = [
  { code: 'gate-a', name: 'Gate A, Jersey Street', kind: 'GATE' },
  { code: 'gate-b', name: 'Gate B, Van Ness Street', kind: 'GATE' },
  { code: 'gate-c', name: 'Gate C, Lansdowne Street', kind: 'GATE' },
  { code: 'big-concourse', name: 'Big Concourse', kind: 'CONCESSION' },
  { code: 'third-base-deck', name: 'Third Base Deck', kind: 'CONCOURSE' },
  { code: 'green-monster', name: 'Green Monster Seats', kind: 'SEATING' },
  { code: 'bleachers', name: 'Bleachers', kind: 'SEATING' },
  { code: 'grandstand', name: 'Grandstand', kind: 'SEATING' },
  { code: 'team-store', name: 'Team Store, Jersey Street', kind: 'SHOP' },
  { code: 'restroom-first-base', name: 'Restroom, first base side', kind: 'RESTROOM' },
  { code: 'restroom-third-base', name: 'Restroom, third base side', kind: 'RESTROOM' },
  { code: 'first-aid', name: 'First aid', kind: 'FIRST_AID' },
];

/** The home opener of 2018: twelve innings, 2 to 3. */
export const HOME_OPENER_2018 = {
  sourceKey: 'BOS201804050',
  date: '2018-04-05',
  dayNight: 'D',
  attendance: 36_134,
  homeScore: 3,
  awayScore: 2,
  home: { code: 'BOS', name: 'Boston Red Sox' },
  away: { code: 'TBA', name: 'Tampa Bay Rays' },
} as const;
