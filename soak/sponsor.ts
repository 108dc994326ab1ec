/** A partner who announces one new offer after the other to everybody who is there. */
import type { GraphQLClient } from '../gameday/client.ts';
import type { Announced } from './journal.ts';

const VALID_MS = 4 * 3_600_000;

export class Sponsor {
  readonly #client: GraphQLClient;
  readonly #token: string;
  readonly #code: string;
  readonly #gameId: string;
  #count = 0;

  constructor(client: GraphQLClient, options: { code: string; token: string; gameId: string }) {
    this.#client = client;
    this.#code = options.code;
    this.#token = options.token;
    this.#gameId = options.gameId;
  }

  /** Asked for again until it is answered, it happens once: it carries its key. */
  async announce(): Promise<Announced> {
    this.#count += 1;
    const name = `${this.#code} ${this.#count}`;
    const created = await this.#client.must(this.#token, 'createCampaign', {
      name,
      idempotencyKey: `soak ${name}`,
      offer: { title: name, body: 'At the counter. '.repeat(40), discount: { percentOff: 15 } },
      budget: {},
      capPerFan: 1,
      validFrom: new Date(Date.now() - 60_000).toISOString(),
      validUntil: new Date(Date.now() + VALID_MS).toISOString(),
    });
    const { sent, returned, data } = await this.#client.must(this.#token, 'announceOffer', {
      campaignId: created.data.campaign.id,
      gameId: this.#gameId,
      idempotencyKey: 'once',
    });
    return { sent, returned, id: data.announcement.id };
  }
}
