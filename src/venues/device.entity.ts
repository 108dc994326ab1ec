/** The venue's own people and things: staff members, and the sensors whose tokens say who they are. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id } from '../db/columns.ts';
import { Venue, Zone } from './venue.entity.ts';

export const Staff = defineEntity({
  name: 'Staff',
  tableName: 'staff',
  uniques: [{ properties: ['subject', 'venueId'] }],
  properties: {
    id: id(),
    subject: p.text(),
    venueId: () => p.manyToOne(Venue).mapToPk().joinColumn('venue_id'),
  },
});
export type Staff = InferEntity<typeof Staff>;

export const Sensor = defineEntity({
  name: 'Sensor',
  tableName: 'sensor',
  properties: {
    id: id(),
    code: p.text().unique(),
    venueId: () => p.manyToOne(Venue).mapToPk().joinColumn('venue_id'),
    zoneId: () => p.manyToOne(Zone).mapToPk().joinColumn('zone_id').nullable(),
  },
});
export type Sensor = InferEntity<typeof Sensor>;
