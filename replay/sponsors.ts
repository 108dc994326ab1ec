/** The partners: each week they begin campaigns, launch what was a draft, pause, go on, end; and announce at games. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Json } from '../gameday/client.ts';
import type { Random } from '../gameday/random.ts';
import { arrayOf } from '../src/db/sql.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { planCampaign, toInput } from './campaigns.ts';
import { PARTNER_HOME } from './documents.ts';
import type { Plan, Told } from './journal.ts';
import { Listener } from './listener.ts';
import { PARTNERS } from './program.ts';
import { gameId, gameKey, type Scene } from './scene.ts';

export interface Running {
  readonly key: string;
  readonly offer: string;
  readonly plan: Plan;
  draft: boolean;
  paused: boolean;
}

const A_WEEK = 2;

export class Sponsors {
  readonly running: Running[] = [];
  made = 0;
  announced = 0;
  readonly #scene: Scene;
  readonly #tokens = new Map<string, Promise<string>>();
  #announcements = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** A new week: two campaigns of each partner, the next kinds in turn. */
  async beginWeek(random: Random, members: readonly number[], operator: SqlEntityManager): Promise<void> {
    const { journal, laid } = this.#scene;
    for (const partner of PARTNERS) {
      for (let each = 0; each < A_WEEK; each += 1) {
        const around = { random, teams: [...laid.teams.values()], members };
        await this.#create(planCampaign(this.made, partner, journal.at, around), operator);
      }
    }
  }

  /** Between games: what has run out is forgotten; drafts are launched, and some are paused, go on, or are ended. */
  async tend(random: Random): Promise<void> {
    const { journal } = this.#scene;
    const open = this.running.filter(({ plan }) => plan.until > journal.at);
    this.running.splice(0, this.running.length, ...open);
    for (const campaign of open) {
      if (campaign.draft && random.chance(0.3)) await this.#change(campaign, 'LAUNCH');
      else if (campaign.paused && random.chance(0.5)) await this.#change(campaign, 'GO_ON');
      else if (!campaign.paused && random.chance(0.02)) await this.#change(campaign, 'PAUSE');
      else if (random.chance(0.008)) await this.#change(campaign, 'END');
    }
  }

  /** Each once more under its own key, now and then. */
  async announce({ key, plan }: Running, game: number, random: Random): Promise<void> {
    const { client, journal, names } = this.#scene;
    const token = await this.#token(plan.partner);
    this.#announcements += 1;
    const idempotencyKey = `${gameKey(this.#scene, game)}-${this.#announcements}`;
    const input = { campaignId: names.id('Campaign', key), gameId: gameId(this.#scene, game), idempotencyKey };
    for (let times = random.chance(0.05) ? 2 : 1; times > 0; times -= 1) {
      await journal.note(
        () => client.mutate(token, 'announceOffer', input),
        ({ announcement, code = null }: Json) => ({
          kind: 'ANNOUNCE',
          campaign: key,
          game: gameKey(this.#scene, game),
          announcement: announcement ? names.key(announcement.id) : null,
          code,
        }),
      );
    }
    this.announced += 1;
  }

  /** Each listens to what fans do with its campaigns. Answers with what ends that. */
  async listen(): Promise<() => void> {
    const listeners = PARTNERS.map(async (code, place) => {
      const listener = await Listener.ofPartner(this.#scene, await this.#token(code));
      return () => listener.tellActivities(this.#scene, { code, key: this.#scene.partners[place]! });
    });
    const ends = await Promise.all(listeners);
    return () => {
      for (const end of ends) end();
    };
  }

  /** What each partner reads of its campaigns, all of them. */
  async readHomes(): Promise<void> {
    const { client, journal, names } = this.#scene;
    for (const partner of PARTNERS) {
      const token = await this.#token(partner);
      for (let after: string | null = null, more = true; more; ) {
        const page: Json = await journal.note(
          () => client.ask(token, PARTNER_HOME, { first: 20, campaignsAfter: after }),
          (answer: Json) => ({
            kind: 'HOME',
            partner,
            campaigns: answer.partner.campaigns.edges.map(({ node }: Json): Told => {
              const over = node.status === 'ENDED' && !node.funnel.suppressed;
              return {
                campaign: names.key(node.id),
                redeemed: over ? node.funnel.redeemed : null,
                slots: over ? (node.budget.claims?.used ?? null) : null,
                money: over ? (node.budget.spend?.used ?? null) : null,
              };
            }),
          }),
        );
        const { hasNextPage, endCursor }: Json = page.partner.campaigns.pageInfo;
        [more, after] = [hasNextPage, endCursor];
      }
    }
  }

  async #create(plan: Plan, operator: SqlEntityManager): Promise<void> {
    const { client, journal, names, laid, crowd } = this.#scene;
    const token = await this.#token(plan.partner);
    this.made += 1;
    const name = `${plan.partner} ${this.made}: ${plan.kind}`;
    const ids = {
      team: (key: string) => names.id('Team', key),
      zones: (place: number) => [...laid.zones.values()].map((zones) => names.id('Zone', zones[place]!)),
    };
    const { campaign } = await journal.note(
      () => client.must(token, 'createCampaign', toInput(plan, name, ids)),
      (made: Json) => ({
        kind: 'CAMPAIGN',
        campaign: names.key(made.campaign.id),
        offer: names.key(made.campaign.offer.id),
        plan,
      }),
    );
    const key = names.key(campaign.id);
    if (plan.targets) {
      // Lists come from the operator's files, and not from the API.
      const subjects = plan.targets.map((fan) => crowd[fan]!.subject);
      await operator.execute(sql`update campaign set targeted = true where id = ${key}`);
      await operator.execute(sql`
        insert into campaign_target (campaign_id, fan_id)
        select ${key}::bigint, id from fan where subject = any (${arrayOf(subjects)}::text[])`);
    }
    this.running.push({ key, offer: names.key(campaign.offer.id), plan, draft: plan.draft, paused: false });
  }

  async #change(campaign: Running, what: 'LAUNCH' | 'PAUSE' | 'GO_ON' | 'END'): Promise<void> {
    const { client, journal, names } = this.#scene;
    const token = await this.#token(campaign.plan.partner);
    const campaignId = names.id('Campaign', campaign.key);
    if (what === 'PAUSE' || what === 'GO_ON') {
      const paused = what === 'PAUSE';
      await journal.note(
        () => client.mutate(token, 'pauseCampaign', { campaignId, paused }),
        ({ code = null }: Json) => ({ kind: 'PAUSE_CAMPAIGN', campaign: campaign.key, paused, code }),
      );
      campaign.paused = paused;
      return;
    }
    const name = what === 'LAUNCH' ? 'launchCampaign' : 'endCampaign';
    await journal.note(
      () => client.mutate(token, name, { campaignId }),
      ({ code = null }: Json) => ({ kind: what, campaign: campaign.key, code }),
    );
    if (what === 'LAUNCH') campaign.draft = false;
    else this.running.splice(this.running.indexOf(campaign), 1);
  }

  #token(partner: string): Promise<string> {
    const known = this.#tokens.get(partner) ?? issueDevelopmentToken('PARTNER', partner, '48h');
    this.#tokens.set(partner, known);
    return known;
  }
}
