/** From what was played to a verdict: the oracle hears the journal first, and then sees the rows. */

import { type Findings, Oracle } from './oracle/oracle.ts';
import { judgeStored } from './oracle/stored.ts';
import type { Grounds } from './oracle/world.ts';
import type { Played } from './play.ts';
import { CONTACT, PROGRAM } from './program.ts';

export function judge({ scene, rows }: Played): Findings {
  const { season, laid, journal } = scene;
  const keyOf = (venue: string) => laid.venues.get(venue)!;
  const grounds: Grounds = {
    games: season.games.map(({ venue, startsAt }, place) => ({
      key: laid.games[place]!,
      venue: keyOf(venue),
      startsAt,
    })),
    timeZones: new Map(season.venues.map(({ code, timeZone }) => [keyOf(code), timeZone])),
    zones: new Map([...laid.zones].map(([code, zones]) => [keyOf(code), zones])),
  };
  const oracle = new Oracle(grounds, PROGRAM, CONTACT, journal.entries);
  oracle.judge();
  return judgeStored(oracle.court, rows);
}
