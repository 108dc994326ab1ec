/** One fan's phone: what they do through the API, written down with what was answered. */

import type { Json } from '../gameday/client.ts';
import { Random } from '../gameday/random.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { type Guest, SHARED } from './crowd.ts';
import { LOOK, type MutationName, OFFERS } from './documents.ts';
import type { Act, Balance, Duration, FanAct, Scope } from './journal.ts';
import { gameId, gameKey, type Scene, venueOf, zonesOf } from './scene.ts';

const DAY_MS = 86_400_000;

export interface HeldClaim {
  readonly id: string;
  readonly code: string;
  readonly game: number;
  readonly expiresAt: number;
  redemption: string | null;
}

export interface Bought {
  readonly id: string;
  readonly globalId: string;
  readonly game: number;
  left: number;
}

export interface TakenReward {
  readonly id: string;
  readonly code: string;
}

type Without<T> = T extends unknown ? Omit<T, 'fan'> : never;

export class Phone {
  readonly guest: Guest;
  readonly claims: HeldClaim[] = [];
  readonly bought: Bought[] = [];
  rewards: TakenReward[] = [];
  enrolled = false;
  erased = false;
  /** For gate and till, at this instant. */
  memberCode: string | null = null;
  /** As last told. */
  points = 0;
  /** Offers that this fan has seen at a game. */
  offers: string[] = [];
  readonly #scene: Scene;
  #token: string | null = null;
  #version = '';
  #until = 0;
  #left = false;
  #count = 0;

  constructor(scene: Scene, guest: Guest) {
    this.#scene = scene;
    this.guest = guest;
  }

  get fan(): number {
    return this.guest.place;
  }

