/** A fan of the soak: a stream that is resumed whenever it is lost, and a way of its own to use it. */
import type { GraphQLClient, Json } from '../gameday/client.ts';
import { LIVE_OFFERS } from '../gameday/documents.ts';
import type { Act, Scope, Session } from '../gameday/journal.ts';
import { Line } from '../gameday/line.ts';
import type { Beat } from './beat.ts';
import type { PhoneRecord, Received } from './journal.ts';

export interface Evening {
  readonly gameId: string;
  readonly policyVersion: string;
  readonly beat: Beat;
}

/** What every fan of a kind does. */
export const HABITS = {
  listens: { share: 0.4, offers: true },
  'changes their mind': { share: 0.4, offers: true },
  'reads slowly': { share: 0.1, offers: true },
  'never consented': { share: 0.1, offers: false },
} as const;
export type Habit = keyof typeof HABITS;

export class Phone implements PhoneRecord {
  readonly name: string;
  readonly habit: Habit;
  readonly token: string;
  readonly acts: Act[] = [];
  readonly frames: Received[] = [];
  readonly line: Line;
  readonly #evening: Evening;
  readonly #client: GraphQLClient;

  constructor(
    evening: Evening,
    client: GraphQLClient,
    { name, habit, token, overSse }: { name: string; habit: Habit; token: string; overSse: boolean },
  ) {
    this.#evening = evening;
    this.#client = client;
    this.name = name;
    this.habit = habit;
    this.token = token;
    this.line = new Line({
      client,
      name,
      token,
      query: LIVE_OFFERS,
      root: 'liveOffers',
      variables: { gameId: evening.gameId },
      overSse,
      receive: (event, errors) => this.#receive(event, errors),
    });
  }

  get sessions(): readonly Session[] {
    return this.line.sessions;
  }

  /** Enrolls, consents, arrives and listens. */
  async come(): Promise<void> {
    const { gameId, policyVersion } = this.#evening;
    await this.#client.must(this.token, 'enrollFan', { displayName: this.name, policyVersion });
    const wanted: Scope[] = HABITS[this.habit].offers ? ['OFFERS_LIVE', 'PERSONALIZATION'] : ['PERSONALIZATION'];
    await this.grant(['PRESENCE_VENUE', ...wanted]);
    const input = { gameId, method: 'TICKET', nonce: this.name };
    const { sent, returned } = await this.#client.must(this.token, 'checkIn', input);
    this.acts.push({ sent, returned, kind: 'CHECK_IN', zone: '' });
    await this.line.listen();
  }

  async grant(scopes: readonly Scope[]): Promise<void> {
    const input = { scopes, policyVersion: this.#evening.policyVersion, duration: 'STANDING' };
    const { sent, returned } = await this.#client.must(this.token, 'grantConsent', input);
    this.acts.push({ sent, returned, kind: 'GRANT', scopes });
  }

  async withdraw(scopes: readonly Scope[]): Promise<void> {
    const { sent, returned } = await this.#client.must(this.token, 'withdrawConsent', { scopes });
    this.acts.push({ sent, returned, kind: 'WITHDRAW', scopes });
  }

  #receive(event: Json, errors: unknown): void {
    this.frames.push({
      at: this.#evening.beat.received(),
      id: event?.announcement?.id ?? null,
      reason: event?.because != null,
      trouble: errors ? `a frame with ${JSON.stringify(errors)}` : null,
    });
  }
}
