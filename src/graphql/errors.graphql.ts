/** The errors of `src/errors.ts` as members of every mutation's result. */
import {
  AccessError,
  type CodedError,
  ConflictError,
  ConsentError,
  ERROR_CODES,
  InputError,
  NotFoundError,
  ServiceError,
} from '../errors.ts';
import { builder } from './builder.ts';

const ErrorCode = builder.enumType('ErrorCode', { values: ERROR_CODES });

const ErrorInterface = builder.interfaceRef<CodedError>('Error').implement({
  description: 'What went wrong. Clients branch on the code; the message is for people.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCode }),
    message: t.exposeString('message'),
  }),
});

builder.objectType(InputError, {
  name: 'InputError',
  interfaces: [ErrorInterface],
  fields: (t) => ({ path: t.exposeString('path', { nullable: true, description: 'The place in the input.' }) }),
});
builder.objectType(ConsentError, {
  name: 'ConsentError',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    scopes: t.exposeStringList('scopes', { description: 'The scopes that would have to be granted.' }),
  }),
});
builder.objectType(AccessError, { name: 'AccessError', interfaces: [ErrorInterface] });
builder.objectType(NotFoundError, { name: 'NotFoundError', interfaces: [ErrorInterface] });
builder.objectType(ConflictError, { name: 'ConflictError', interfaces: [ErrorInterface] });
builder.objectType(ServiceError, { name: 'ServiceError', interfaces: [ErrorInterface] });
