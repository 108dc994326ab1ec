/** Where games happen. A venue is known by its code (Retrosheet's park id for ballparks), never by its name: names change. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { id } from '../db/columns.ts';

export const ZONE_KINDS = [
  'GATE',
  'SEATING',
  'CONCESSION',
  'RESTROOM',
  'SHOP',
  'CONCOURSE',
  'MUSEUM',
  'FIRST_AID',
  'FAMILY',
  'OTHER',
] as const;
export type ZoneKind = (typeof ZONE_KINDS)[number];

export const Venue = defineEntity({
  name: 'Venue',
  tableName: 'venue',
  properties: {
    id: id(),
    code: p.text().unique(),
    name: p.text(),
    alsoKnownAs: p.text().nullable(),
    city: p.text(),
    state: p.text().nullable(),
    latitude: p.double().$type<number>().nullable(),
    longitude: p.double().$type<number>().nullable(),
    capacity: p.integer().nullable(),
    /** IANA name. */
    timeZone: p.text(),
  },
});
export type Venue = InferEntity<typeof Venue>;

export const Zone = defineEntity({
  name: 'Zone',
  tableName: 'zone',
  uniques: [{ properties: ['venueId', 'code'] }],
  properties: {
    id: id(),
    venueId: () => p.manyToOne(Venue).mapToPk().joinColumn('venue_id'),
    code: p.text(),
    name: p.text(),
    kind: p.enum(ZONE_KINDS),
  },
});
export type Zone = InferEntity<typeof Zone>;
