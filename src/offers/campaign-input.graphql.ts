/** What a partner says of a new campaign. Whatever chooses fans by gated data names the scopes that it takes. */
import type { ConsentScope } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { builder } from '../graphql/builder.ts';
import type { Discount } from './campaign.entity.ts';
import { LIMIT_KEYS, LIMIT_PERIODS, LIMITED_ACTIONS } from './claims/claim.entity.ts';

/** What chooses fans by gated data names the scopes that each of them has to hold. */
export const needs = (...consent: ConsentScope[]) => ({ consent });

export const AmountInput = builder.inputType('AmountInput', {
  fields: (t) => ({
    amount: t.int({ required: true, description: 'In minor units.' }),
    currency: t.string({ required: true, description: 'ISO 4217.' }),
  }),
});
const DiscountInput = builder.inputType('DiscountInput', {
  isOneOf: true,
  fields: (t) => ({ percentOff: t.int(), amountOff: t.field({ type: AmountInput }), pointsBonus: t.int() }),
});
const OfferInput = builder.inputType('OfferInput', {
  fields: (t) => ({
    title: t.string({ required: true }),
    body: t.string({ required: true }),
    imageUrl: t.string(),
    discount: t.field({ type: DiscountInput, required: true }),
  }),
});
const VisitsInput = builder.inputType('VisitsInput', {
  fields: (t) => ({ atLeast: t.int({ required: true }), withinDays: t.int({ required: true }) }),
});
const InterestKindEnum = builder.enumType('InterestKind', { values: ['VIEW', 'CLICK'] as const });
const EngagementsInput = builder.inputType('EngagementsInput', {
  description: "With this partner's own offers.",
  fields: (t) => ({
    kind: t.field({ type: InterestKindEnum, required: true }),
    atLeast: t.int({ required: true }),
    withinDays: t.int({ required: true, description: 'At most 90, which is how long they are kept.' }),
  }),
});
const SegmentInput = builder.inputType('SegmentInput', {
  description: 'Fans of whom all of it is true. Each part needs PERSONALIZATION of them, and the scope that it reads.',
  fields: (t) => ({
    favoriteTeamIds: t.idList({ extensions: needs('PROFILE_PREFERENCES', 'PERSONALIZATION') }),
    tiers: t.stringList({ description: 'Codes of tiers.', extensions: needs('LOYALTY', 'PERSONALIZATION') }),
    visits: t.field({ type: VisitsInput, extensions: needs('HISTORY_ATTENDANCE', 'PERSONALIZATION') }),
    streak: t.int({
      description: 'Games in a row at the venue, the present one included.',
      extensions: needs('HISTORY_ATTENDANCE', 'PERSONALIZATION'),
    }),
    engagements: t.field({ type: EngagementsInput, extensions: needs('HISTORY_ENGAGEMENT', 'PERSONALIZATION') }),
  }),
});
const OpenGameStatusEnum = builder.enumType('OpenGameStatus', {
  description: 'Of a game at which something can be announced.',
  values: {
    SCHEDULED: { value: 'SCHEDULED', description: 'Before it begins.' },
    LIVE: { value: 'LIVE', description: 'While it is played.' },
  } as const,
});
const HoursInput = builder.inputType('HoursInput', {
  description: 'Hours that repeat, by the clock of the venue.',
  fields: (t) => ({
    start: t.string({ required: true, description: 'Of the first opening: local, such as 2018-07-06T18:00:00.' }),
    recurrence: t.string({
      description:
        'A rule as RFC 5545 has it (section 3.3.10), by day, week or month: FREQ=WEEKLY;BYDAY=FR,SA. Once, if left out.',
    }),
    openFor: t.string({ required: true, description: 'A duration of at most a day: PT3H, PT90M.' }),
  }),
});
const LimitedActionEnum = builder.enumType('LimitedAction', { values: LIMITED_ACTIONS });
const LimitPeriodEnum = builder.enumType('LimitPeriod', { values: LIMIT_PERIODS });
const LimitKeyEnum = builder.enumType('LimitKey', { values: LIMIT_KEYS });
const ClaimLimitInput = builder.inputType('ClaimLimitInput', {
  description: 'How often something may be done in a period of the calendar of the venue.',
  fields: (t) => ({
    action: t.field({ type: LimitedActionEnum, required: true }),
    period: t.field({ type: LimitPeriodEnum, required: true }),
    per: t.field({
      type: [LimitKeyEnum],
      required: true,
      description: 'What is counted apart. With PARTNER all campaigns of the partner count together.',
    }),
    atMost: t.int({ required: true }),
  }),
});
const BudgetInput = builder.inputType('BudgetInput', {
  fields: (t) => ({ claims: t.int(), spend: t.field({ type: AmountInput }) }),
});
export const StackingModeEnum = builder.enumType('StackingMode', {
  description: 'What an order takes of a group of offers.',
  values: {
    STACKABLE: { value: 'STACKABLE', description: 'All.' },
    LIST_ORDER: { value: 'LIST_ORDER', description: 'One: the first by priority.' },
    LOWEST: { value: 'LOWEST', description: 'One: that which takes least off.' },
    HIGHEST: { value: 'HIGHEST', description: 'One: that which takes most off.' },
  } as const,
});
const StackingInput = builder.inputType('StackingInput', {
  fields: (t) => ({
    group: t.string({ required: true, description: 'A name of your own. All campaigns of a group have one mode.' }),
    mode: t.field({ type: StackingModeEnum, required: true }),
  }),
});
export const CreateCampaignInput = builder.inputType('CreateCampaignInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    venueIds: t.idList(),
    zoneIds: t.idList({ extensions: needs('PRESENCE_ZONE') }),
    segment: t.field({ type: SegmentInput }),
    gameStatuses: t.field({
      type: [OpenGameStatusEnum],
      description: 'Both, if left out.',
    }),
    hours: t.field({ type: [HoursInput], description: 'At all hours, if left out.' }),
    offer: t.field({ type: OfferInput, required: true }),
    budget: t.field({ type: BudgetInput, required: true }),
    capPerFan: t.int({ required: true }),
    holdMinutes: t.int({ description: 'How long a claim is held before it expires; a day, where it is left out.' }),
    limits: t.field({ type: [ClaimLimitInput], description: 'Beside the budget and the cap per fan.' }),
    validFrom: t.field({ type: 'DateTime', required: true }),
    validUntil: t.field({ type: 'DateTime', required: true }),
    priority: t.int({
      defaultValue: 0,
      description: 'Among the offers of a stacking group: the greatest comes first.',
    }),
    stacking: t.field({ type: StackingInput, description: 'With other offers on one order; with all, if left out.' }),
    holdoutPercent: t.int({ defaultValue: 0, description: 'Of the audience, kept from seeing it, chosen at random.' }),
    idempotencyKey: t.string(),
    draft: t.boolean({ defaultValue: false, description: 'Nobody hears of a draft before it is launched.' }),
  }),
});

