/** What is claimed, redeemed, bought, given back and taken for points. */
import { judgeClaim, judgeRedemption } from './budgets.ts';
import type { Court, EntryOf } from './court.ts';
import { type FanBook, waysOf } from './fan-book.ts';

export function judgeClaiming({ books, record }: Court, fan: FanBook, entry: EntryOf<'CLAIM'>): void {
  const told = fan.told.get(entry.offer);
  const held = told !== undefined && fan.holds('OFFERS_LIVE', told.game, entry.at);
  const first = entry.claim ? books.claims.get(entry.claim) : undefined;
  if (first && first.returned < entry.returned) {
    if (first.fan !== fan.fan) record.violation(entry, 'the claim of another fan');
    return;
  }
  if (entry.claim) {
    if (!told) record.violation(entry, 'of an offer that was never announced to them');
    else if (!held) record.violation(entry, 'without OFFERS_LIVE');
    else {
      told.certain = true;
      const games = waysOf(told).map(({ game }) => game);
      books.locate(entry.claim, games);
      judgeClaim(entry, games, books, record);
    }
  } else if (!told) record.expect(entry, 'NOT_FOUND');
  else if (!told.certain && entry.code === 'NOT_FOUND') fan.told.delete(entry.offer);
  else if (!held) record.expect(entry, 'CONSENT_REQUIRED');
  else
    judgeClaim(
      entry,
      waysOf(told).map(({ game }) => game),
      books,
      record,
    );
}

export function judgeRedeeming({ books, record }: Court, fan: FanBook, entry: EntryOf<'REDEEM'>): void {
  judgeRedemption(entry, books, record);
  const redemption = entry.redemption ? books.redemptions.get(entry.redemption) : undefined;
  if (!redemption || redemption.returned < entry.returned) return;
  const { claim, id } = redemption;
  const { discount } = claim.campaign.plan;
  const earns = (['LOYALTY', 'HISTORY_PURCHASE'] as const).every((scope) => fan.holds(scope, claim.game, entry.at));
  const gives = discount.kind === 'POINTS' && earns;
  const earned = gives ? fan.points.earnOffer(`redemption:${id}`, discount.points, entry.at) : 0;
  record.compare(entry, entry.points, earned);
}

export function judgeRollback({ books, world, record }: Court, fan: FanBook, entry: EntryOf<'ROLL_BACK'>): void {
  const redemption = books.redemptions.get(entry.redemption);
  if (!redemption) {
    if (entry.code === null) record.violation(entry, 'of a redemption that was not');
    return;
  }
  // Under another key it was taken back before, or just then.
  if (entry.code !== null && redemption.rolledBack === null) record.violation(entry, `answered ${entry.code}`);
  if (entry.code !== null || redemption.rolledBack?.returned !== entry.returned) return;
  fan.points.takeBack('OFFER', `redemption:${entry.redemption}`, 1, 1, world.refunds, entry.at);
}

export function judgePurchase({ world, record }: Court, fan: FanBook, entry: EntryOf<'PURCHASE'>): void {
  const { venue, purchase, total, at } = entry;
  const game = world.gameAt(venue, at);
  if (!record.expect(entry, fan.holds('HISTORY_PURCHASE', game, at) ? null : 'CONSENT_REQUIRED')) return;
  if (!fan.purchases.has(purchase!)) fan.purchases.set(purchase!, { total, refunded: 0 });
  const earns = fan.holds('LOYALTY', game, at);
  const earned = earns ? fan.points.earn('PURCHASE', `purchase:${purchase}`, { amount: total }, at) : 0;
  record.compare(entry, entry.points, earned);
}

export function judgeRefund({ world, record }: Court, fan: FanBook, entry: EntryOf<'REFUND'>): void {
  const purchase = fan.purchases.get(entry.purchase);
  const fits = purchase !== undefined && purchase.refunded + entry.amount <= purchase.total;
  if (!record.expect(entry, purchase ? (fits ? null : 'INVALID_STATE') : 'NOT_FOUND')) return;
  purchase!.refunded += entry.amount;
  const { refunded, total } = purchase!;
  const reference = `purchase:${entry.purchase}`;
  const taken = fan.points.takeBack('PURCHASE', reference, refunded, total, world.refunds, entry.at);
  // What a till is not shown it cannot tell.
  if (entry.taken !== null) record.compare(entry, entry.taken, taken, 'points taken');
}

export function judgeReward(court: Court, fan: FanBook, entry: EntryOf<'REWARD'>): void {
  const { record, program, stock } = court;
  const { redemption, at } = entry;
  if (redemption && fan.rewards.has(redemption)) return;
  const reward = program.rewards.find(({ code }) => code === entry.reward)!;
  const held = fan.holds('LOYALTY', null, at);
  const enough = held && fan.points.balance(at).points >= reward.points;
  // Of those who ask for the last one at once nobody knows who was first.
  if (entry.code === 'INVALID_STATE' && reward.stock !== null && enough) return;
  if (!record.expect(entry, enough ? null : held ? 'INVALID_STATE' : 'CONSENT_REQUIRED')) return;
  fan.points.hold(`reward:${redemption}`, reward.points, at);
  fan.rewards.set(redemption!, { reward: entry.reward, state: 'ISSUED' });
  const issued = (stock.get(entry.reward) ?? 0) + 1;
  stock.set(entry.reward, issued);
  if (reward.stock !== null && issued > reward.stock) record.over(entry, `${issued} of ${reward.stock}`);
}

export function judgeSettling(
  { record, stock }: Court,
  fan: FanBook,
  entry: EntryOf<'HONOR'> | EntryOf<'RETURN'>,
): void {
  const reward = fan.rewards.get(entry.redemption);
  const may = entry.kind === 'HONOR' ? reward?.state === 'ISSUED' : reward !== undefined && reward.state !== 'RETURNED';
  if (!record.expect(entry, may ? null : 'INVALID_STATE')) return;
  const reference = `reward:${entry.redemption}`;
  reward!.state = entry.kind === 'HONOR' ? 'REDEEMED' : 'RETURNED';
  if (entry.kind === 'HONOR') fan.points.spend(reference);
  else {
    fan.points.giveBack(reference, entry.at);
    stock.set(reward!.reward, stock.get(reward!.reward)! - 1);
  }
}
