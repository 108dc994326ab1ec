/** How a fan sees the ledger: what they did, with the receipt of each act, and whether all of it still holds. */
import { builder } from '../../graphql/builder.ts';
import { Node, registerNode } from '../../graphql/node.ts';
import { ConsentScopeEnum } from '../catalogue.graphql.ts';
import { ConsentReceipt, ConsentRecipient } from '../consent.graphql.ts';
import { ACTIONS, type LedgerAction } from './entry.ts';
import { findHistoryEntry, type HistoryEntry } from './history.ts';
import type { LedgerCheck } from './index.ts';

const ConsentActionEnum = builder.enumType('ConsentAction', {
  description: 'What an act of consent did.',
  values: Object.keys(ACTIONS) as LedgerAction[],
});

export const ConsentHistoryEntry = builder.objectRef<HistoryEntry>('ConsentHistoryEntry');
builder.subjectType(ConsentHistoryEntry, {
  description: 'One scope in one act. Only the fan sees it.',
  subject: ({ fanId }) => ({ fanId }),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ consent: null, resolve: ({ id }, _, { ids }) => ids.toGlobal('ConsentHistoryEntry', id) }),
    scope: t.expose('scope', {
      type: ConsentScopeEnum,
      nullable: true,
      consent: null,
      description: 'Null for an act that names none: a pause, a veto.',
    }),
    status: t.expose('action', { type: ConsentActionEnum, consent: null }),
    at: t.expose('at', { type: 'DateTime', consent: null }),
    recipient: t.field({
      type: ConsentRecipient,
      consent: null,
      resolve: async ({ recipientId }, _, { loaders }) =>
        recipientId ? (await loaders.partner.load(recipientId))! : { operator: true as const },
    }),
    receipt: t.field({
      type: ConsentReceipt,
      nullable: true,
      consent: null,
      description: 'The same for all scopes of an act. Null where the act is older than the ledger.',
      resolve: (entry) => entry.findReceipt(),
    }),
  }),
});

registerNode('ConsentHistoryEntry', { load: findHistoryEntry });

export const LedgerCheckType = builder.objectRef<LedgerCheck>('LedgerCheck').implement({
  description: "Whether the fan's entries are what was sealed and stand under the newest signed head.",
  fields: (t) => ({
    ok: t.exposeBoolean('ok'),
    entries: t.exposeInt('entries', { description: 'How many were opened and proven: all of them, when it is ok.' }),
    head: t.exposeString('head', { description: 'A JWS of type consent-log-head+jwt.' }),
  }),
});
