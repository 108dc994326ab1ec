/** The policy and the catalogue of scopes: what everyone may read before consenting to anything. */
import { builder } from '../graphql/builder.ts';
import { gatedFields } from '../graphql/consent-plugin/index.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { GRANT_DURATIONS } from './grant.entity.ts';
import { type Policy, Policy as PolicyEntity } from './policy.entity.ts';
import { findCurrentPolicy } from './policy.service.ts';
import { CATALOGUE, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';

export const ConsentScopeEnum = builder.enumType('ConsentScope', {
  description: 'One purpose for one kind of data.',
  values: Object.fromEntries(
    CONSENT_SCOPES.map((scope) => [scope, { description: CATALOGUE[scope].description }]),
  ) as Record<ConsentScope, { description: string }>,
});
export const GrantDurationEnum = builder.enumType('GrantDuration', { values: GRANT_DURATIONS });

const ConsentScopeInfo = builder.objectRef<ConsentScope>('ConsentScopeInfo').implement({
  description: 'An entry of the catalogue of consent.',
  fields: (t) => ({
    code: t.field({ type: ConsentScopeEnum, resolve: (scope) => scope }),
    title: t.string({ resolve: (scope) => CATALOGUE[scope].title }),
    description: t.string({ resolve: (scope) => CATALOGUE[scope].description }),
    purpose: t.string({
      description: 'A term of the W3C Data Privacy Vocabulary.',
      resolve: (scope) => CATALOGUE[scope].purpose,
    }),
    gatedFields: t.stringList({
      description: 'Schema coordinates, derived from the schema itself.',
      resolve: (scope, _, __, { schema }) => gatedFields(schema).get(scope) ?? [],
    }),
    retention: t.string({ resolve: (scope) => CATALOGUE[scope].retention }),
    retentionDays: t.int({
      nullable: true,
      description: 'Null: until withdrawn.',
      resolve: (scope) => CATALOGUE[scope].retentionDays,
    }),
    defaultDuration: t.field({ type: GrantDurationEnum, resolve: (scope) => CATALOGUE[scope].defaultDuration }),
  }),
});

const PolicyType = builder.objectRef<Policy>('Policy').implement({
  description: 'A published notice. Grants name the version they were given under.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (policy, _, { ids }) => ids.toGlobal('Policy', policy.id) }),
    version: t.exposeString('version'),
    effectiveAt: t.expose('effectiveAt', { type: 'DateTime' }),
    materialChange: t.exposeBoolean('materialChange', { description: 'Whether it asks fans anew.' }),
    language: t.exposeString('language', { description: 'BCP 47.' }),
    text: t.exposeString('text'),
    sha256: t.exposeString('sha256', { description: 'Of the text in UTF-8, hexadecimal.' }),
    scopes: t.field({ type: [ConsentScopeInfo], resolve: () => [...CONSENT_SCOPES] }),
  }),
});

registerNode('Policy', { load: ({ em }, key) => em.findOne(PolicyEntity, { id: key }) });

builder.queryFields((t) => ({
  currentPolicy: t.field({ type: PolicyType, resolve: (_, __, { em }) => findCurrentPolicy(em) }),
  policies: t.field({
    type: [PolicyType],
    description: 'Every published version, the first first.',
    resolve: (_, __, { em }) => em.find(PolicyEntity, {}, { orderBy: { ordinal: 'asc' } }),
  }),
  consentScopes: t.field({ type: [ConsentScopeInfo], resolve: () => [...CONSENT_SCOPES] }),
}));
