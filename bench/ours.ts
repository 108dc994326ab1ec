/**
 * Our own server among the contestants, twice: what it delivers of announcements that are committed already, from the
 * relay's wake-up on, and what a partner's `announceOffer` takes from the request to the last fan, its commit included.
 * Both are the same server with the same subscribers.
 */
import { GraphQLClient } from '../gameday/client.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { Contestant } from './contestant.ts';
import { type Ground, PARTNER } from './ground/ground.ts';
import { CLASSES, isTold, type Templates, titleOf, zoneOf } from './live-offers.ts';
import { Child } from './process/child.ts';
import { now } from './process/serve.ts';

const SERVER = new URL('./peers/ours.ts', import.meta.url);
const LOAD = new URL('./load/main.ts', import.meta.url);
const HOUR_MS = 3_600_000;

export class Ours extends Contestant {
  readonly #client: GraphQLClient;
  readonly #token: string;
  readonly #gameId: string;
  readonly port: number;
  /** What `publish` does: the real mutation, or the relay alone. */
  announces = true;
  #campaigns = new Map<number, string>();
  /** The first announcement, of which copies are made. */
  #like = 0;

  private constructor(server: Child, port: number, token: string, gameId: string) {
    super('ours', server, new Child(LOAD));
    this.port = port;
    this.#client = new GraphQLClient(() => [`http://127.0.0.1:${port}/graphql`]);
    this.#token = token;
    this.#gameId = gameId;
  }

  static async start({ databaseUrl, gameId }: Ground, keepsCursors = false): Promise<Ours> {
    const server = new Child(SERVER, [], { DATABASE_URL: databaseUrl });
    const port = await server.ask<number>('listen');
    const token = await issueDevelopmentToken('PARTNER', PARTNER);
    const ours = new Ours(server, port, token, gameId);
    await ours.begin({ protocol: 'graphql', port, gameId, keepsCursors, tokens: true });
    return ours;
  }

  override async prepare(events: readonly number[]): Promise<void> {
    if (!this.announces) return this.server.ask('prepare', { like: this.#like, events });
    for (const event of events) this.#campaigns.set(event, await this.#createCampaign(event));
  }

  override async publish(events: readonly number[]): Promise<number> {
    if (!this.announces) return super.publish(events);
    const began = now();
    for (const event of events) await this.announce(event);
    this.#like ||= events[0]!;
    return began;
  }

  /** The real mutation, its answer awaited, for a campaign prepared before. How long it took, in milliseconds. */
  async announce(event: number): Promise<number> {
    const campaignId = this.#campaigns.get(event)!;
    const input = { campaignId, gameId: this.#gameId, idempotencyKey: titleOf(event) };
    const { sent, returned } = await this.#client.must(this.#token, 'announceOffer', input);
    return returned - sent;
  }

  /** One frame per class, with what the class consents to and nothing else. @throws Error otherwise. */
  async templates(): Promise<Templates> {
    const frames = await this.samples();
    if (frames.length < CLASSES) throw new Error(`It takes ${CLASSES} sockets or more, one for each class.`);
    for (const [consentClass, frame] of frames.entries()) {
      const { because, zone } = JSON.parse(frame).payload.data.liveOffers;
      const placed = zone === null ? 0 : Number(zone.name.slice(-1));
      if ((because !== null) !== isTold(consentClass) || placed !== zoneOf(consentClass)) {
        throw new Error(`Class ${consentClass} was sent ${frame}`);
      }
    }
    return frames;
  }

  async #createCampaign(event: number): Promise<string> {
    const { data } = await this.#client.must(this.#token, 'createCampaign', {
      name: `Campaign ${event}`,
      offer: { title: titleOf(event), body: 'At the Big Concourse, until the last out.', discount: { percentOff: 20 } },
      budget: {},
      capPerFan: 1,
      validFrom: new Date(Date.now() - HOUR_MS).toISOString(),
      validUntil: new Date(Date.now() + 12 * HOUR_MS).toISOString(),
    });
    return data.campaign.id;
  }
}
