/**
 * The way back: the imported campaigns of a partner, their audiences and what was redeemed of them, in the same three
 * files, sorted, so that the same content gives the same bytes. It tells of members who are members now, by the rule of
 * consent: whoever has left the programme is not in it. A redemption that was taken back was none.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { bitOf } from '../../consent/index.ts';
import { NotFoundError } from '../../errors.ts';
import { writeCsv } from './csv.ts';
import { SUBJECT } from './members.ts';
import { couponIn, IMPORTER } from './redemptions.ts';
import { FILES } from './rows.ts';
import { IMPORTED, typeIn } from './store-campaign.ts';

export interface CampaignsExport {
  campaigns: number;
  targets: number;
  redemptions: number;
}

/** @throws NotFoundError for the partner. */
export async function exportCampaigns(
  em: SqlEntityManager,
  { folder, partner }: { folder: string; partner: string },
): Promise<CampaignsExport> {
  const [found] = await em.execute<{ id: string }[]>(sql`select id from partner where code = ${partner}`);
  if (!found) throw new NotFoundError(`Partner ${partner}`);
  const content = await em.fork().transactional(
    async (tx) => ({
      descriptions: await findDescriptions(tx, found.id),
      targets: await findTargets(tx, found.id),
      redemptions: await findRedemptions(tx, found.id),
    }),
    { isolationLevel: 'repeatable read' as never },
  );
  await mkdir(folder, { recursive: true });
  for (const [kind, { name, columns }] of Object.entries(FILES)) {
    await writeFile(join(folder, name), writeCsv(columns, content[kind as keyof typeof FILES].sort(inOrder)));
  }
  const { descriptions, targets, redemptions } = content;
  return { campaigns: descriptions.length, targets: targets.length, redemptions: redemptions.length };
}

async function findDescriptions(em: SqlEntityManager, partnerId: string): Promise<string[][]> {
  const rows = await em.execute<{ campaign: string; name: string; from: string; until: string }[]>(sql`
    select substr(c.idempotency_key, ${IMPORTED.length + 1}::int) as campaign, c.name,
      (c.valid_from at time zone v.time_zone)::date::text as "from",
      ((c.valid_until at time zone v.time_zone)::date - 1)::text as until
    from campaign c join venue v on c.rules->'venueIds' @> to_jsonb(v.id::text)
    where c.partner_id = ${partnerId}::bigint and starts_with(c.idempotency_key, ${IMPORTED})`);
  return rows.map(({ campaign, name, from, until }) => [campaign, typeIn(name, campaign), from, until]);
}

const MEMBER = bitOf('LOYALTY');

async function findTargets(em: SqlEntityManager, partnerId: string): Promise<string[][]> {
  const rows = await em.execute<{ campaign: string; household: string }[]>(sql`
    with told as materialized (
      select c.idempotency_key, f.id, f.subject
      from campaign c join campaign_target t on t.campaign_id = c.id join fan f on f.id = t.fan_id
      where c.partner_id = ${partnerId}::bigint and starts_with(c.idempotency_key, ${IMPORTED})
        and starts_with(f.subject, ${SUBJECT})
    )
    select substr(t.idempotency_key, ${IMPORTED.length + 1}::int) as campaign,
      substr(t.subject, ${SUBJECT.length + 1}::int) as household
    from told t
    join consent_mask(array(select distinct id from told), null, null, app_now()) m on m.fan_id = t.id
    where m.mask & ${MEMBER} <> 0`);
  return rows.map(({ campaign, household }) => [campaign, household]);
}

async function findRedemptions(em: SqlEntityManager, partnerId: string): Promise<string[][]> {
  const rows = await em.execute<{ campaign: string; household: string; key: string; date: string }[]>(sql`
    with redeemed as materialized (
      select c.idempotency_key, f.id, f.subject, k.idempotency_key as key,
        (r.at at time zone v.time_zone)::date::text as date
      from campaign c
      join redemption r on r.campaign_id = c.id and r.rolled_back_at is null
      join claim k on k.id = r.claim_id
      join venue v on v.id = r.venue_id
      join fan f on f.id = k.fan_id
      where c.partner_id = ${partnerId}::bigint and starts_with(c.idempotency_key, ${IMPORTED})
        and r.redeemed_by = ${IMPORTER} and r.idempotency_key = ${IMPORTED} || k.id and starts_with(f.subject, ${SUBJECT})
    )
    select substr(r.idempotency_key, ${IMPORTED.length + 1}::int) as campaign,
      substr(r.subject, ${SUBJECT.length + 1}::int) as household, r.key, r.date
    from redeemed r
    join consent_mask(array(select distinct id from redeemed), null, null, app_now()) m on m.fan_id = r.id
    where m.mask & ${MEMBER} <> 0`);
  return rows.map(({ campaign, household, key, date }) => [household, couponIn(key), campaign, date]);
}

const { compare } = new Intl.Collator('en', { numeric: true });

/** By the first column in which two rows differ: numbers as numbers, and what looks the same by its code units. */
function inOrder(one: readonly string[], other: readonly string[]): number {
  for (const [place, cell] of one.entries()) {
    const that = other[place]!;
    if (cell !== that) return compare(cell, that) || (cell < that ? -1 : 1);
  }
  return 0;
}
