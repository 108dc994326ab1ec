/**
 * The decisions that a gate remembers: for each recipient and game those of its fans. A decision counts while it is
 * remembered and until its time has come: what is forgotten or replaced counts no more, in whoever's hands it is.
 */
import type { Decision, DecisionKey } from './decision.ts';

interface Place extends Omit<DecisionKey, 'fanId'> {
  readonly name: string;
  readonly fans: Map<string, Decision>;
  /** When the last of them ends. */
  until: number;
}

export class Memory {
  /** How many decisions: when there would be more, all are forgotten. */
  readonly #capacity: number;
  readonly #places = new Map<string, Place>();
  /** Where the latest question was about: many come about one place. */
  #latest: Place | null = null;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether or not it still counts. */
  find(fanId: string, recipientId: string | null, gameId: string | null): Decision | undefined {
    return this.#at(recipientId, gameId)?.fans.get(fanId);
  }

  #at(recipientId: string | null, gameId: string | null): Place | null {
    const latest = this.#latest;
    if (latest !== null && latest.recipientId === recipientId && latest.gameId === gameId) return latest;
    const place = this.#places.get(placeOf(recipientId, gameId)) ?? null;
    this.#latest = place;
    return place;
  }

  /** `now` and `until` are on the monotonic clock. */
  keep({ fanId, recipientId, gameId }: DecisionKey, decision: Decision, now: number, until: number): void {
    if (this.#size >= this.#capacity) this.forgetAll();
    const place = this.#at(recipientId, gameId) ?? this.#add(recipientId, gameId, now);
    const { fans } = place;
    place.until = Math.max(place.until, until);
    const before = fans.get(fanId);
    if (before) before.lapse();
    else this.#size += 1;
    decision.countUntil(until);
    fans.set(fanId, decision);
  }

  /** Places where all is over make room: games end, and whoever forgets a fan looks everywhere. */
  #add(recipientId: string | null, gameId: string | null, now: number): Place {
    for (const { name, fans, until } of this.#places.values()) {
      if (until > now) continue;
      this.#places.delete(name);
      this.#size -= fans.size;
    }
    const place: Place = { name: placeOf(recipientId, gameId), recipientId, gameId, fans: new Map(), until: now };
    this.#places.set(place.name, place);
    this.#latest = place;
    return place;
  }

  forget(fanId: string): void {
    for (const { name, fans } of this.#places.values()) {
      const decision = fans.get(fanId);
      if (!decision) continue;
      decision.lapse();
      fans.delete(fanId);
      this.#size -= 1;
      if (fans.size === 0) this.#places.delete(name);
    }
    this.#latest = null;
  }

  forgetAll(): void {
    for (const { fans } of this.#places.values()) for (const decision of fans.values()) decision.lapse();
    this.#places.clear();
    this.#latest = null;
    this.#size = 0;
  }
}

/** The name of a recipient and a game. */
export const placeOf = (recipientId: string | null, gameId: string | null): string =>
  `${recipientId ?? ''}|${gameId ?? ''}`;
