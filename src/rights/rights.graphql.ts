/** The rights of a fan that no consent gates. */
import { actsFor, Barrier } from '../consent/consent.graphql.ts';
import type { Receipt } from '../consent/index.ts';
import { builder } from '../graphql/builder.ts';
import { type Erased, eraseFan } from './erasing.service.ts';

const ErasureCertificate = builder.objectRef<Receipt>('ErasureCertificate').implement({
  description: 'A signed statement that a fan was erased. Keep it: nothing here can make it again.',
  fields: (t) => ({
    id: t.exposeID('id', { description: "The act's: the certificate's jti." }),
    jws: t.exposeString('jws', {
      description:
        'A JWS of type erasure-certificate+jwt. The keys that verify it are at /.well-known/jwks.json, and its entry is in the public log.',
    }),
  }),
});

const EraseMeInput = builder.inputType('EraseMeInput', {
  fields: (t) => ({
    confirm: t.string({ required: true, description: 'ERASE, in capitals.' }),
    wardId: t.id({ description: 'For a ward of yours. Absent: for yourself.' }),
  }),
});
const EraseMeSuccess = builder.objectRef<Erased>('EraseMeSuccess').implement({
  fields: (t) => ({
    erasedAt: t.expose('erasedAt', { type: 'DateTime' }),
    certificate: t.expose('certificate', { type: ErasureCertificate }),
    barrier: t.expose('barrier', { type: Barrier }),
  }),
});

builder.mutationField('eraseMe', (t) =>
  t.field({
    type: EraseMeSuccess,
    errors: {},
    description:
      'Forgets you: your profile, visits, deliveries, grants and history go, and what the ledger keeps of you opens for nobody. It cannot be undone. The same sign-in may enroll again, as somebody new.',
    args: { input: t.arg({ type: EraseMeInput, required: true }) },
    resolve: (_, { input }, context) => eraseFan(context, actsFor(context, input.wardId), input.confirm),
  }),
);
