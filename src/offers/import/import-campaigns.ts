/**
 * Campaigns, their audiences and what was redeemed of them, out of three files of the shape that retailers publish. Each
 * row that cannot be taken is refused with its line and reason, and the rest goes on. Run again it changes nothing.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { type NewPolicy, publishPolicy, type Sealer } from '../../consent/index.ts';
import { InputError } from '../../errors.ts';
import type { Seal } from '../../graphql/ids.ts';
import { openPartner } from '../../partners/index.ts';
import { findShop, openDays, openShop } from '../../venues/index.ts';
import type { Refuse } from './csv.ts';
import { enrollHouseholds, findFans } from './members.ts';
import { requireTimeTravel } from './past.ts';
import { addTargets, type Plan, planCampaigns, planMembers } from './plan.ts';
import { replayRedemptions } from './redemptions.ts';
import { RowError } from './row-error.ts';
import { FILES, readRows } from './rows.ts';
import { findConflicts, type StoredCampaign, storeCampaign } from './store-campaign.ts';

export interface CampaignFiles {
  folder: string;
  /** A code; a partner that is not there yet is made. */
  partner: string;
  /** A code; only the default is made. */
  venue: string;
  /** How many redemptions of one campaign a household may have. */
  capPerFan: number;
}

export interface ImportTools {
  readonly sealer: Sealer;
  readonly claimCodes: Seal;
  /** Published where nothing is yet: grants name a policy. */
  readonly firstPolicy: NewPolicy;
}

/** What of the files is there now, whether this run brought it or an earlier one. */
export interface CampaignsReport {
  campaigns: number;
  targets: number;
  members: number;
  redemptions: number;
  refused: number;
}

export interface CampaignsListener {
  progress(done: number, total: number): void;
  refused(file: string, line: number, reason: string): void;
}

export const DEFAULT_CODE = 'imported';
export const MOST_PER_FAN = 1_000;

/** @throws InputError for files that cannot be read, ConflictError in production, NotFoundError for the venue. */
export async function importCampaigns(
  em: SqlEntityManager,
  files: CampaignFiles,
  tools: ImportTools,
  listener: CampaignsListener,
): Promise<CampaignsReport> {
  let refused = 0;
  const refuse: Refuse = (file, line, { code, message }) => {
    refused += 1;
    listener.refused(file, line, `${code}: ${message}`);
  };
  if (!Number.isInteger(files.capPerFan) || files.capPerFan < 1 || files.capPerFan > MOST_PER_FAN) {
    throw new InputError(`--cap-per-fan must be a number from 1 to ${MOST_PER_FAN}.`);
  }
  const rows = await readRows(files.folder, refuse);
  await requireTimeTravel(em);
  const shop =
    files.venue === DEFAULT_CODE ? await openShop(em, DEFAULT_CODE, 'Imported shop') : await findShop(em, files.venue);
  const partnerId = await openPartner(em, files.partner);
  const policies = await em.execute(sql`select 1 from policy limit 1`);
  if (policies.length === 0) await publishPolicy(em.fork(), tools.firstPolicy);

  const [clock] = await em.execute<{ now: Date }[]>(sql`select statement_timestamp() as now`);
  const now = new Date(clock!.now);
  const plans = await planCampaigns(em, rows.descriptions, shop.timeZone, refuse);
  const terms = { partnerId, shop, capPerFan: files.capPerFan };
  for (const campaign of await findConflicts(em, plans, terms)) {
    const reason = `campaign ${campaign} was imported before, and was another or elsewhere`;
    refuse(FILES.descriptions.name, plans.get(campaign)!.description.line, new RowError('CONFLICT', reason));
    plans.delete(campaign);
  }
  addTargets(plans, rows.targets, refuse);
  const members = planMembers(plans.values(), now);
  const days = await openDays(
    em,
    shop,
    [...plans.values()].map(({ description }) => description.start),
  );
  const total = members.length + plans.size + rows.redemptions.length;
  let done = 0;
  const advance = (steps: number) => {
    done += steps;
    listener.progress(done, total);
  };

  await enrollHouseholds(em, members, tools.sealer, advance);
  const fans = await findFans(em, [...rows.targets, ...rows.redemptions]);
  const stored = new Map<string, StoredCampaign>();
  for (const plan of plans.values()) {
    const keys = plan.targets.map(({ household }) => fans.get(household)!);
    const campaign = await storeCampaign(em, plan, terms, days.get(plan.description.start)!, keys);
    stored.set(plan.description.campaign, campaign);
    for (const { household, line } of plan.targets) {
      if (campaign.audience.has(fans.get(household)!)) continue;
      const reason = `household ${household} was known already, and had not consented to OFFERS_LIVE`;
      refuse(FILES.targets.name, line, new RowError('CONSENT_REQUIRED', reason));
    }
    advance(1);
  }
  const redemptions = await replayRedemptions(
    em,
    rows.redemptions,
    { plans, stored, fans, shop, now, claimCodes: tools.claimCodes },
    refuse,
    advance,
  );
  return {
    campaigns: stored.size,
    targets: targetsOf(plans, stored, fans),
    members: members.filter(({ household }) => fans.has(household)).length,
    redemptions,
    refused,
  };
}

function targetsOf(
  plans: ReadonlyMap<string, Plan>,
  stored: ReadonlyMap<string, StoredCampaign>,
  fans: ReadonlyMap<string, string>,
): number {
  return [...stored].reduce((sum, [campaign, { audience }]) => {
    const there = plans.get(campaign)!.targets.filter(({ household }) => audience.has(fans.get(household)!));
    return sum + there.length;
  }, 0);
}
