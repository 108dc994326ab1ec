/** Enrolling a ward: a guardian does it, below the age of consent. */
import { ConsentScopeEnum } from '../consent/catalogue.graphql.ts';
import { ConsentReceipt } from '../consent/consent.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { FanType } from './fans.graphql.ts';
import { type EnrolledWard, enrollWard } from './wards.service.ts';

const EnrollWardInput = builder.inputType('EnrollWardInput', {
  fields: (t) => ({
    displayName: t.string({ required: true }),
    birthYear: t.int({ required: true }),
    policyVersion: t.string({ required: true }),
    jurisdiction: t.string({ description: "ISO 3166. Absent: the guardian's." }),
    wardToken: t.string({
      description:
        "An access token of the ward's own, which shows that their sign-in is theirs. Absent: they have none.",
    }),
    alsoGrant: t.field({ type: [ConsentScopeEnum] }),
    idempotencyKey: t.string({ required: true }),
  }),
});
const EnrollWardSuccess = builder.objectRef<EnrolledWard>('EnrollWardSuccess').implement({
  fields: (t) => ({
    ward: t.expose('ward', { type: FanType }),
    receipt: t.expose('receipt', { type: ConsentReceipt, nullable: true }),
  }),
});

builder.mutationField('enrollWard', (t) =>
  t.field({
    type: EnrollWardSuccess,
    errors: {},
    description:
      'An enrolled adult enrolls somebody below the age of consent as their ward, and grants PROFILE and LOYALTY to the operator.',
    args: { input: t.arg({ type: EnrollWardInput, required: true }) },
    resolve: (_, { input }, context) => enrollWard(context, { ...input, alsoGrant: input.alsoGrant ?? [] }),
  }),
);
