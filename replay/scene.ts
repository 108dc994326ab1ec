/** What everybody in the replay shares: the season, the server as it stands now, and the journal. */
import type { ReplayClient } from './client.ts';
import type { Guest } from './crowd.ts';
import type { Journal } from './journal.ts';
import type { Names } from './names.ts';
import type { Laid, Season } from './season.ts';

export interface Scene {
  readonly season: Season;
  readonly laid: Laid;
  readonly crowd: readonly Guest[];
  readonly names: Names;
  readonly masterKey: string;
  readonly journal: Journal;
  readonly seed: number;
  /** Keys of the partners, in order; of rewards, by code. */
  readonly partners: readonly string[];
  readonly rewards: ReadonlyMap<string, string>;
  readonly client: ReplayClient;
  /** Of the notice in effect. */
  version: string;
}

export const gameKey = ({ laid }: Scene, game: number): string => laid.games[game]!;
export const gameId = (scene: Scene, game: number): string => scene.names.id('Game', gameKey(scene, game));

export function venueOf({ season, laid }: Scene, game: number): { code: string; key: string } {
  const { venue } = season.games[game]!;
  return { code: venue, key: laid.venues.get(venue)! };
}

export const zonesOf = ({ season, laid }: Scene, game: number): readonly string[] =>
  laid.zones.get(season.games[game]!.venue)!;
