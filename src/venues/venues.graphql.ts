/** Venues, zones and teams: public facts. */
import { builder } from '../graphql/builder.ts';
import { connect } from '../graphql/connection.ts';
import { Node, registerNode } from '../graphql/node.ts';
import { shared } from '../graphql/shared.ts';
import { Team as TeamEntity } from './game.entity.ts';
import { type Team, type Venue, Venue as VenueEntity, ZONE_KINDS, type Zone } from './index.ts';

export const ZoneKindEnum = builder.enumType('ZoneKind', { values: ZONE_KINDS });

export const GeoPoint = builder.objectRef<{ latitude: number; longitude: number }>('GeoPoint').implement({
  description: 'WGS 84, in degrees.',
  fields: (t) => ({ latitude: t.exposeFloat('latitude'), longitude: t.exposeFloat('longitude') }),
});

export const ZoneType = builder.objectRef<Zone>('Zone').implement({
  description: 'A part of a venue.',
  extensions: shared(),
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (zone, _, { ids }) => ids.toGlobal('Zone', zone.id) }),
    code: t.exposeString('code'),
    name: t.exposeString('name'),
    kind: t.expose('kind', { type: ZoneKindEnum }),
  }),
});

export const VenueType = builder.objectRef<Venue>('Venue').implement({
  description: 'A ballpark, an arena, a shop. Known by its code; names change.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (venue, _, { ids }) => ids.toGlobal('Venue', venue.id) }),
    code: t.exposeString('code'),
    name: t.exposeString('name'),
    alsoKnownAs: t.exposeString('alsoKnownAs', { nullable: true }),
    city: t.exposeString('city'),
    state: t.exposeString('state', { nullable: true }),
    timeZone: t.exposeString('timeZone', { description: 'IANA name.' }),
    capacity: t.exposeInt('capacity', { nullable: true }),
    location: t.field({
      type: GeoPoint,
      nullable: true,
      resolve: ({ latitude, longitude }) =>
        latitude === null || longitude === null || latitude === undefined || longitude === undefined
          ? null
          : { latitude, longitude },
    }),
    zones: t.field({ type: [ZoneType], resolve: (venue, _, { loaders }) => loaders.zonesOfVenue.load(venue.id) }),
  }),
});

export const TeamType = builder.objectRef<Team>('Team').implement({
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ resolve: (team, _, { ids }) => ids.toGlobal('Team', team.id) }),
    code: t.exposeString('code'),
    name: t.exposeString('name'),
  }),
});

registerNode('Zone', { load: ({ loaders }, key) => loaders.zone.load(key) });
registerNode('Venue', { load: ({ loaders }, key) => loaders.venue.load(key) });
registerNode('Team', { load: ({ loaders }, key) => loaders.team.load(key) });

builder.queryField('venues', (t) =>
  t.connection({
    type: VenueType,
    resolve: (_, args, context) =>
      connect(context, args, { entity: VenueEntity, table: 'venue', order: ['name', 'id'] }),
  }),
);
builder.queryField('teams', (t) =>
  t.connection({
    type: TeamType,
    resolve: (_, args, context) => connect(context, args, { entity: TeamEntity, table: 'team', order: ['code', 'id'] }),
  }),
);