function toDiscount(input: typeof DiscountInput.$inferInput): Discount {
  if (input.percentOff != null) return { kind: 'PERCENT', percent: input.percentOff };
  if (input.amountOff != null) return { kind: 'AMOUNT', ...input.amountOff };
  return { kind: 'POINTS', points: input.pointsBonus! };
}

export function toCampaign({ ids }: Context, input: typeof CreateCampaignInput.$inferInput) {
  const {
    venueIds,
    zoneIds,
    segment,
    gameStatuses,
    hours,
    offer,
    budget,
    holdMinutes,
    limits,
    draft,
    stacking,
    ...rest
  } = input;
  const { favoriteTeamIds, tiers, visits, streak, engagements } = segment ?? {};
  return {
    ...rest,
    rules: {
      venueIds: (venueIds ?? []).map((id) => ids.key('Venue', id, 'input.venueIds')),
      zoneIds: (zoneIds ?? []).map((id) => ids.key('Zone', id, 'input.zoneIds')),
      favoriteTeamIds: (favoriteTeamIds ?? []).map((id) => ids.key('Team', id, 'input.segment.favoriteTeamIds')),
      gameStatuses: gameStatuses ?? undefined,
      tierCodes: tiers ?? undefined,
      visits: visits ?? undefined,
      streak: streak ?? undefined,
      engagements: engagements ?? undefined,
      hours: hours?.map(({ recurrence, ...each }) => ({ ...each, recurrence: recurrence ?? null })),
    },
    offer: { ...offer, imageUrl: offer.imageUrl ?? null, discount: toDiscount(offer.discount) },
    budget: { claims: budget.claims ?? undefined, spend: budget.spend ?? undefined },
    priority: rest.priority ?? 0,
    holdoutPercent: rest.holdoutPercent ?? 0,
    terms: { holdMinutes: holdMinutes ?? undefined, limits: limits ?? undefined },
    idempotencyKey: rest.idempotencyKey ?? null,
    draft: draft || undefined,
    stacking: stacking ?? undefined,
  };
}
