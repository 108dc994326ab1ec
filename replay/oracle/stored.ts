/**
 * What is stored, held against the books: each row has its act, under a grant that was in force, and each act its row.
 * A row too many is a violation, a point too many is unexplained, a slot too many was given out over the budget.
 */
import type { Rows } from '../rows.ts';
import type { Court, Findings } from './court.ts';
import { type FanBook, isKnown, waysOf } from './fan-book.ts';

export function judgeStored(court: Court, rows: Rows): Findings {
  const { books } = court;
  const { findings } = court.record;
  const violation = (what: string) => findings.violations.push(`stored: ${what}`);
  const fans = new Map([...court.fans.values()].map((fan) => [fan.key, fan]));
  const each = <T>(of: (fan: FanBook) => Iterable<T>): [FanBook, T][] =>
    [...fans.values()].flatMap((fan) => [...of(fan)].map((item): [FanBook, T] => [fan, item]));

  const compare = (
    what: string,
    stored: readonly string[],
    due: readonly string[],
    maybe: ReadonlySet<string> = NONE,
  ) => {
    const left = new Map<string, number>();
    for (const name of due) left.set(name, (left.get(name) ?? 0) + 1);
    for (const name of stored) {
      const count = left.get(name) ?? 0;
      if (count > 0) left.set(name, count - 1);
      else if (!maybe.has(name)) violation(`${what} ${name}, which no act explains`);
    }
    for (const [name, count] of left) if (count > 0) violation(`${what} ${name} is missing`);
  };

  compare(
    'fan',
    rows.fans.map(({ fan, team }) => `${fan} team ${team}`),
    [...fans.values()].map(({ key, team }) => `${key} team ${team}`),
  );
  compare(
    'grant',
    rows.grants.map((grant) => `${grant.fan} ${grant.scope} to ${grant.recipient} ${grant.duration} ${grant.game}`),
    each(({ consent }) => consent.standing()).map(
      ([{ key }, { scope, recipient, duration, game }]) => `${key} ${scope} to ${recipient} ${duration} ${game}`,
    ),
  );
  compare(
    'presence',
    rows.presence.map(({ fan, game, zone }) => `${fan} at ${game} in ${zone}`),
    [...fans.values()].filter(({ here }) => here !== null).map(({ key, here, zone }) => `${key} at ${here} in ${zone}`),
  );
  compare(
    'visit',
    rows.visits.map(({ fan, game, proven }) => `${fan} at ${game} proven ${proven}`),
    each(({ visits }) => visits).map(
      ([{ key }, [game, { provenAt }]]) => `${key} at ${game} proven ${provenAt !== null}`,
    ),
  );
  const told = each((fan) => fan.told).map(([{ key }, [offer, latest]]) => ({
    latest,
    names: waysOf(latest).map(({ announcement }) => `${key} offer ${offer} by ${announcement}`),
  }));
  const deliveries = rows.deliveries.map(({ fan, offer, announcement }) => `${fan} offer ${offer} by ${announcement}`);
  compare(
    'delivery',
    deliveries,
    told.filter(({ latest }) => isKnown(latest)).flatMap(({ names }) => names),
    new Set(told.flatMap(({ names }) => names)),
  );
  const stored = new Set(deliveries);
  for (const { latest, names } of told) {
    if (latest.certain && names.length > 1 && !names.some((name) => stored.has(name)))
      violation(`none is there of ${names.join(', ')}`);
  }
  const delivered = new Set(rows.deliveries.map(({ fan, offer }) => `${fan} ${offer}`));
  for (const { fan, campaign } of rows.holdouts) {
    const found = books.campaigns.get(campaign);
    if (!found || found.plan.holdout === 0)
      violation(`fan ${fan} is held out of campaign ${campaign}, which holds out nobody`);
    else if (delivered.has(`${fan} ${found.offer}`))
      violation(`fan ${fan} is held out of campaign ${campaign}, and was told`);
  }
  compare(
    'engagement',
    rows.engagements.map(({ fan, offer, kind }) => `${fan} ${offer} ${kind}`),
    each(({ engaged }) => engaged.keys()).map(([{ key }, name]) => `${key} ${name}`),
  );
  compare(
    'purchase',
    rows.purchases.map(({ id, fan, total, refunded }) => `${fan} ${id} of ${total} less ${refunded}`),
    each(({ purchases }) => purchases).map(
      ([{ key }, [id, { total, refunded }]]) => `${key} ${id} of ${total} less ${refunded}`,
    ),
  );
  compare(
    'reward',
    rows.rewards.map(({ id, fan, state }) => `${fan} ${id} ${state}`),
    each(({ rewards }) => rewards).map(([{ key }, [id, { state }]]) => `${key} ${id} ${state}`),
  );
  judgeClaims(court, rows, compare);
  judgePoints(fans, rows, findings);
  return findings;
}

