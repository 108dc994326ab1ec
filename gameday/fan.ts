/** One simulated fan: a phone with a token, a temper, and a memory of everything done and received. */
import type { GraphQLClient, Json, OpenStream } from './client.ts';
import type { Act, FanRecord, Frame, Scope } from './journal.ts';
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

const RESUME_MS = 200;

export class Fan implements FanRecord {
  readonly name: string;
  readonly token: string;
  readonly temper: Temper;
  readonly team: string | null;
  readonly acts: Act[] = [];
  readonly frames: Frame[] = [];
  readonly sessions: { opened: number; closed: number }[] = [];
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
  #cursor: string | null = null;
  #stream: OpenStream | null = null;
  /** Raised whenever the fan calls or hangs up, so that what was meant for an earlier call is not done. */
  #calls = 0;

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
  }

  /** Enrolls, and grants what the temper says: for this game, or until withdrawn; some name a partner too. */
  async enroll(): Promise<void> {
    const { policyVersion, random, partners } = this.#day;
    const client = this.#client;
    const taste = this.team ? { favoriteTeamId: this.team, alsoGrant: ['PROFILE_PREFERENCES'] } : {};
    const enrolled = await client.must(this.token, 'enrollFan', { displayName: this.name, policyVersion, ...taste });
    if (this.team) this.#note({ ...enrolled, kind: 'GRANT', scopes: ['PROFILE_PREFERENCES'] });
    await this.grant(TEMPERS[this.temper].scopes);
    if (partners.length === 0 || !random.chance(0.2)) return;
    const recipientId = random.pick(partners).id;
    await client.must(this.token, 'grantConsent', { scopes: ['PROFILE', 'LOYALTY'], recipientId, policyVersion });
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
    const wanted = TEMPERS[this.temper].scopes.filter((scope) => !this.#held.has(scope));
    const held = [...this.#held].filter((scope) => scope !== 'PROFILE_PREFERENCES');
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
    if (this.#present && random.chance(0.2)) options.push(() => this.checkOut());
    await random.pick(options)();
  }

  /** Resolves once the stream has said where it stands. A stream that is lost is opened again, at the next node. */
  async listen(): Promise<void> {
    const session = { opened: Number.POSITIVE_INFINITY, closed: Number.POSITIVE_INFINITY };
    this.sessions.push(session);
    this.#calls += 1;
    const calls = this.#calls;
    const standing = Promise.withResolvers<void>();
    const late = setTimeout(() => standing.reject(new Error(`${this.name}'s stream did not open`)), 30_000);
    const receive = (message: Json) => {
      if (session.closed !== Number.POSITIVE_INFINITY) return;
      this.#receive(message);
      if (session.opened !== Number.POSITIVE_INFINITY) return;
      session.opened = performance.now();
      standing.resolve();
    };
    const lost = () => {
      if (session.closed !== Number.POSITIVE_INFINITY) return;
      session.closed = performance.now();
      this.#client.moveOn();
      setTimeout(() => {
        if (calls === this.#calls) this.listen().then(standing.resolve, standing.reject);
        else standing.resolve();
      }, RESUME_MS);
    };
    const variables = { gameId: this.#day.gameId, after: this.#cursor };
    this.#stream = this.overSse
      ? this.#client.openServerSentEvents(this.token, variables, receive, lost)
      : this.#client.openWebSocket(this.token, variables, receive, lost);
    await standing.promise.finally(() => clearTimeout(late));
  }

  hangUp(): void {
    this.#calls += 1;
    const session = this.sessions.at(-1);
    if (session && session.closed === Number.POSITIVE_INFINITY) session.closed = performance.now();
    this.#stream?.close();
    this.#stream = null;
  }

  async reconnect(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => setTimeout(resolve, this.#day.random.next() * 500));
    await this.listen();
  }

  #note({ sent, returned, ...rest }: Act & { data?: unknown }): void {
    const { data: _, ...act } = { sent, returned, ...rest } as Act & { data?: unknown };
    this.acts.push(act as Act);
    if (act.kind === 'GRANT') for (const scope of act.scopes) this.#held.add(scope);
    if (act.kind === 'WITHDRAW') for (const scope of act.scopes) this.#held.delete(scope);
    if (act.kind === 'CHECK_IN') this.#present = true;
    if (act.kind === 'CHECK_OUT' || !this.#held.has('PRESENCE_VENUE')) this.#present = false;
  }

  #receive({ data, errors }: Json): void {
    const event = data?.liveOffers;
    if (event) this.#cursor = event.cursor;
    if (!errors && event?.__typename === 'StreamPosition') return;
    this.frames.push({
      at: performance.now(),
      kind: event?.__typename ?? 'nothing',
      offerId: event?.offer?.id ?? null,
      announcementId: event?.announcement?.id ?? null,
      because: event?.because ?? null,
      zone: event?.zone?.id ?? null,
      errors: errors ?? (event?.__typename === 'StreamGap' ? 'a gap' : null),
    });
  }
}
