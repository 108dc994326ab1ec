/** Whether a claim or a redemption could be granted, and whether it could be refused. */
import type { Limit, Span } from '../journal.ts';
import { type Books, type Campaign, type Claim, reserveOf } from './books.ts';
import type { EntryOf, Record } from './court.ts';

/** Of an offer that the fan was told of, at one of these games, and consents to. */
export function judgeClaim(entry: EntryOf<'CLAIM'>, games: readonly string[], books: Books, record: Record): void {
  const violation = (what: string) => record.violation(entry, what);
  const over = (what: string) => record.over(entry, what);
  const campaign = books.ofOffer.get(entry.offer)!;
  const claim = entry.claim ? books.claims.get(entry.claim)! : books.suppose(entry, campaign, games);
  const { plan } = campaign;
  const open = !campaign.ended && !campaign.paused && plan.from <= entry.at && entry.at < plan.until;
  if (entry.claim) {
    if (!open) violation('of a campaign that gives out none');
    overBudget(campaign, entry, books, over);
    for (const limit of limitsOf(campaign, 'CLAIM')) {
      const count = books.counted(limit, claim, entry.at, entry, 'CERTAIN') + 1;
      if (count > limit.atMost) over(`${count} of ${limit.atMost} for ${name(limit)} of campaign ${campaign.key}`);
    }
    const held = books.counted(capOf(campaign), claim, entry.at, entry, 'CERTAIN') + 1;
    if (held > plan.capPerFan) over(`${held} of ${plan.capPerFan} a fan of campaign ${campaign.key}`);
    return;
  }
  if (entry.code !== 'INVALID_STATE') violation(`answered ${entry.code}`);
  const limited = [...limitsOf(campaign, 'CLAIM'), capOf(campaign)].some(
    (limit) => books.counted(limit, claim, entry.at, entry, 'POSSIBLE') >= limit.atMost,
  );
  const soldOut = plan.claims !== null && books.slots(campaign, entry, 'POSSIBLE') >= plan.claims;
  const more = plan.discount.kind === 'PERCENT' ? 1 : reserveOf(plan);
  const spent = plan.spend !== null && more > 0 && books.money(campaign, entry, 'POSSIBLE') + more > plan.spend;
  if (open && !limited && !soldOut && !spent) violation(`refused while there was room in campaign ${campaign.key}`);
}

export function judgeRedemption(entry: EntryOf<'REDEEM'>, books: Books, record: Record): void {
  const violation = (what: string) => record.violation(entry, what);
  const over = (what: string) => record.over(entry, what);
  const claim = books.claims.get(entry.claim);
  const { code, at, redemption: id } = entry;
  if (!claim?.venues.has(entry.venue)) {
    if (code !== 'NOT_FOUND') violation(`of a code that is none there answered ${code ?? 'success'}`);
    return;
  }
  const gone = claim.gone !== null && claim.gone.returned <= entry.sent;
  const { campaign } = claim;
  const { plan } = campaign;
  const scanned = entry.scanned ?? at;
  const valid = scanned >= claim.at && scanned < claim.expiresAt;
  const redemption = id ? books.redemptions.get(id)! : null;
  if (redemption && redemption.returned < entry.returned) {
    if (redemption.claim !== claim) violation('answered with the redemption of another claim');
    return;
  }
  const taken = (bound: 'CERTAIN' | 'POSSIBLE') => isTaken(claim, entry, books, redemption?.id ?? null, bound);
  if (redemption) {
    if (gone) violation('of a claim that was erased');
    if (!valid) violation('of a claim that was not valid then');
    const twice = campaign.redemptions.some(
      (other) => other !== redemption && other.claim === claim && standsBefore(other, entry),
    );
    if (twice) over(`claim ${claim.id} a second time`);
    overBudget(campaign, entry, books, over);
    for (const limit of limitsOf(campaign, 'REDEEM')) {
      const count = books.counted(limit, claim, scanned, entry, 'CERTAIN') + 1;
      if (count > limit.atMost) over(`${count} of ${limit.atMost} for ${name(limit)} of campaign ${campaign.key}`);
    }
    if (taken('CERTAIN')) over(`a second offer of group ${plan.stacking!.group} on order ${entry.order}`);
    if (entry.discount !== discountOf(entry, campaign)) {
      violation(`takes ${entry.discount} off, expected ${discountOf(entry, campaign)}`);
    }
    return;
  }
  if (code === 'NOT_FOUND' && (claim.gone || claim.venues.size > 1)) return;
  if (code !== 'INVALID_STATE') violation(`answered ${code}`);
  const redeemed = books.isRedeemed(claim, entry, 'POSSIBLE');
  const limited = limitsOf(campaign, 'REDEEM').some(
    (limit) => books.counted(limit, claim, scanned, entry, 'POSSIBLE') >= limit.atMost,
  );
  const late = claim.expiresAt <= at;
  const full = late && plan.claims !== null && books.slots(campaign, entry, 'POSSIBLE', claim) >= plan.claims;
  const lateLimited =
    late &&
    [...limitsOf(campaign, 'CLAIM'), capOf(campaign)].some(
      (limit) => books.counted(limit, claim, claim.at, entry, 'POSSIBLE') >= limit.atMost,
    );
  const spend = discountOf(entry, campaign) ?? 0;
  const spent = plan.spend !== null && books.money(campaign, entry, 'POSSIBLE', claim) + spend > plan.spend;
  if (valid && !redeemed && !limited && !full && !lateLimited && !spent && !taken('POSSIBLE') && !gone)
    violation(`claim ${claim.id} refused, and nothing stood in the way`);
}

