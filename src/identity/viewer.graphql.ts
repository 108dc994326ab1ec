/** Who the server takes the caller for. */

import { FanType } from '../fans/fans.graphql.ts';
import { Fan as FanEntity } from '../fans/index.ts';
import { builder } from '../graphql/builder.ts';
import { PartnerType } from '../partners/partners.graphql.ts';
import { ROLES, type Viewer } from './viewer.ts';

const RoleEnum = builder.enumType('Role', { values: ROLES });

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who makes the request, as the verified token says.',
  fields: (t) => ({
    role: t.expose('role', { type: RoleEnum }),
    fan: t.field({
      type: FanType,
      nullable: true,
      resolve: (viewer, _, { em }) =>
        viewer.role === 'FAN' && viewer.fanId ? em.findOne(FanEntity, { id: viewer.fanId }) : null,
    }),
    partner: t.field({
      type: PartnerType,
      nullable: true,
      resolve: (viewer, _, { loaders }) => (viewer.role === 'PARTNER' ? loaders.partner.load(viewer.partnerId) : null),
    }),
  }),
});

builder.queryField('viewer', (t) => t.field({ type: ViewerType, resolve: (_, __, { viewer }) => viewer }));
