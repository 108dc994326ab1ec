/** The fan. Each field says which scope gates it, or `null`: open to whoever may see this fan at all. */
import { ConsentScopeEnum } from '../consent/catalogue.graphql.ts';
import { ConsentReceipt, ConsentType } from '../consent/consent.graphql.ts';
import { findGrants } from '../consent/grants.service.ts';
import type { Receipt } from '../consent/index.ts';
import { connectHistory } from '../consent/ledger/history.ts';
import { ConsentHistoryEntry, LedgerCheckType } from '../consent/ledger/ledger.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { connect } from '../graphql/connection.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { requireFan } from '../identity/roles.ts';
import {
  issueMemberCode,
  type PointsEntry,
  type Purchase,
  pointsEntriesOf,
  purchasesOf,
  type RewardRedemption,
  rewardRedemptionsOf,
} from '../loyalty/index.ts';
import { LoyaltyType, MemberCodeType } from '../loyalty/loyalty.graphql.ts';
import { PointsEntryType } from '../loyalty/points-entries.graphql.ts';
import { PurchaseType } from '../loyalty/purchases.graphql.ts';
import { RewardRedemptionType } from '../loyalty/rewards.graphql.ts';
import { ClaimType, connectClaims } from '../offers/claims/claims.graphql.ts';
import { ContactLimitsType } from '../offers/contact/contact.graphql.ts';
import { connectOffers, findContactLimits } from '../offers/index.ts';
import { DeliveryType } from '../offers/my-offers.graphql.ts';
import { GameType } from '../venues/games.graphql.ts';
import { TeamType, ZoneType } from '../venues/venues.graphql.ts';
import { subjectOf } from './captured.ts';
import { type Fan, Fan as FanEntity } from './fan.entity.ts';
import { enrollFan, updateFan } from './fans.service.ts';
import { findWards } from './wards.service.ts';
import { findWithheld, WITHHELD_REASONS, type Withheld } from './withheld.service.ts';

const WithheldReasonEnum = builder.enumType('WithheldReason', { values: WITHHELD_REASONS });
const WithheldType = builder.objectRef<Withheld>('WithheldScope').implement({
  fields: (t) => ({
    scope: t.expose('scope', { type: ConsentScopeEnum }),
    reason: t.expose('reason', { type: WithheldReasonEnum }),
    game: t.field({
      type: GameType,
      nullable: true,
      description: 'For PAUSED: the game that is sat out. The scope may be in force elsewhere.',
      resolve: ({ gameId }, _, { loaders }) => (gameId ? loaders.game.load(gameId) : null),
    }),
  }),
});

export const FanType = builder.objectRef<Fan>('Fan');
builder.subjectType(FanType, {
  description: 'The data subject. Every partner sees another id of the same fan.',
  subject: subjectOf,
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: (fan, _, { ids }) => ids.toGlobal('Fan', fan.id) }),
    displayName: t.exposeString('displayName', {
      nullable: true,
      consent: 'PROFILE',
      description: 'The name you want to be called by.',
    }),
    email: t.exposeString('email', { nullable: true, consent: 'PROFILE', description: 'Your e-mail address.' }),
    birthYear: t.exposeInt('birthYear', { nullable: true, consent: 'PROFILE', description: 'The year you were born.' }),
    favoriteTeam: t.field({
      type: TeamType,
      nullable: true,
      consent: 'PROFILE_PREFERENCES',
      description: 'The team you cheer for.',
      resolve: (fan, _, { loaders }) => (fan.favoriteTeamId ? loaders.team.load(fan.favoriteTeamId) : null),
    }),
    currentZone: t.field({
      type: ZoneType,
      nullable: true,
      consent: 'PRESENCE_ZONE',
      description:
        'The part of the venue where you are now. Null once presence has ended; within an event, at its game.',
      resolve: async (fan, _, { readers, loaders }) => {
        const here = await readers.whereabouts.load(fan.id);
        const { gameId } = subjectOf(fan);
        return here?.zone_id && (!gameId || here.game_id === gameId) ? loaders.zone.load(here.zone_id) : null;
      },
    }),
    loyalty: t.field({
      type: LoyaltyType,
      nullable: true,
      consent: 'LOYALTY',
      description: 'Your points and your tier.',
      resolve: (fan, _, { readers }) => readers.standing.load(fan.id),
    }),
    pointsEntries: t.connection({
      type: PointsEntryType,
      nullable: true,
      consent: 'LOYALTY',
      description: 'Every entry in the ledger of your points, the latest first.',
      resolve: (fan, args, context) => connect<PointsEntry>(context, args, pointsEntriesOf(fan.id)),
    }),
    rewardRedemptions: t.connection({
      type: RewardRedemptionType,
      nullable: true,
      consent: 'LOYALTY',
      description: 'The rewards that you took for points, the latest first.',
      resolve: (fan, args, context) => connect<RewardRedemption>(context, args, rewardRedemptionsOf(fan.id)),
    }),
    purchases: t.connection({
      type: PurchaseType,
      nullable: true,
      consent: 'HISTORY_PURCHASE',
      description: 'What you bought, the latest first.',
      resolve: (fan, args, context) => connect<Purchase>(context, args, purchasesOf(fan.id)),
    }),
    memberCode: t.field({
      type: MemberCodeType,
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'What to show at a till or a gate, for a minute. Null for all but the fan.',
      resolve: async (fan, _, { codes, now }) => issueMemberCode(codes, fan.id, await now()),
    }),
    claims: t.connection({
      type: ClaimType,
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'The offers that you took, the latest first. Null for all but the fan.',
      resolve: (fan, args, context) => connectClaims(context, fan.id, args),
    }),
    offers: t.connection({
      type: DeliveryType,
      nullable: true,
      consent: 'OFFERS_LIVE',
      description: 'The offers you were announced. A partner sees only its own.',
      args: { gameId: t.arg.id({ description: 'Those announced at this game.' }) },
      resolve: (fan, { gameId, ...args }, context) =>
        connectOffers(context, fan.id, context.ids.keyOrNull('Game', gameId, 'gameId'), args),
    }),
    contactLimits: t.field({
      type: ContactLimitsType,
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'How often offers may come at all. Null for all but the fan.',
      resolve: (fan, _, { em }) => findContactLimits(em, fan.id),
    }),
    consents: t.field({
      type: [ConsentType],
      nullable: true,
      consent: null,
      selfOnly: true,
      description: "The fan's own grants, to everyone. Null for all other viewers.",
      resolve: (fan, _, { em }) => findGrants(em, fan.id),
    }),
    consentHistory: t.connection({
      type: ConsentHistoryEntry,
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'Every act, scope by scope, the latest first. Null for all but the fan.',
      resolve: (fan, args, context) => connectHistory(context, fan.id, args),
    }),
    verifyLedger: t.field({
      type: LedgerCheckType,
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'Opens and proves every entry of the fan in the ledger. Null for all but the fan.',
      complexity: 500,
      resolve: (fan, _, { em, ledger }) => ledger.check(em, fan.id),
    }),
    withheld: t.field({
      type: [WithheldType],
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'Which scopes are off, and why. Null for all but the fan.',
      resolve: (fan, _, { em }) => findWithheld(em, fan.id),
    }),
    wards: t.field({
      type: [FanType],
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'The minors for whom this fan consents. Null for all other viewers.',
      resolve: (fan, _, { em }) => findWards(em, fan.id),
    }),
  }),
});

