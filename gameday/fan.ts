/** One simulated fan: a phone with a token, a temper, and a memory of everything done and received. */
import type { GraphQLClient, Json } from './client.ts';
import { LIVE_OFFERS } from './documents.ts';
import type { Act, FanRecord, Frame, Scope, Session } from './journal.ts';
import { Line } from './line.ts';
import type { Random } from './random.ts';

export interface Day {
  readonly client: GraphQLClient;
  readonly random: Random;
  readonly gameId: string;
  readonly policyVersion: string;
  readonly zones: readonly string[];
  readonly teams: readonly string[];
  readonly partners: readonly { id: string; code: string }[];
}

export type Temper = keyof typeof TEMPERS;

/** What each kind of fan consents to, and whether they come. */
export const TEMPERS = {
  'consents to nothing': { scopes: [], comes: true, share: 0.08 },
  'only says to be here': { scopes: ['PRESENCE_VENUE'], comes: true, share: 0.07 },
  'wants offers and stays at home': {
    scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION'],
    comes: false,
    share: 0.07,
  },
  'wants offers, no more': { scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE'], comes: true, share: 0.15 },
  'tells where': { scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PRESENCE_ZONE'], comes: true, share: 0.15 },
  'likes what fits': { scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PERSONALIZATION'], comes: true, share: 0.15 },
  'consents to everything': {
    scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE', 'PRESENCE_ZONE', 'PERSONALIZATION'],
    comes: true,
    share: 0.33,
  },
} as const satisfies Record<string, { scopes: readonly Scope[]; comes: boolean; share: number }>;

/** What those who share anything with a partner share. */
const SHARED: readonly (readonly Scope[])[] = [
  ['PRESENCE_VENUE'],
  ['PRESENCE_VENUE', 'PROFILE'],
  ['PRESENCE_VENUE', 'PROFILE', 'PROFILE_PREFERENCES', 'PRESENCE_ZONE'],
  ['PROFILE'],
];
const SHARING = 0.4;
const ENGAGING = 0.5;

export class Fan implements FanRecord {
  readonly name: string;
  readonly token: string;
  readonly temper: Temper;
  readonly team: string | null;
  readonly acts: Act[] = [];
  readonly frames: Frame[] = [];
  readonly refusals: string[] = [];
  readonly overSse: boolean;
  busy = false;
  /** How long each withdrawal took to return, in milliseconds. */
  readonly withdrawals: number[] = [];
  readonly #day: Day;
  readonly #client: GraphQLClient;
  readonly #forGame: boolean;
  #held = new Set<Scope>();
  #present = false;
  #nonces = 0;
  readonly #line: Line;
  /** The partner whom this fan names, and what for. */
  readonly #partner: { readonly id: string; readonly code: string; readonly scopes: readonly Scope[] } | null;
  #shared = new Set<Scope>();
  /** Whether it may be kept which offers this fan opens. */
  readonly #engages: boolean;

  /** `client` is the fan's own: it begins with one node, and moves on when that is gone. */
  constructor(day: Day, client: GraphQLClient, name: string, token: string, temper: Temper) {
    this.#day = day;
    this.#client = client;
    this.name = name;
    this.token = token;
    this.temper = temper;
    this.team = day.teams.length > 0 && day.random.chance(0.4) ? day.random.pick(day.teams) : null;
    this.overSse = day.random.chance(0.1);
    this.#forGame = day.random.chance(0.5);
    this.#engages = day.random.chance(ENGAGING);
    const shares = day.partners.length > 0 && day.random.chance(SHARING);
    this.#partner = shares ? { ...day.random.pick(day.partners), scopes: day.random.pick(SHARED) } : null;
    this.#line = new Line({
      client,
      name,
      token,
      query: LIVE_OFFERS,
      root: 'liveOffers',
      variables: { gameId: day.gameId },
      overSse: this.overSse,
      receive: (event, errors) => this.#receive(event, errors),
    });
  }

  /** Enrolls, and grants what the temper says: for this game, or until withdrawn; some name a partner too. */
  async enroll(): Promise<void> {
    const { policyVersion } = this.#day;
    const client = this.#client;
    const taste = this.team ? { favoriteTeamId: this.team, alsoGrant: ['PROFILE_PREFERENCES'] } : {};
    const enrolled = await client.must(this.token, 'enrollFan', { displayName: this.name, policyVersion, ...taste });
    this.#note({ ...enrolled, kind: 'GRANT', scopes: this.team ? ['PROFILE', 'PROFILE_PREFERENCES'] : ['PROFILE'] });
    await this.grant(this.#wanted);
    if (this.#partner) await this.share(this.#partner.scopes);
  }

  async grant(scopes: readonly Scope[]): Promise<void> {
    if (scopes.length === 0) return;
    const { gameId, policyVersion } = this.#day;
    const span = this.#forGame ? { duration: 'GAME', gameId } : { duration: 'STANDING' };
    this.#note({
      ...(await this.#client.must(this.token, 'grantConsent', { scopes, policyVersion, ...span })),
      kind: 'GRANT',
      scopes,
    });
  }

  async withdraw(scopes: readonly Scope[]): Promise<void> {
    const withdrawn = await this.#client.must(this.token, 'withdrawConsent', { scopes });
    this.withdrawals.push(withdrawn.returned - withdrawn.sent);
    this.#note({ ...withdrawn, kind: 'WITHDRAW', scopes });
  }

  /** With the partner of this fan's choice, beside the operator. */
  async share(scopes: readonly Scope[]): Promise<void> {
    const { gameId, policyVersion } = this.#day;
    const { id: recipientId, code: recipient } = this.#partner!;
    const span = this.#forGame ? { duration: 'GAME', gameId } : { duration: 'STANDING' };
    const granted = await this.#client.must(this.token, 'grantConsent', {
      scopes,
      recipientId,
      policyVersion,
      ...span,
    });
    this.#note({ ...granted, kind: 'GRANT', scopes, recipient });
  }

  async unshare(scopes: readonly Scope[]): Promise<void> {
    const { id: recipientId, code: recipient } = this.#partner!;
    const withdrawn = await this.#client.must(this.token, 'withdrawConsent', { scopes, recipientId });
    this.withdrawals.push(withdrawn.returned - withdrawn.sent);
    this.#note({ ...withdrawn, kind: 'WITHDRAW', scopes, recipient });
  }

  /** Looks at an offer that came, or opens it. Without HISTORY_ENGAGEMENT nothing may be kept of it. */
  async engage(offerId: string): Promise<void> {
    const engagement = this.#day.random.chance(0.7) ? 'VIEW' : 'CLICK';
    const answer = await this.#client.must(this.token, 'recordEngagement', { offerId, kind: engagement });
    const { recorded } = answer.data;
    this.#note({ ...answer, kind: 'ENGAGE', offerId, engagement, recorded });
    if (recorded !== this.#held.has('HISTORY_ENGAGEMENT'))
      this.refusals.push(`engaging answered recorded: ${recorded}`);
  }

  /** Arrives, or moves. Without PRESENCE_VENUE the server has to refuse. */
  async checkIn(): Promise<void> {
    const { gameId, random, zones } = this.#day;
    const zone = random.pick(zones);
    this.#nonces += 1;
    const input = { gameId, method: 'TICKET', nonce: `${this.name}-${this.#nonces}`, zoneId: zone };
    const result = await this.#client.mutate(this.token, 'checkIn', input);
    const allowed = this.#held.has('PRESENCE_VENUE');
    if (allowed && !result.data.code) this.#note({ ...result, kind: 'CHECK_IN', zone });
    else if (allowed || result.data.code !== 'CONSENT_REQUIRED') {
      this.refusals.push(`checking in answered ${result.data.code ?? 'success'}`);
    }
  }

  async checkOut(): Promise<void> {
    const { gameId } = this.#day;
    this.#note({ ...(await this.#client.must(this.token, 'checkOut', { gameId })), kind: 'CHECK_OUT' });
  }

  /** Something that fans do, chosen by chance among what makes sense now. */
  async doSomething(): Promise<void> {
    const { random } = this.#day;
    const wanted = this.#wanted.filter((scope) => !this.#held.has(scope));
    const held = [...this.#held].filter((scope) => scope !== 'PROFILE_PREFERENCES' && scope !== 'PROFILE');
    const options: (() => Promise<void>)[] = [() => this.reconnect()];
    if (wanted.length > 0)
      options.push(
        () => this.grant(wanted),
        () => this.grant(wanted),
      );
    if (held.length > 0) options.push(() => this.withdraw([random.pick(held)]));
    if (TEMPERS[this.temper].comes)
      options.push(
        () => this.checkIn(),
        () => this.checkIn(),
      );
    const came = this.frames.filter(({ kind }) => kind === 'OfferAnnounced');
    if (came.length > 0) {
      const { offerId } = random.pick(came);
      options.push(
        () => this.engage(offerId!),
        () => this.engage(offerId!),
      );
    }
    const unshared = this.#partner?.scopes.filter((scope) => !this.#shared.has(scope)) ?? [];
    if (unshared.length > 0) options.push(() => this.share(unshared));
    if (this.#shared.size > 0) options.push(() => this.unshare([random.pick([...this.#shared])]));
    if (this.#present && random.chance(0.2)) options.push(() => this.checkOut());
    await random.pick(options)();
  }

  get sessions(): readonly Session[] {
    return this.#line.sessions;
  }

  listen(): Promise<void> {
    return this.#line.listen();
  }

  hangUp(): void {
    this.#line.hangUp();
  }

  async reconnect(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => setTimeout(resolve, this.#day.random.next() * 500));
    await this.listen();
  }

  get #wanted(): readonly Scope[] {
    const { scopes } = TEMPERS[this.temper];
    return this.#engages ? [...scopes, 'HISTORY_ENGAGEMENT'] : scopes;
  }

  #note({ sent, returned, ...rest }: Act & { data?: unknown }): void {
    const { data: _, ...act } = { sent, returned, ...rest } as Act & { data?: unknown };
    this.acts.push(act as Act);
    if (act.kind === 'GRANT' || act.kind === 'WITHDRAW') {
      const held = act.recipient === undefined ? this.#held : this.#shared;
      for (const scope of act.scopes) {
        if (act.kind === 'GRANT') held.add(scope);
        else held.delete(scope);
      }
    }
    if (act.kind === 'CHECK_IN') this.#present = true;
    if (act.kind === 'CHECK_OUT' || !this.#held.has('PRESENCE_VENUE')) this.#present = false;
  }

  #receive(event: Json, errors: unknown): void {
    this.frames.push({
      at: performance.now(),
      kind: event?.__typename ?? 'nothing',
      offerId: event?.offer?.id ?? null,
      announcementId: event?.announcement?.id ?? null,
      because: event?.because ?? null,
      zone: event?.zone?.id ?? null,
      errors,
    });
  }
}
