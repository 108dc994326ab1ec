/**
 * The stored rows, read raw: tables and columns, and none of the engine's own functions. What they mean is the oracle's
 * business.
 */
import type { SqlEntityManager } from '@mikro-orm/postgresql';

export interface Rows {
  readonly fans: readonly { readonly fan: string; readonly team: string | null }[];
  readonly grants: readonly {
    readonly fan: string;
    readonly scope: string;
    readonly recipient: string | null;
    readonly duration: string;
    readonly game: string | null;
  }[];
  readonly presence: readonly { readonly fan: string; readonly game: string; readonly zone: string | null }[];
  readonly visits: readonly { readonly fan: string; readonly game: string; readonly proven: boolean }[];
  readonly deliveries: readonly { readonly fan: string; readonly offer: string; readonly announcement: string }[];
  readonly holdouts: readonly { readonly fan: string; readonly campaign: string }[];
  readonly engagements: readonly { readonly fan: string; readonly offer: string; readonly kind: string }[];
  readonly claims: readonly {
    readonly id: string;
    readonly fan: string;
    readonly campaign: string;
    readonly state: string;
  }[];
  readonly redemptions: readonly {
    readonly id: string;
    readonly claim: string | null;
    readonly campaign: string;
    readonly spent: number;
    readonly back: boolean;
  }[];
  readonly books: readonly { readonly campaign: string; readonly redeemed: number; readonly spent: number }[];
  readonly purchases: readonly {
    readonly id: string;
    readonly fan: string;
    readonly total: number;
    readonly refunded: number;
  }[];
  readonly rewards: readonly { readonly id: string; readonly fan: string; readonly state: string }[];
  readonly stock: readonly { readonly reward: string; readonly issued: number }[];
  /** What each earned, and what is left of it. */
  readonly lots: readonly {
    readonly fan: string;
    readonly source: string;
    readonly reference: string;
    readonly rule: string;
    readonly earned: number;
    readonly left: number;
  }[];
  readonly owed: readonly { readonly fan: string; readonly points: number }[];
}

const QUERIES: Readonly<Record<keyof Rows, string>> = {
  fans: 'select id::text as fan, favorite_team_id::text as team from fan',
  grants: `select fan_id::text as fan, scope, recipient_id::text as recipient, duration, game_id::text as game
    from consent_grant where ended_at is null`,
  presence: 'select fan_id::text as fan, game_id::text as game, zone_id::text as zone from presence',
  visits: 'select fan_id::text as fan, game_id::text as game, proven_at is not null as proven from visit',
  deliveries: `select fan_id::text as fan, offer_id::text as offer, announcement_id::text as announcement from delivery`,
  holdouts: 'select fan_id::text as fan, campaign_id::text as campaign from holdout',
  engagements: 'select fan_id::text as fan, offer_id::text as offer, kind from engagement',
  claims: 'select id::text, fan_id::text as fan, campaign_id::text as campaign, state from claim',
  redemptions: `select id::text, claim_id::text as claim, campaign_id::text as campaign, spent::float8 as spent,
    rolled_back_at is not null as back from redemption`,
  books: 'select campaign_id::text as campaign, redeemed, spent::float8 as spent from campaign_book',
  purchases: `select p.id::text, p.fan_id::text as fan, p.total, coalesce(r.amount, 0) as refunded from purchase p
    left join (select purchase_id, sum(amount)::int as amount from purchase_refund group by purchase_id) r
      on r.purchase_id = p.id`,
  rewards: `select id::text, fan_id::text as fan, case when returned_at is not null then 'RETURNED'
    when redeemed_at is not null then 'REDEEMED' else 'ISSUED' end as state from reward_redemption`,
  stock: 'select code as reward, issued from reward',
  lots: `select e.fan_id::text as fan, e.source, e.reference, e.rule_code as rule, e.points as earned, l.points as left
    from points_entry e
    left join (select lot_id, sum(points)::int as points from points_entry group by lot_id) l on l.lot_id = e.id
    where e.kind = 'EARNED'`,
  owed: `select fan_id::text as fan, -sum(points)::int as points from points_entry where lot_id is null
    group by fan_id having sum(points) <> 0`,
};

export async function readRows(em: SqlEntityManager): Promise<Rows> {
  const rows: Record<string, unknown> = {};
  for (const [name, query] of Object.entries(QUERIES)) rows[name] = await em.execute(query);
  return rows as unknown as Rows;
}
