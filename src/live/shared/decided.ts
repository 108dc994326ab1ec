/**
 * What is in force now for those whom a batch of events concerns, and what of it has been without a gap since each event
 * was captured for them. Nearly always that is all of it, and a fingerprint tells; for the others lineages are read.
 */
import { bitOf, type ConsentGate, type Decision } from '../../consent/index.ts';
import type { LiveEvent } from '../outbox.ts';
import type { Audience } from './audience.ts';
import type { Broadcast, Lineages } from './broadcast.ts';
import type { Member } from './member.ts';

interface Asked {
  readonly events: readonly LiveEvent[];
  readonly members: readonly Member[];
  /** In the order of the events; each names members by their place. */
  readonly audiences: readonly Audience[];
}

export class Decided {
  readonly #asked: Asked;
  /** In the order of the events. */
  readonly #lineages: readonly Lineages[];
  /** By place; nothing for those whom no event concerns. */
  readonly decisions: readonly (Decision | undefined)[];

  constructor(asked: Asked, decisions: readonly (Decision | undefined)[], lineages: readonly Lineages[]) {
    this.#asked = asked;
    this.#lineages = lineages;
    this.decisions = decisions;
  }

  /** The scopes in force without a gap since the event was captured for the member of that row of its audience, as bits. */
  maskSince(event: number, row: number): number {
    const audience = this.#asked.audiences[event]!;
    const place = audience.placeAt(row);
    const decision = this.decisions[place]!;
    if (audience.isUnder(row, decision)) return decision.mask;
    const captured = this.#lineages[event]?.get(this.#asked.members[place]!.fanId);
    return captured ? decision.maskSince(captured) : 0;
  }
}

/** @throws ServiceError UNAVAILABLE without a lease. */
export async function decide(gate: ConsentGate, broadcast: Broadcast, asked: Asked): Promise<Decided> {
  const { events, members, audiences } = asked;
  const decisions: (Decision | undefined)[] = new Array(members.length).fill(undefined);
  const load = async (places: readonly number[]) => {
    const loaded = await gate.decideAll(fansAt(members, places), { recipientId: null, gameId: broadcast.gameId });
    for (const [index, place] of places.entries()) decisions[place] = loaded[index];
  };
  await load(placesIn(audiences, () => true));
  const changed = placesIn(audiences, (audience, row) => !audience.isUnder(row, decisions[audience.placeAt(row)]!));
  if (changed.length === 0) return new Decided(asked, decisions, []);
  const lineages = await broadcast.findLineages(events, fansAt(members, changed));
  // A denial of what was in force when an event was captured may only be one that outlived a grant whose wake-up has not
  // arrived: it is looked up once more.
  const doubted = changed.filter((place) => {
    const { fanId, document } = members[place]!;
    const needed = document.bits | bitOf(broadcast.scope);
    return lineages.some((ofEvent) => decisions[place]!.lacks(ofEvent.get(fanId) ?? [], needed));
  });
  for (const fanId of fansAt(members, doubted)) gate.forget(fanId);
  if (doubted.length > 0) await load(doubted);
  return new Decided(asked, decisions, lineages);
}

/** Where some row of an audience is such. */
function placesIn(audiences: readonly Audience[], isSuch: (audience: Audience, row: number) => boolean): number[] {
  const places = new Set<number>();
  for (const audience of audiences) {
    for (let row = 0; row < audience.size; row += 1) {
      if (isSuch(audience, row)) places.add(audience.placeAt(row));
    }
  }
  return [...places];
}

const fansAt = (members: readonly Member[], places: readonly number[]): string[] =>
  places.map((place) => members[place]!.fanId);
