/** What one fan has granted, to whom, for how long, by the fan's own acts. */
import type { Duration, Scope } from '../journal.ts';
import { CAP_MS, GRACE_MS, type World } from './world.ts';

interface Grant {
  readonly scope: Scope;
  /** Null: the operator. */
  readonly recipient: string | null;
  readonly duration: Duration;
  readonly game: string | null;
  readonly from: number;
  readonly expires: number;
  readonly version: string;
  ended: number | null;
}

export type Period = readonly [from: number, until: number];

export class Consent {
  readonly #world: World;
  readonly #grants: Grant[] = [];
  readonly #satOut = new Set<string>();
  #vetoed = false;

  constructor(world: World) {
    this.#world = world;
  }

  grant(
    scopes: readonly Scope[],
    {
      recipient,
      duration,
      game,
      until,
      version,
    }: { recipient: string | null; duration: Duration; game: string | null; until: number | null; version: string },
    at: number,
  ): void {
    const forGame = duration === 'GAME' ? game : null;
    const expires =
      forGame !== null ? this.#world.game(forGame).startsAt + CAP_MS : (until ?? Number.POSITIVE_INFINITY);
    for (const scope of new Set(scopes)) {
      for (const held of this.#grants) {
        const same = held.scope === scope && held.recipient === recipient && held.duration === duration;
        if (same && held.game === forGame && held.ended === null) held.ended = at;
      }
      this.#grants.push({ scope, recipient, duration, game: forGame, from: at, expires, version, ended: null });
    }
  }

  withdraw(scopes: readonly Scope[], recipient: string | null, at: number): void {
    for (const grant of this.#grants) {
      if (grant.ended === null && grant.recipient === recipient && scopes.includes(grant.scope)) grant.ended = at;
    }
  }

  /** Once: later ones change nothing. */
  veto(at: number): void {
    if (this.#vetoed) return;
    this.#vetoed = true;
    for (const grant of this.#grants) if (grant.recipient !== null) grant.ended ??= at;
  }

  sitOut(game: string): void {
    this.#satOut.add(game);
  }

  /** `game` is where it happens; without, it is the game at which the fan is `here`, and of none any counts. */
  holds(scope: Scope, recipient: string | null, game: string | null, here: string | null, at: number): boolean {
    if (recipient !== null && !this.holds(scope, null, game, here, at)) return false;
    return this.#grants.some(
      (grant) => grant.scope === scope && grant.recipient === recipient && this.#inForce(grant, game ?? here, at),
    );
  }

  /** When the operator held a scope, up to an instant. They may touch and overlap. */
  periods(scope: Scope, until: number): Period[] {
    return this.#grants
      .filter((grant) => grant.scope === scope && grant.recipient === null)
      .map((grant): Period => [grant.from, Math.min(until, grant.ended ?? until, this.#lastsUntil(grant))])
      .filter(([from, to]) => from < to);
  }

  /** Those that nothing has ended but time. */
  standing(): readonly Readonly<Pick<Grant, 'scope' | 'recipient' | 'duration' | 'game'>>[] {
    return this.#grants.filter(({ ended }) => ended === null);
  }

  #inForce(grant: Grant, where: string | null, at: number): boolean {
    if (grant.ended !== null || this.#lastsUntil(grant) <= at) return false;
    if (grant.game !== null && where !== null && grant.game !== where) return false;
    return !this.#sitsOut(grant.game ?? where, at);
  }

  #lastsUntil({ expires, version, game }: Grant): number {
    const ends = [expires, this.#world.outdatedAt(version)];
    if (game !== null) {
      const { status, endedAt } = this.#world.game(game);
      if (endedAt !== null) ends.push(status === 'POSTPONED' || status === 'CANCELED' ? endedAt : endedAt + GRACE_MS);
    }
    return Math.min(...ends);
  }

  #sitsOut(game: string | null, at: number): boolean {
    if (game === null || !this.#satOut.has(game)) return false;
    const { status, endedAt } = this.#world.game(game);
    if (status === 'SCHEDULED' || status === 'LIVE') return true;
    return status !== 'POSTPONED' && status !== 'CANCELED' && endedAt! + GRACE_MS > at;
  }
}