registerNode('Fan', {
  load: ({ em }, key) => em.findOne(FanEntity, { id: key }),
  gate: async (fan) => ({ subject: { fanId: fan.id }, anyOf: [] }),
});

builder.queryField('me', (t) =>
  t.field({
    type: FanType,
    nullable: true,
    description: 'The fan who is signed in; null before enrolling, and for every other role.',
    resolve: (_, __, { viewer, em }) =>
      viewer.role === 'FAN' && viewer.fanId ? em.findOne(FanEntity, { id: viewer.fanId }) : null,
  }),
);

const EnrollFanInput = builder.inputType('EnrollFanInput', {
  fields: (t) => ({
    displayName: t.string({ required: true }),
    policyVersion: t.string({ required: true }),
    email: t.string(),
    favoriteTeamId: t.id({ description: 'Stored only under PROFILE_PREFERENCES: ask for it with alsoGrant.' }),
    birthYear: t.int(),
    jurisdiction: t.string({ description: 'ISO 3166.' }),
    alsoGrant: t.field({ type: [ConsentScopeEnum] }),
  }),
});
const EnrollFanSuccess = builder.objectRef<{ fan: Fan; receipt: Receipt }>('EnrollFanSuccess').implement({
  fields: (t) => ({
    fan: t.expose('fan', { type: FanType }),
    receipt: t.expose('receipt', { type: ConsentReceipt }),
  }),
});

const UpdateMeInput = builder.inputType('UpdateMeInput', {
  fields: (t) => ({ displayName: t.string(), email: t.string(), favoriteTeamId: t.id(), birthYear: t.int() }),
});
const UpdateMeSuccess = builder
  .objectRef<{ fan: Fan }>('UpdateMeSuccess')
  .implement({ fields: (t) => ({ fan: t.expose('fan', { type: FanType }) }) });

builder.mutationFields((t) => ({
  enrollFan: t.field({
    type: EnrollFanSuccess,
    errors: {},
    description: 'Enrolls the subject of the token, and grants PROFILE and LOYALTY to the operator.',
    args: { input: t.arg({ type: EnrollFanInput, required: true }) },
    resolve: (_, { input }, context) => {
      const favoriteTeamId = context.ids.keyOrNull('Team', input.favoriteTeamId, 'input.favoriteTeamId');
      return enrollFan(context, { ...input, favoriteTeamId, alsoGrant: input.alsoGrant ?? [] });
    },
  }),
  updateMe: t.field({
    type: UpdateMeSuccess,
    errors: {},
    description: 'What is left out stays as it is; null removes it.',
    args: { input: t.arg({ type: UpdateMeInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireFan(context.viewer);
      const { favoriteTeamId, ...rest } = input;
      const team = context.ids.keyOrNull('Team', favoriteTeamId, 'input.favoriteTeamId');
      const changes = { ...rest, ...(favoriteTeamId === undefined ? {} : { favoriteTeamId: team }) };
      return { fan: await updateFan(context, changes as Parameters<typeof updateFan>[1]) };
    },
  }),
}));
