/** A fan's own consent: the grants as they stand, and the two acts that change them. */
import type { Context } from '../context.ts';
import { builder } from '../graphql/builder.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { requireFan } from '../identity/roles.ts';
import { PartnerType } from '../partners/partners.graphql.ts';
import { GameType } from '../venues/games.graphql.ts';
import { grantConsent, type Withdrawal, withdrawConsent } from './acts.service.ts';
import { ConsentScopeEnum, GrantDurationEnum } from './catalogue.graphql.ts';
import { findGrantee, findGrants, GRANT_STATUSES, type Granted, type GrantRow } from './grants.service.ts';
import type { Passed } from './lease/barrier.ts';
import type { Receipt } from './ledger/index.ts';

const GrantStatusEnum = builder.enumType('ConsentStatus', { values: GRANT_STATUSES });

const Operator = builder.objectRef<{ operator: true }>('Operator').implement({
  description: 'The controller: whoever runs this installation.',
  fields: (t) => ({ name: t.string({ resolve: () => 'Operator' }) }),
});
export const ConsentRecipient = builder.unionType('ConsentRecipient', {
  types: [Operator, PartnerType],
  resolveType: (value) => ('operator' in value ? Operator : PartnerType),
});

export const ConsentType = builder.objectRef<GrantRow>('Consent');
builder.subjectType(ConsentType, {
  description: 'One scope granted to one recipient. Only the fan sees it.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: (grant, _, { ids }) => ids.toGlobal('Consent', grant.id) }),
    scope: t.expose('scope', { type: ConsentScopeEnum, consent: null }),
    recipient: t.field({
      type: ConsentRecipient,
      consent: null,
      resolve: async ({ recipientId }, _, { loaders }) =>
        recipientId ? (await loaders.partner.load(recipientId))! : { operator: true as const },
    }),
    status: t.expose('status', { type: GrantStatusEnum, consent: null }),
    grantedAt: t.expose('grantedAt', { type: 'DateTime', consent: null }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, consent: null }),
    game: t.field({
      type: GameType,
      nullable: true,
      consent: null,
      resolve: ({ gameId }, _, { loaders }) => (gameId ? loaders.game.load(gameId) : null),
    }),
    policyVersion: t.exposeString('policyVersion', { consent: null }),
  }),
});

registerNode('Consent', {
  load: async ({ em, consent }, key) => {
    const fanId = await findGrantee(em, key);
    if (!fanId || !(await consent.isSelfOrGuardian({ fanId }))) return null;
    return (await findGrants(em, fanId, [key]))[0] ?? null;
  },
});

export const ConsentReceipt = builder.objectRef<Receipt>('ConsentReceipt').implement({
  description: 'A signed statement of one act of granting or withdrawing.',
  fields: (t) => ({
    id: t.exposeID('id', { description: "The act's: the receipt's jti." }),
    jws: t.exposeString('jws', {
      description: 'A JWS of type consent-receipt+jwt. The keys that verify it are at /.well-known/jwks.json.',
    }),
  }),
});
export const Barrier = builder.objectRef<Passed>('Barrier').implement({
  description: 'On how many nodes a withdrawal is known to have taken effect, and how long that took.',
  fields: (t) => ({ nodes: t.exposeInt('nodes'), waitedMs: t.exposeInt('waitedMs') }),
});

const GrantConsentInput = builder.inputType('GrantConsentInput', {
  fields: (t) => ({
    scopes: t.field({ type: [ConsentScopeEnum], required: true }),
    recipientId: t.id({ description: 'A partner. Absent: the operator.' }),
    duration: t.field({ type: GrantDurationEnum, description: "Absent: each scope's own default." }),
    gameId: t.id(),
    until: t.field({ type: 'DateTime' }),
    policyVersion: t.string({ required: true }),
    wardId: t.id({ description: 'For a ward of yours. Absent: for yourself.' }),
  }),
});
const GrantConsentSuccess = builder.objectRef<Granted>('GrantConsentSuccess').implement({
  fields: (t) => ({
    grants: t.expose('grants', { type: [ConsentType] }),
    receipt: t.expose('receipt', { type: ConsentReceipt }),
  }),
});

const WithdrawConsentInput = builder.inputType('WithdrawConsentInput', {
  fields: (t) => ({
    scopes: t.field({ type: [ConsentScopeEnum], required: true }),
    recipientId: t.id({ description: 'A partner. Absent: the operator.' }),
    wardId: t.id({ description: 'For a ward of yours. Absent: for yourself.' }),
    erase: t.boolean({ description: 'Also delete what these scopes had collected.', defaultValue: false }),
  }),
});
const WithdrawConsentSuccess = builder.objectRef<Withdrawal & { erased: boolean }>('WithdrawConsentSuccess').implement({
  fields: (t) => ({
    withdrawn: t.expose('withdrawn', { type: [ConsentType] }),
    erased: t.exposeBoolean('erased'),
    receipt: t.expose('receipt', { type: ConsentReceipt }),
    barrier: t.expose('barrier', { type: Barrier }),
  }),
});

const recipientKey = ({ ids }: Context, id: string | null | undefined) =>
  ids.keyOrNull('Partner', id, 'input.recipientId');

/** Whose consent an act is about: the viewer's own, or that of the ward it names. */
export function actsFor(context: Context, wardId: string | null | undefined): string {
  const { fanId } = requireFan(context.viewer);
  return context.ids.keyOrNull('Fan', wardId, 'input.wardId') ?? fanId;
}

builder.mutationFields((t) => ({
  grantConsent: t.field({
    type: GrantConsentSuccess,
    errors: {},
    args: { input: t.arg({ type: GrantConsentInput, required: true }) },
    resolve: (_, { input }, context) =>
      grantConsent(context, actsFor(context, input.wardId), {
        scopes: input.scopes,
        recipientId: recipientKey(context, input.recipientId),
        duration: input.duration ?? null,
        gameId: context.ids.keyOrNull('Game', input.gameId, 'input.gameId'),
        until: input.until ?? null,
        policyVersion: input.policyVersion,
      }),
  }),
  withdrawConsent: t.field({
    type: WithdrawConsentSuccess,
    errors: {},
    description: 'When it has returned, no node starts to send anything under these grants any more.',
    args: { input: t.arg({ type: WithdrawConsentInput, required: true }) },
    resolve: async (_, { input }, context) => ({
      ...(await withdrawConsent(context, actsFor(context, input.wardId), {
        scopes: input.scopes,
        recipientId: recipientKey(context, input.recipientId),
        erase: input.erase ?? false,
      })),
      erased: input.erase ?? false,
    }),
  }),
}));
