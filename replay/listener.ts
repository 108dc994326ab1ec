/** Those who listen: a fan to the offers of one game, a partner to what fans do with its campaigns. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLClient, type Json, type OpenStream } from '../gameday/client.ts';
import { LIVE_OFFERS, OFFER_STREAM } from '../gameday/documents.ts';
import { createIdsFor } from '../src/graphql/ids.ts';
import type { Phone } from './phone.ts';
import { gameId, type Scene } from './scene.ts';

const PATIENCE_MS = 20_000;
const BEAT_MS = 25;

export class Listener {
  readonly #frames: Json[] = [];
  readonly #stream: OpenStream;

  private constructor(url: string, token: string, query: string, root: string, variables: Record<string, unknown>) {
    const receive = ({ data }: Json) => void (data?.[root] && this.#frames.push(data[root]));
    this.#stream = new GraphQLClient(() => [url]).openWebSocket(token, variables, receive, () => {}, query);
  }

  static async ofFan(scene: Scene, phone: Phone, game: number): Promise<Listener> {
    const variables = { gameId: gameId(scene, game) };
    const listener = new Listener(scene.client.url, await phone.token(), LIVE_OFFERS, 'liveOffers', variables);
    return listener.#opened();
  }

  static async ofPartner(scene: Scene, token: string): Promise<Listener> {
    return new Listener(scene.client.url, token, OFFER_STREAM, 'offerStream', {}).#opened();
  }

  /** When everything that the fan was announced meanwhile has come, or is not coming. */
  async tellOffers({ journal, names }: Scene, { fan, offers }: Phone): Promise<void> {
    const heard = () => this.#frames.filter((frame) => frame.__typename === 'OfferAnnounced');
    const missing = () => {
      const came = new Set(heard().map((frame) => names.key(frame.offer.id)));
      return offers.filter((offer) => !came.has(offer));
    };
    await until(() => missing().length === 0);
    this.#stream.close();
    for (const { announcement, because, zone } of heard()) {
      journal.say({
        kind: 'OFFER_HEARD',
        fan,
        announcement: names.key(announcement.id),
        because: because !== null,
        zone: zone && names.key(zone.id),
      });
    }
    if (missing().length > 0) journal.say({ kind: 'UNHEARD', fan, offers: missing() });
  }

  tellActivities({ journal, names, masterKey }: Scene, partner: { code: string; key: string }): void {
    this.#stream.close();
    const ids = createIdsFor(masterKey)(partner.key);
    for (const frame of this.#frames) {
      if (frame.__typename !== 'OfferActivity') continue;
      const { kind: activity, campaign, fan } = frame;
      journal.say({
        kind: 'ACTIVITY_HEARD',
        partner: partner.code,
        partnerKey: partner.key,
        activity,
        campaign: names.key(campaign.id),
        fanKey: fan ? (ids.parse(fan.id)?.key ?? null) : null,
        name: fan?.displayName ?? null,
        team: fan?.favoriteTeam?.code ?? null,
      });
    }
  }

  /** The first frame says where the stream begins. */
  async #opened(): Promise<Listener> {
    await until(() => this.#frames.length > 0);
    return this;
  }
}

async function until(met: () => boolean): Promise<void> {
  for (const began = performance.now(); !met() && performance.now() - began < PATIENCE_MS; ) await sleep(BEAT_MS);
}
