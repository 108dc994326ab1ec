/** Redemptions out of the files, claimed and honoured by the engine itself, each as of noon of its day. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { sayIfUnknown } from '../../db/outcome.ts';
import type { Seal } from '../../graphql/ids.ts';
import type { Shop } from '../../venues/index.ts';
import { drawCode } from '../claims/code.ts';
import type { Located, Refuse } from './csv.ts';
import { type Plan, unknownCampaign } from './plan.ts';
import { RowError } from './row-error.ts';
import { FILES, type Redeemed } from './rows.ts';
import { IMPORTED, type StoredCampaign } from './store-campaign.ts';

/** Who honoured it, for the record. */
export const IMPORTER = 'import';

/** A redemption of the files as the claim's idempotency key: two equal rows are two redemptions. */
export const keyOf = ({ household, coupon, campaign, date }: Redeemed, place: number): string =>
  IMPORTED + JSON.stringify([household, coupon, campaign, date, place]);
export const couponIn = (key: string): string => JSON.parse(key.slice(IMPORTED.length))[1];

export interface World {
  readonly plans: ReadonlyMap<string, Plan>;
  readonly stored: ReadonlyMap<string, StoredCampaign>;
  readonly fans: ReadonlyMap<string, string>;
  readonly shop: Shop;
  readonly now: Date;
  readonly claimCodes: Seal;
}

/** In the order of their days, as limits count. How many there are now. */
export async function replayRedemptions(
  em: SqlEntityManager,
  rows: readonly Located<Redeemed>[],
  world: World,
  refuse: Refuse,
  advance: (steps: number) => void,
): Promise<number> {
  const places = new Map<string, number>();
  let redemptions = 0;
  for (const row of rows.toSorted((one, other) => one.date.localeCompare(other.date) || one.line - other.line)) {
    const { household, coupon, campaign, date } = row;
    const like = JSON.stringify([household, coupon, campaign, date]);
    const place = (places.get(like) ?? 0) + 1;
    places.set(like, place);
    try {
      const found = requireTarget(row, world);
      await replayRedemption(em, row, place, { ...found, shop: world.shop, claimCodes: world.claimCodes });
      redemptions += 1;
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      refuse(FILES.redemptions.name, row.line, error);
    }
    advance(1);
  }
  return redemptions;
}

/** What the files themselves say of a row; all the rest the engine says. @throws RowError */
function requireTarget(
  { household, campaign, date }: Redeemed,
  { plans, stored, fans, now, shop }: World,
): { fanId: string; offerId: string } {
  const [plan, found] = [plans.get(campaign), stored.get(campaign)];
  if (!plan || !found) throw unknownCampaign(campaign);
  const { start, end } = plan.description;
  if (date < start || date > end) {
    throw new RowError('OUTSIDE_WINDOW', `${date} is not within campaign ${campaign}, ${start} to ${end}`);
  }
  if (date > dayOf(now, shop.timeZone)) throw new RowError('IN_THE_FUTURE', `${date} is yet to come`);
  const fanId = fans.get(household);
  if (fanId && found.audience.has(fanId)) return { fanId, offerId: found.offerId };
  if (plan.targets.some((target) => target.household === household)) {
    throw new RowError('CONSENT_REQUIRED', `household ${household} had not consented to OFFERS_LIVE`);
  }
  throw new RowError('NOT_TARGETED', `household ${household} is not of the audience of campaign ${campaign}`);
}

/** Swedes write dates in ISO 8601. */
const dayOf = (instant: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(instant);

/** @throws RowError where the engine refuses it. */
async function replayRedemption(
  em: SqlEntityManager,
  row: Redeemed,
  place: number,
  { fanId, offerId, shop, claimCodes }: { fanId: string; offerId: string; shop: Shop; claimCodes: Seal },
): Promise<void> {
  const [answer] = await em
    .execute<{ outcome: string }[]>(sql`
      select replay_redemption(${fanId}::bigint, ${offerId}::bigint, ${shop.id}::bigint,
        least((${row.date}::timestamp + interval '12 hours') at time zone ${shop.timeZone}, statement_timestamp()),
        ${keyOf(row, place)}, ${claimCodes.seal(drawCode())}, ${IMPORTER}) as outcome`)
    .catch(sayIfUnknown);
  if (answer!.outcome !== 'REDEEMED') throw refusal(answer!.outcome, row);
}

function refusal(outcome: string, { household, campaign }: Redeemed): RowError {
  switch (outcome) {
    case 'NOT_FOUND':
      return new RowError('NOT_ANNOUNCED', `household ${household} was not told of campaign ${campaign}`);
    case 'CONSENT_REQUIRED':
      return new RowError('CONSENT_REQUIRED', `household ${household} did not consent to OFFERS_LIVE`);
    case 'NOT_LIVE':
      return new RowError('NOT_LIVE', `campaign ${campaign} gave no claims then`);
    case 'LIMIT':
      return new RowError('LIMIT', `household ${household} has redeemed as often as campaign ${campaign} allows`);
    case 'SOLD_OUT':
      return new RowError('SOLD_OUT', `the budget of campaign ${campaign} had no room for it`);
    default:
      throw new Error(`A replayed redemption came to ${outcome}.`);
  }
}
