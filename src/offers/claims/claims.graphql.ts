/** What a fan took of an offer, as the fan sees it. */
import type { DefaultConnectionArguments } from '@pothos/plugin-relay';
import type { Context } from '../../context.ts';
import { builder } from '../../graphql/builder.ts';
import { type Connection, connect } from '../../graphql/connection.ts';
import { Node, registerNode } from '../../graphql/node.ts';
import { requireFan } from '../../identity/roles.ts';
import { VenueType } from '../../venues/venues.graphql.ts';
import { OfferType } from '../offers.graphql.ts';
import { CLAIM_STATUSES, type Claim, Claim as ClaimEntity, claimStatus } from './claim.entity.ts';
import { claimOffer } from './claiming.service.ts';
import { groupCode } from './code.ts';

const ClaimStatusEnum = builder.enumType('ClaimStatus', { values: CLAIM_STATUSES });

export const ClaimType = builder.objectRef<Claim>('Claim');
builder.subjectType(ClaimType, {
  description: 'An offer that a fan took, with the code that staff honour once. Its fan sees it, and nobody else.',
  subject: ({ fanId, gameId }) => ({ fanId, gameId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: (claim, _, { ids }) => ids.toGlobal('Claim', claim.id) }),
    code: t.string({
      nullable: true,
      consent: null,
      selfOnly: true,
      description: 'The code to show. Case, spaces and hyphens do not matter. Null for all but the fan.',
      resolve: ({ code }, _, { claimCodes }) => {
        const opened = claimCodes.open(code);
        return opened && groupCode(opened);
      },
    }),
    status: t.field({
      type: ClaimStatusEnum,
      consent: null,
      resolve: async (claim, _, context) => claimStatus(claim, await context.now()),
    }),
    claimedAt: t.expose('claimedAt', { type: 'DateTime', consent: null }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      consent: null,
      description: 'When its slot goes to somebody else, unless it has been redeemed.',
    }),
    offer: t.field({
      type: OfferType,
      consent: null,
      resolve: async (claim, _, { loaders }) => (await loaders.offer.load(claim.offerId))!,
    }),
    venue: t.field({
      type: VenueType,
      consent: null,
      description: 'Whose staff honour it: where the offer was announced.',
      resolve: async (claim, _, { loaders }) => (await loaders.venue.load(claim.venueId))!,
    }),
  }),
});

registerNode('Claim', {
  load: ({ em }, key) => em.findOne(ClaimEntity, { id: key }),
  visible: (_, { viewer }) => viewer.role === 'FAN',
  gate: async ({ fanId, gameId }) => ({ subject: { fanId, gameId }, anyOf: [] }),
});

/** A fan's claims, the latest first. */
export const connectClaims = (
  context: Context,
  fanId: string,
  args: DefaultConnectionArguments,
): Promise<Connection<Claim>> =>
  connect<Claim>(context, args, {
    entity: ClaimEntity,
    table: 'claim',
    where: { fanId },
    order: ['id'],
    direction: 'desc',
  });

const ClaimOfferInput = builder.inputType('ClaimOfferInput', {
  fields: (t) => ({
    offerId: t.id({ required: true, description: 'One that was announced to this fan.' }),
    idempotencyKey: t.string({ required: true }),
  }),
});
const ClaimOfferSuccess = builder
  .objectRef<{ claim: Claim }>('ClaimOfferSuccess')
  .implement({ fields: (t) => ({ claim: t.expose('claim', { type: ClaimType }) }) });

builder.mutationField('claimOffer', (t) =>
  t.field({
    type: ClaimOfferSuccess,
    errors: {},
    description:
      'Takes an offer, and holds it for you until it expires. Whoever honours it learns that you took it, and so may its sponsor: redeeming discloses itself. Needs OFFERS_LIVE. The same key answers with the same claim.',
    args: { input: t.arg({ type: ClaimOfferInput, required: true }) },
    resolve: async (_, { input }, context) => {
      requireFan(context.viewer);
      const offerId = context.ids.key('Offer', input.offerId, 'input.offerId');
      return { claim: await claimOffer(context, { offerId, idempotencyKey: input.idempotencyKey }) };
    },
  }),
);
