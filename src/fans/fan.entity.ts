/**
 * The data subject, enrolled under the `sub` of a verified token. Which scope each personal column needs in order to
 * be stored stands beside it, in FAN_COLUMN_SCOPES; `epoch` rises with each change of consent. A ward is a fan below
 * the age of consent, whom a guardian enrolled; a ward may be without a sign-in, and so without a subject.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ConsentScope } from '../consent/scopes.ts';
import { createdAt, id, instant } from '../db/columns.ts';
import { Team } from '../venues/game.entity.ts';

export const Fan = defineEntity({
  name: 'Fan',
  tableName: 'fan',
  uniques: [{ properties: ['guardianId', 'wardKey'] }],
  properties: {
    id: id(),
    subject: p.text().unique().nullable(),
    displayName: p.text().nullable(),
    email: p.text().nullable(),
    birthYear: p.smallint().nullable(),
    favoriteTeamId: () => p.manyToOne(Team).mapToPk().joinColumn('favorite_team_id').nullable(),
    /** ISO 3166, which decides the age below which a guardian consents. Empty: the operator's own. */
    jurisdiction: p.text().nullable(),
    guardianId: () => p.manyToOne(Fan).mapToPk().joinColumn('guardian_id').deleteRule('set null').nullable(),
    /** The idempotency key under which the guardian enrolled this ward. */
    wardKey: p.text().nullable(),
    /** When this fan is of age for certain; the database derives it from the year of birth, which it outlives. */
    minorUntil: instant().nullable(),
    /** When a browser first said `Sec-GPC: 1` for this fan. */
    partnersVetoedAt: instant().nullable(),
    epoch: p.bigint('string').default(1),
    enrolledAt: createdAt(),
  },
});
export type Fan = InferEntity<typeof Fan>;

/** Writing passes the gate like reading: a column is stored only while its scope is in force. */
export const FAN_COLUMN_SCOPES = {
  displayName: 'PROFILE',
  email: 'PROFILE',
  birthYear: 'PROFILE',
  favoriteTeamId: 'PROFILE_PREFERENCES',
} as const satisfies Partial<Record<keyof Fan, ConsentScope>>;