function overBudget(campaign: Campaign, act: Span, books: Books, over: (what: string) => void): void {
  const { claims, spend } = campaign.plan;
  const slots = books.slots(campaign, act, 'CERTAIN');
  if (claims !== null && slots > claims) over(`${slots} of ${claims} slots of campaign ${campaign.key}`);
  if (spend === null) return;
  const money = books.money(campaign, act, 'CERTAIN');
  if (money > spend) over(`${money} of ${spend} of the money of campaign ${campaign.key}`);
}

/** Whether the order has another offer of an exclusive group. */
function isTaken(
  claim: Claim,
  entry: EntryOf<'REDEEM'>,
  books: Books,
  own: string | null,
  bound: 'CERTAIN' | 'POSSIBLE',
) {
  const { stacking, partner } = claim.campaign.plan;
  if (!stacking || stacking.mode === 'STACKABLE' || entry.order === null) return false;
  return [...books.redemptions.values()].some((other) => {
    const { plan } = other.claim.campaign;
    const alike = plan.partner === partner && plan.stacking?.group === stacking.group;
    if (!alike || other.id === own || other.order !== entry.order || other.claim.venue !== claim.venue) return false;
    return bound === 'CERTAIN'
      ? standsBefore(other, entry)
      : other.sent < entry.returned && !(other.rolledBack && other.rolledBack.returned <= entry.sent);
  });
}

const standsBefore = (other: Span & { rolledBack: Span | null }, act: Span) =>
  other.returned <= act.returned && !(other.rolledBack && other.rolledBack.sent < act.returned);

function discountOf({ total }: EntryOf<'REDEEM'>, { plan: { discount } }: Campaign): number | null {
  switch (discount.kind) {
    case 'AMOUNT':
      return total === null ? discount.amount : Math.min(discount.amount, total);
    case 'PERCENT':
      return total === null ? null : Math.round((total * discount.percent) / 100);
    case 'POINTS':
      return null;
  }
}

const limitsOf = ({ plan }: Campaign, action: Limit['action']): readonly Limit[] =>
  plan.limits.filter((limit) => limit.action === action);

const capOf = ({ plan }: Campaign): Limit => ({
  action: 'CLAIM',
  period: 'EVER',
  per: ['FAN', 'CAMPAIGN'],
  atMost: plan.capPerFan,
});

const name = ({ action, period, per, atMost }: Limit) => `${action} ${period} ${per.join('+')} at most ${atMost}`;
