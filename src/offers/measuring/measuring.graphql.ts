/** A campaign in numbers, as its partner sees them. */
import { builder } from '../../graphql/builder.ts';
import type { BudgetUse, Funnel, Uplift } from './measuring.service.ts';

const NUMBER = { nullable: true } as const;

export const FunnelType = builder.objectRef<Funnel>('Funnel').implement({
  description:
    'How many fans came how far. Rounded down to tens and counted every five minutes while the campaign lives, exact at its end; null while fewer than 20 were announced.',
  fields: (t) => ({
    announced: t.exposeInt('announced', NUMBER),
    viewed: t.exposeInt('viewed', NUMBER),
    clicked: t.exposeInt('clicked', NUMBER),
    claimed: t.exposeInt('claimed', NUMBER),
    redeemed: t.exposeInt('redeemed', NUMBER),
    suppressed: t.exposeBoolean('suppressed', { description: 'True: fewer than 20 were announced.' }),
  }),
});

const USED = { nullable: true, description: 'Held or redeemed. Rounded and refreshed as the funnel is.' } as const;
const ClaimBudget = builder.objectRef<NonNullable<BudgetUse['claims']>>('ClaimBudget').implement({
  fields: (t) => ({ limit: t.exposeInt('limit'), used: t.exposeInt('used', USED) }),
});
const SpendBudget = builder.objectRef<NonNullable<BudgetUse['spend']>>('SpendBudget').implement({
  description: 'In minor units.',
  fields: (t) => ({
    limit: t.exposeInt('limit'),
    used: t.exposeInt('used', USED),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
  }),
});
export const BudgetType = builder.objectRef<BudgetUse>('Budget').implement({
  fields: (t) => ({
    claims: t.expose('claims', { type: ClaimBudget, nullable: true, description: 'Null: no limit in claims.' }),
    spend: t.expose('spend', { type: SpendBudget, nullable: true, description: 'Null: no limit in money.' }),
  }),
});

export const UpliftType = builder.objectRef<Uplift>('Uplift').implement({
  description:
    'Of fans who let it be counted (ANALYTICS, HISTORY_PURCHASE), the share of those told who bought something before the campaign’s end, against those held out. Counted once, after the end; null before, and where either group is below 20.',
  fields: (t) => ({
    told: t.exposeFloat('told', NUMBER),
    heldOut: t.exposeFloat('heldOut', NUMBER),
    difference: t.exposeFloat('difference', NUMBER),
    low: t.exposeFloat('low', { nullable: true, description: "The difference's 95 % confidence interval (Newcombe)." }),
    high: t.exposeFloat('high', NUMBER),
    suppressed: t.exposeBoolean('suppressed'),
  }),
});
