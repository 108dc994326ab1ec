/**
 * What the files describe, made sense of before anything is written: which campaigns there are and when they run, who
 * becomes a member from when until when, and which rows belong to no campaign.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Located, Refuse } from './csv.ts';
import { RowError } from './row-error.ts';
import { type Description, FILES, type Target } from './rows.ts';

export interface Plan {
  readonly description: Located<Description>;
  /** 00:00 of its first day, and of the day after its last, in the venue's time. */
  readonly from: Date;
  readonly until: Date;
  readonly targets: Located<Target>[];
}

export interface Membership {
  readonly household: string;
  /** The start of its first campaign; now, where that is yet to come. */
  since: Date;
  /** The end of its last. */
  until: Date;
}

/** By campaign, in the order of the file. */
export async function planCampaigns(
  em: SqlEntityManager,
  descriptions: readonly Located<Description>[],
  timeZone: string,
  refuse: Refuse,
): Promise<Map<string, Plan>> {
  const windows = await em.execute<{ from: Date; until: Date }[]>(sql`
    select d.start::timestamp at time zone ${timeZone} as "from",
      (d.end::timestamp + interval '1 day') at time zone ${timeZone} as until
    from rows from (jsonb_to_recordset(${JSON.stringify(descriptions)}::jsonb) as (start text, "end" text))
      with ordinality as d (start, "end", place)
    order by d.place`);
  const plans = new Map<string, Plan>();
  for (const [place, description] of descriptions.entries()) {
    const known = plans.get(description.campaign)?.description;
    if (!known) {
      const { from, until } = windows[place]!;
      plans.set(description.campaign, { description, from: new Date(from), until: new Date(until), targets: [] });
    } else if (known.type !== description.type || known.start !== description.start || known.end !== description.end) {
      const reason = `campaign ${known.campaign} is described otherwise in line ${known.line}`;
      refuse(FILES.descriptions.name, description.line, new RowError('CONFLICT', reason));
    }
  }
  return plans;
}

/** Gives each campaign its targets, a household once. */
export function addTargets(plans: ReadonlyMap<string, Plan>, rows: readonly Located<Target>[], refuse: Refuse): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const plan = plans.get(row.campaign);
    if (!plan) refuse(FILES.targets.name, row.line, unknownCampaign(row.campaign));
    else if (!seen.has(nameOf(row))) plan.targets.push(row);
    seen.add(nameOf(row));
  }
}

const nameOf = ({ campaign, household }: Target) => JSON.stringify([campaign, household]);

export const unknownCampaign = (campaign: string) =>
  new RowError('UNKNOWN_CAMPAIGN', `campaign ${campaign} is not in ${FILES.descriptions.name}, or was refused`);

export function planMembers(plans: Iterable<Plan>, now: Date): Membership[] {
  const members = new Map<string, Membership>();
  for (const { from, until, targets } of plans) {
    const since = from < now ? from : now;
    for (const { household } of targets) {
      const member = members.get(household) ?? { household, since, until };
      members.set(household, member);
      if (since < member.since) member.since = since;
      if (until > member.until) member.until = until;
    }
  }
  return [...members.values()];
}
