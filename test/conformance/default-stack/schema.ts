/** The smallest schema with two consents: OFFERS lets a subscriber listen at all, REASONS gates one field of an event. */

import { CHANNEL, type OfferAnnounced, pubSub } from './announcements.ts';
import { builder, SCOPES } from './builder.ts';

const ScopeEnum = builder.enumType('Scope', { values: SCOPES });

interface Offer {
  id: string;
  title: string;
}

const OfferType = builder.objectRef<Offer>('Offer').implement({
  fields: (t) => ({ id: t.exposeID('id'), title: t.exposeString('title') }),
});

const OfferAnnouncedType = builder.objectRef<OfferAnnounced>('OfferAnnounced').implement({
  fields: (t) => ({
    offer: t.field({
      type: OfferType,
      resolve: async ({ offerId }, _, { pool }) => {
        const { rows } = await pool.query<Offer>('select id, title from offer where id = $1', [offerId]);
        return rows[0]!;
      },
    }),
    because: t.exposeString('reason', {
      nullable: true,
      authScopes: { consent: 'REASONS' },
      unauthorizedResolver: () => null,
    }),
  }),
});

builder.queryType({ fields: (t) => ({ ok: t.boolean({ resolve: () => true }) }) });

const signedIn = { authScopes: { signedIn: true } } as const;

builder.mutationType({
  fields: (t) => ({
    grant: t.boolean({
      ...signedIn,
      args: { scope: t.arg({ type: ScopeEnum, required: true }) },
      resolve: async (_, { scope }, { pool, subject }) => {
        await pool.query('insert into consent (subject, scope) values ($1, $2) on conflict do nothing', [
          subject,
          scope,
        ]);
        return true;
      },
    }),
    withdraw: t.boolean({
      ...signedIn,
      args: { scope: t.arg({ type: ScopeEnum, required: true }) },
      resolve: async (_, { scope }, { pool, subject }) => {
        await pool.query('delete from consent where subject = $1 and scope = $2', [subject, scope]);
        return true;
      },
    }),
    announce: t.field({
      type: OfferType,
      args: { title: t.arg.string({ required: true }), reason: t.arg.string({ required: true }) },
      resolve: async (_, { title, reason }, { pool }) => {
        const { rows } = await pool.query<Offer>(
          `with created as (insert into offer (title) values ($1) returning id, title)
           select id, title, pg_notify($2, json_build_object('offerId', id::text, 'reason', $3::text)::text) from created`,
          [title, CHANNEL, reason],
        );
        return rows[0]!;
      },
    }),
  }),
});

builder.subscriptionType({
  fields: (t) => ({
    offerAnnounced: t.field({
      type: OfferAnnouncedType,
      nullable: true,
      authScopes: { consent: 'OFFERS' },
      subscribe: () => pubSub.subscribe('offerAnnounced'),
      resolve: (event) => event,
    }),
  }),
});

export const schema = builder.toSchema();
