/**
 * What must hold of points, purchases and rewards. The ledger writes so that it does; these count anew, from the rows
 * alone, and trust none of its functions but the balance, which is what they hold against the sum.
 */
import type { Check } from '../db/check.ts';

const BALANCES = `points_balance(array(select distinct fan_id from points_entry), app_now())`;

export const LOYALTY_CHECKS: readonly Check[] = [
  {
    what: "A fan's entries are numbered without a gap, and each tells the sum so far.",
    sql: `select 'entry ' || id as found from (
        select id, seq, balance, row_number() over (partition by fan_id order by seq) as place,
          sum(points) over (partition by fan_id order by seq) as sum
        from points_entry) e
      where seq <> place or balance <> sum`,
  },
  {
    what: 'Every balance is the sum of its entries: what may be spent, what is pending, what has expired.',
    sql: `select 'fan ' || b.fan_id || ' has ' || b.points + b.pending + b.expired || ' of ' || e.sum as found
      from ${BALANCES} b join (select fan_id, sum(points) as sum from points_entry group by fan_id) e using (fan_id)
      where b.points + b.pending + b.expired <> e.sum`,
  },
  {
    what: 'No lot of points is below zero.',
    sql: `select 'lot ' || lot_id || ' holds ' || sum(points) as found
      from points_entry where lot_id is not null group by lot_id having sum(points) < 0`,
  },
  {
    what: 'Every entry names a lot that the same fan earned before.',
    sql: `select 'entry ' || e.id as found from points_entry e
      where not coalesce(e.lot_id = e.id, false) and coalesce(e.lot_id, e.undoes_id) is not null and not exists (
        select 1 from points_entry lot where lot.id = coalesce(e.lot_id, e.undoes_id) and lot.fan_id = e.fan_id
          and lot.kind = 'EARNED' and lot.lot_id = lot.id and lot.seq < e.seq)`,
  },
  {
    // An entry and a withdrawal that met within a minute may carry their instants in either order.
    what: 'Nothing was earned without consent to LOYALTY, and to that by which it was earned.',
    sql: `select 'entry ' || e.id || ' without ' || needed.scope as found
      from points_entry e
      cross join lateral (values ('LOYALTY'), (case
        when e.source in ('ATTENDANCE', 'STREAK') then 'HISTORY_ATTENDANCE'
        when e.source = 'ENGAGEMENT' then 'HISTORY_ENGAGEMENT' else 'HISTORY_PURCHASE' end)) needed (scope)
      where e.kind = 'EARNED' and not exists (
        select 1 from consent_grant g
        where g.fan_id = e.fan_id and g.scope = needed.scope and g.recipient_id is null and g.granted_at <= e.at
          and coalesce(least(g.ended_at, g.expires_at), e.at) >= e.at - interval '1 minute')`,
  },
  {
    what: 'Nothing is taken back that was not earned.',
    sql: `select 'lot ' || e.id as found
      from points_entry e join points_entry u on u.undoes_id = e.id
      group by e.id, e.points having sum(u.waived - u.points) > e.points`,
  },
  {
    what: 'Nobody owes points and has some at once.',
    sql: `select 'fan ' || fan_id as found from ${BALANCES} where owed > 0 and (points <> -owed or pending > 0)`,
  },
  {
    what: 'A reward sets its points aside while it is issued, burns them when it is redeemed, and keeps none returned.',
    sql: `select 'redemption ' || r.id as found
      from reward_redemption r
      left join lateral (
        select -coalesce(sum(points) filter (where kind in ('HELD', 'RELEASED')), 0) as held,
          -coalesce(sum(points) filter (where kind in ('SPENT', 'RESTORED')), 0) as spent
        from points_entry e where e.fan_id = r.fan_id and e.source = 'REWARD' and e.reference = 'reward:' || r.id
      ) e on true
      where (e.held, e.spent) is distinct from (
        case when coalesce(r.redeemed_at, r.returned_at) is null then r.points else 0 end,
        case when r.redeemed_at is not null and r.returned_at is null then r.points else 0 end)`,
  },
  {
    what: 'Points are set aside and burned for rewards that were issued, and for nothing else.',
    sql: `select distinct 'fan ' || e.fan_id as found from points_entry e
      where e.kind in ('HELD', 'SPENT') and not exists (
        select 1 from reward_redemption r where r.fan_id = e.fan_id and e.reference = 'reward:' || r.id)`,
  },
  {
    // Fans who were erased took their contracts along; what they had taken stays taken.
    what: 'As many of a reward are out as are counted, or fewer, and never more than there were.',
    sql: `select 'reward ' || w.id as found from reward w
      where w.issued > w.stock
        or w.issued < (select count(*) from reward_redemption r where r.reward_id = w.id and r.returned_at is null)`,
  },
  {
    what: 'No more is refunded of a purchase than was paid, and its points went with it.',
    sql: `select 'purchase ' || p.id as found
      from purchase p join purchase_refund r on r.purchase_id = p.id
      group by p.id, p.total, p.fan_id
      having sum(r.amount) > p.total or sum(r.points_taken) <> (
        select -coalesce(sum(e.points), 0) from points_entry e where e.fan_id = p.fan_id and e.source = 'PURCHASE'
          and e.reference = 'purchase:' || p.id and e.kind in ('REVERSED', 'OWED'))`,
  },
];
