/** Partners as everyone may see them: a name to grant to, or not. */
import { builder } from '../graphql/builder.ts';
import { connect } from '../graphql/connection.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { shared } from '../graphql/shared.ts';
import { type Partner, Partner as PartnerEntity } from './partner.entity.ts';

export const PartnerType = builder.objectRef<Partner>('Partner').implement({
  description: 'A sponsor or vendor: a recipient of data, which fans name one by one.',
  extensions: shared(),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (partner, _, { ids }) => ids.toGlobal('Partner', partner.id) }),
    code: t.exposeString('code'),
    name: t.exposeString('name'),
  }),
});

registerNode('Partner', { load: ({ loaders }, key) => loaders.partner.load(key) });

builder.queryField('partners', (t) =>
  t.connection({
    type: PartnerType,
    resolve: (_, args, context) =>
      connect(context, args, { entity: PartnerEntity, table: 'partner', order: ['name', 'id'] }),
  }),
);
