/** A sponsor on a game day: campaigns of many kinds, announced while fans change their minds, and an ear for what becomes of them. */

import { OFFER_STREAM } from './documents.ts';
import type { Day } from './fan.ts';
import type { Activity, Announcement } from './journal.ts';
import { Line } from './line.ts';

interface Campaign {
  readonly id: string;
  readonly offerId: string;
  readonly teams: readonly string[];
}

export class Sponsor {
  readonly #day: Day;
  readonly #token: string;
  readonly code: string;
  readonly activities: Activity[] = [];
  readonly line: Line;
  #count = 0;
  #last: Campaign | null = null;

  constructor(day: Day, code: string, token: string) {
    this.#day = day;
    this.code = code;
    this.#token = token;
    this.line = new Line({
      client: day.client.at(day.partners.findIndex((partner) => partner.code === code)),
      name: code,
      token,
      query: OFFER_STREAM,
      root: 'offerStream',
      variables: {},
      overSse: false,
      receive: (event, errors) => {
        this.activities.push({
          at: performance.now(),
          type: event?.__typename ?? 'nothing',
          activity: event?.kind ?? null,
          campaignId: event?.campaign?.id ?? null,
          fanId: event?.fan?.id ?? null,
          displayName: event?.fan?.displayName ?? null,
          team: event?.fan?.favoriteTeam?.id ?? null,
          zone: event?.fan?.currentZone?.id ?? null,
          errors,
        });
      },
    });
  }

  /** To everybody, to some zones, to a team's fans, or once more what was announced before. */
  async announce(): Promise<Announcement> {
    const { client, random, gameId, zones, teams } = this.#day;
    const again = this.#last !== null && random.chance(0.15);
    const byTeam = !again && teams.length > 0 && random.chance(0.25);
    const campaign = again ? this.#last! : await this.#createCampaign(byTeam ? [random.pick(teams)] : []);
    const zoneIds = random.chance(0.3)
      ? [...new Set([random.pick(zones), random.pick(zones), random.pick(zones)])]
      : [];
    this.#count += 1;
    const { sent, returned, data } = await client.must(this.#token, 'announceOffer', {
      campaignId: campaign.id,
      gameId,
      zoneIds,
      idempotencyKey: `${this.code}-${this.#count}`,
    });
    this.#last = campaign;
    return {
      sent,
      returned,
      offerId: campaign.offerId,
      announcementId: data.announcement.id,
      campaignId: campaign.id,
      partner: this.code,
      zones: zoneIds,
      teams: campaign.teams,
    };
  }

  /** Ends the latest campaign, and with it every announcement of its offer. */
  async end(announcements: readonly Announcement[]): Promise<void> {
    const campaign = this.#last;
    if (!campaign) return;
    this.#last = null;
    const { sent, returned } = await this.#day.client.must(this.#token, 'endCampaign', { campaignId: campaign.id });
    for (const announcement of announcements) {
      if (announcement.offerId === campaign.offerId) announcement.ended = { sent, returned };
    }
  }

  async #createCampaign(teams: readonly string[]): Promise<Campaign> {
    const now = Date.now();
    const { client, gameId } = this.#day;
    const { data } = await client.must(this.#token, 'createCampaign', {
      name: `${this.code} ${this.#count + 1}`,
      idempotencyKey: `${gameId}-${this.#count + 1}`,
      ...(teams.length > 0 ? { segment: { favoriteTeamIds: teams } } : {}),
      offer: { title: `Offer ${this.#count + 1}`, body: 'At the counter.', discount: { percentOff: 15 } },
      budget: { claims: 100 },
      capPerFan: 1,
      validFrom: new Date(now - 60_000).toISOString(),
      validUntil: new Date(now + 4 * 3_600_000).toISOString(),
    });
    return { id: data.campaign.id, offerId: data.campaign.offer.id, teams };
  }
}