const NONE: ReadonlySet<string> = new Set();
type Compare = (what: string, stored: readonly string[], due: readonly string[]) => void;

function judgeClaims({ books, fans, record: { findings } }: Court, rows: Rows, compare: Compare): void {
  const over = (what: string) => findings.overRedemptions.push(`stored: ${what}`);
  compare(
    'claim',
    rows.claims.map(({ id, fan, campaign }) => `${id} of fan ${fan} in ${campaign}`),
    [...books.claims.values()]
      .filter(({ gone }) => gone === null)
      .map(({ id, fan, campaign }) => `${id} of fan ${fans.get(fan)?.key} in ${campaign.key}`),
  );
  for (const { key, plan } of books.campaigns.values()) {
    const standing = rows.redemptions.filter((row) => row.campaign === key && !row.back);
    const spent = standing.reduce((sum, row) => sum + row.spent, 0);
    if (plan.claims !== null && standing.length > plan.claims)
      over(`${standing.length} redemptions of ${plan.claims} slots of campaign ${key}`);
    if (plan.spend !== null && spent > plan.spend) over(`${spent} of ${plan.spend} of the money of campaign ${key}`);
    const book = rows.books.find(({ campaign }) => campaign === key);
    if (book?.redeemed !== standing.length || book.spent !== spent)
      over(
        `the book of campaign ${key} tells ${book?.redeemed} and ${book?.spent}, the rows ${standing.length} and ${spent}`,
      );
  }
  const due = new Map([...books.redemptions.values()].map((redemption) => [redemption.id, redemption]));
  for (const { id, campaign, spent, back } of rows.redemptions) {
    const redemption = due.get(id);
    due.delete(id);
    if (!redemption) over(`redemption ${id} of campaign ${campaign}, which no act explains`);
    else if (redemption.spent !== spent || back !== (redemption.rolledBack !== null))
      findings.violations.push(`stored: redemption ${id} of ${spent}, taken back: ${back}`);
  }
  for (const id of due.keys()) findings.violations.push(`stored: redemption ${id} is missing`);
}

function judgePoints(fans: ReadonlyMap<string, FanBook>, rows: Rows, { points }: Findings): void {
  const unexplained = (what: string, count: number) => {
    if (count !== 0) points.push({ what: `stored: ${what}`, points: Math.abs(count) });
  };
  const due = new Map<string, { readonly earned: number; readonly remaining: number }>();
  for (const { key, points: ledger } of fans.values()) {
    for (const lot of ledger.lots) due.set(`${key} ${lot.source} ${lot.reference} ${lot.rule}`, lot);
  }
  for (const { fan, source, reference, rule, earned, left } of rows.lots) {
    const name = `${fan} ${source} ${reference} ${rule}`;
    const lot = due.get(name);
    due.delete(name);
    if (!lot) unexplained(`${earned} points of fan ${name}, which nothing earned`, earned);
    else {
      unexplained(`fan ${name} earned ${earned}, expected ${lot.earned}`, earned - lot.earned);
      unexplained(`${left} points are left of fan ${name}, expected ${lot.remaining}`, left - lot.remaining);
    }
  }
  for (const [name, { earned }] of due) unexplained(`${earned} points of fan ${name} are missing`, earned);
  const owed = new Map(rows.owed.map((row) => [row.fan, row.points]));
  for (const { key, points: ledger } of fans.values()) {
    const stored = owed.get(key) ?? 0;
    unexplained(`fan ${key} owes ${stored}, expected ${ledger.owed}`, stored - ledger.owed);
  }
}
