/** What a partner finds when it signs in: its campaigns, and the fans who share something with it. */
import { ConsentScopeEnum } from '../consent/catalogue.graphql.ts';
import { FanType } from '../fans/fans.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { connect } from '../graphql/connection.ts';
import { CampaignType } from '../offers/campaigns.graphql.ts';
import { Campaign } from '../offers/index.ts';
import { connectAudience } from './audience.ts';
import type { Partner } from './partner.entity.ts';

const PartnerHome = builder.objectRef<Partner>('PartnerHome').implement({
  description: 'A partner as it sees itself; to everybody else it is a Partner.',
  fields: (t) => ({
    id: t.id({ description: 'That of the Partner.', resolve: ({ id }, _, { ids }) => ids.toGlobal('Partner', id) }),
    code: t.exposeString('code'),
    name: t.exposeString('name'),
    campaigns: t.connection({
      type: CampaignType,
      description: 'The latest first.',
      resolve: ({ id }, args, context) =>
        connect(context, args, {
          entity: Campaign,
          table: 'campaign',
          where: { partnerId: id } as never,
          order: ['id'],
          direction: 'desc',
        }),
    }),
    audience: t.connection(
      {
        type: FanType,
        description: 'The fans who share anything with this partner, and nobody else. Each field needs its own scope.',
        resolve: ({ id }, args, context) => connectAudience(context, id, args) as never,
      },
      {},
      {
        fields: (edge) => ({
          sharedScopes: edge.field({
            type: [ConsentScopeEnum],
            description: 'What the fan grants this partner, and the operator too.',
            resolve: (parent) => (parent as unknown as { sharedScopes: never }).sharedScopes,
          }),
        }),
      },
    ),
  }),
});

builder.queryField('partner', (t) =>
  t.field({
    type: PartnerHome,
    nullable: true,
    description: 'The partner who is signed in; null for every other role.',
    resolve: (_, __, { viewer, loaders }) =>
      viewer.role === 'PARTNER' ? loaders.partner.load(viewer.partnerId) : null,
  }),
);