  /** What chance has in store for this fan at a game; the same whoever else is about. */
  chances(game: number, phase: number): Random {
    const mixed = Math.imul(this.#scene.seed + 1, 0x9e3779b1) ^ Math.imul(this.fan + 1, 0x85ebca6b);
    return new Random(mixed ^ Math.imul(game * 4 + phase + 1, 0xc2b2ae35));
  }

  /** A key that this fan has not used. */
  newKey(): string {
    this.#count += 1;
    return `${this.guest.subject}-${this.#count}`;
  }

  async token(): Promise<string> {
    this.#token ??= await issueDevelopmentToken('FAN', this.guest.subject, '48h');
    return this.#token;
  }

  /** Asks for a mutation, and writes down what it came to. */
  async act(
    name: MutationName,
    input: object,
    toAct: (result: Json, code: string | null) => Without<FanAct>,
    headers?: Record<string, string>,
  ): Promise<Json> {
    const { client, journal } = this.#scene;
    const token = await this.token();
    return journal.note(
      () => client.mutate(token, name, input, headers),
      (result) => ({ fan: this.fan, ...toAct(result, result.code ?? null) }) as Act,
    );
  }

  /** Enrolls, and tells partners what this fan shows them. */
  async enroll(): Promise<void> {
    const { names, version, laid } = this.#scene;
    const { team } = this.guest;
    const key = team === null ? null : laid.teams.get(team)!;
    const also: Scope[] = key === null ? [] : ['PROFILE_PREFERENCES'];
    const taste = key === null ? {} : { favoriteTeamId: names.id('Team', key), alsoGrant: also };
    const input = { displayName: this.guest.subject, policyVersion: version, ...taste };
    await this.act('enrollFan', input, (result, code) => {
      const enrolled = result.fan ? names.key(result.fan.id) : null;
      return { kind: 'ENROLL', key: enrolled, version, team: key, also, code };
    });
    this.enrolled = true;
    for (const { partner, scopes } of this.guest.shares) {
      await this.grant(scopes, 'STANDING', { recipient: this.#scene.partners[partner]! });
    }
  }

  /** What this fan's temper says, where it is not granted already, as far as this fan knows. */
  async consent(game: number): Promise<void> {
    const { version, journal } = this.#scene;
    const { scopes, duration } = this.guest.temper;
    const outdated = this.#version !== version;
    // A new notice asks for everything anew, membership too. Half of those who left the program come back to it.
    const renews = outdated && this.#version !== '';
    if (renews || (this.#left && this.fan % 2 === 0)) await this.grant(['PROFILE', 'LOYALTY'], 'STANDING', {});
    this.#left = false;
    const lapsed = duration === 'GAME' || (duration === 'UNTIL' && this.#until <= journal.at);
    if (scopes.length > 0 && (outdated || lapsed)) await this.grant(scopes, duration, { game });
    this.#version = version;
  }

  async grant(
    scopes: readonly Scope[],
    duration: Duration,
    { recipient = null, game = null }: { recipient?: string | null; game?: number | null },
  ): Promise<void> {
    const { names, version, journal } = this.#scene;
    const until = duration === 'UNTIL' ? journal.at + 21 * DAY_MS : null;
    if (until !== null) this.#until = until;
    const forGame = duration === 'GAME' ? gameKey(this.#scene, game!) : null;
    const input = {
      scopes,
      duration,
      policyVersion: version,
      ...(recipient === null ? {} : { recipientId: names.id('Partner', recipient) }),
      ...(forGame === null ? {} : { gameId: names.id('Game', forGame) }),
      ...(until === null ? {} : { until: new Date(until).toISOString() }),
    };
    await this.act('grantConsent', input, (_, code) => ({
      kind: 'GRANT',
      scopes,
      recipient,
      duration,
      game: forGame,
      until,
      version,
      code,
    }));
  }

  async withdraw(scopes: readonly Scope[], erase = false, recipient: string | null = null): Promise<void> {
    const to = recipient === null ? {} : { recipientId: this.#scene.names.id('Partner', recipient) };
    const input = { scopes, ...to, ...(erase ? { erase } : {}) };
    await this.act('withdrawConsent', input, (_, code) => ({ kind: 'WITHDRAW', scopes, recipient, erase, code }));
    // Whoever takes something back is asked again at their next game.
    if (recipient === null) this.#version = '';
    if (recipient === null && scopes.includes('LOYALTY')) this.#left = true;
  }

  async sitOut(game: number): Promise<void> {
    const key = gameKey(this.#scene, game);
    await this.act('pauseForGame', { gameId: gameId(this.#scene, game) }, (_, code) => ({
      kind: 'SIT_OUT',
      game: key,
      code,
    }));
  }

  async erase(): Promise<void> {
    await this.act('eraseMe', { confirm: 'ERASE' }, (_, code) => ({ kind: 'ERASE', code }));
    this.erased = true;
  }

  async checkIn(game: number, zone: number): Promise<void> {
    const { names } = this.#scene;
    const at = zonesOf(this.#scene, game)[zone]!;
    const key = gameKey(this.#scene, game);
    const input = {
      gameId: gameId(this.#scene, game),
      method: 'TICKET',
      nonce: this.newKey(),
      zoneId: names.id('Zone', at),
    };
    await this.act('checkIn', input, (result, code) => {
      return { kind: 'CHECK_IN', game: key, zone: at, created: result.created ?? false, code };
    });
  }

  async checkOut(game: number): Promise<void> {
    const key = gameKey(this.#scene, game);
    await this.act('checkOut', { gameId: gameId(this.#scene, game) }, (_, code) => ({
      kind: 'CHECK_OUT',
      game: key,
      code,
    }));
  }

  /** The member code, and how the program stands. `objects`: the browser says Sec-GPC, which vetoes all partners. */
  async look(objects = false): Promise<void> {
    const { client, journal } = this.#scene;
    const token = await this.token();
    if (objects) journal.say({ kind: 'VETO', fan: this.fan });
    const headers: Record<string, string> = objects ? { 'sec-gpc': '1' } : {};
    await journal.note(
      () => client.ask(token, LOOK, {}, headers),
      ({ me }: Json) => {
        this.memberCode = me?.memberCode?.code ?? null;
        this.points = me?.loyalty?.points ?? 0;
        return { kind: 'LOOK', fan: this.fan, balance: toBalance(me?.loyalty) };
      },
    );
  }

  async seeOffers(game: number): Promise<void> {
    const { client, journal, names } = this.#scene;
    const token = await this.token();
    await journal.note(
      () => client.ask(token, OFFERS, { gameId: gameId(this.#scene, game) }),
      ({ me }: Json) => {
        const edges: Json[] | null = me?.offers?.edges ?? null;
        const offers = edges?.map(({ node }) => names.key(node.offer.id)) ?? null;
        this.offers = offers ?? [];
        return { kind: 'OFFERS', fan: this.fan, game: gameKey(this.#scene, game), offers };
      },
    );
  }

  async engage(offer: string, engagement: 'VIEW' | 'CLICK' | 'DISMISS'): Promise<void> {
    const input = { offerId: this.#scene.names.id('Offer', offer), kind: engagement };
    await this.act('recordEngagement', input, (result, code) => {
      return { kind: 'ENGAGE', offer, engagement, recorded: result.recorded ?? false, code };
    });
  }

  async claim(offer: string, game: number, key = this.newKey()): Promise<HeldClaim | null> {
    const { names } = this.#scene;
    const { claim } = await this.act(
      'claimOffer',
      { offerId: names.id('Offer', offer), idempotencyKey: key },
      (result, code) => ({
        kind: 'CLAIM',
        offer,
        game: gameKey(this.#scene, game),
        key,
        claim: result.claim ? names.key(result.claim.id) : null,
        expiresAt: result.claim ? Date.parse(result.claim.expiresAt) : 0,
        code,
      }),
    );
    if (!claim) return null;
    const id = names.key(claim.id);
    const known = this.claims.find((each) => each.id === id);
    if (known) return known;
    const held = { id, code: claim.code, game, expiresAt: Date.parse(claim.expiresAt), redemption: null };
    this.claims.push(held);
    return held;
  }

  async takeReward(code: string): Promise<void> {
    const { names, rewards } = this.#scene;
    const key = this.newKey();
    const input = { rewardId: names.id('Reward', rewards.get(code)!), idempotencyKey: key };
    const { rewardRedemption: taken } = await this.act('redeemReward', input, (result, refused) => {
      const redemption = result.rewardRedemption ? names.key(result.rewardRedemption.id) : null;
      return { kind: 'REWARD', reward: code, key, redemption, code: refused };
    });
    if (taken?.code) this.rewards.push({ id: names.key(taken.id), code: taken.code });
  }

  /** Something taken back in the middle of the season, or erased with all it collected. */
  async takeBack(random: Random): Promise<void> {
    const { scopes } = this.guest.temper;
    const [shared] = this.guest.shares;
    if (shared && random.chance(0.4)) {
      await this.withdraw(random.pick(SHARED), false, this.#scene.partners[shared.partner]!);
      return;
    }
    const some = scopes.length > 0 ? [random.pick(scopes)] : (['LOYALTY'] as const);
    await this.withdraw(random.chance(0.15) ? ['LOYALTY'] : some, random.chance(0.3));
  }

  venue(game: number): { code: string; key: string } {
    return venueOf(this.#scene, game);
  }
}

const toBalance = (loyalty: Json): Balance | null =>
  loyalty && {
    points: loyalty.points,
    pending: loyalty.pendingPoints,
    held: loyalty.heldPoints,
    expired: loyalty.expiredPoints,
    tier: loyalty.tier?.code ?? null,
  };
