/**
 * Grants as state, events as the record. `consent_event` is append-only: triggers refuse UPDATE, and DELETE
 * while there is the fan whose record it is. The ledger's tree, its receipts and the leases build upon it.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';
import { CONSENT_SCOPES } from './scopes.ts';

export const GRANT_DURATIONS = ['STANDING', 'GAME', 'UNTIL'] as const;
export type GrantDuration = (typeof GRANT_DURATIONS)[number];

export const ConsentGrant = defineEntity({
  name: 'ConsentGrant',
  tableName: 'consent_grant',
  indexes: [
    { properties: ['fanId', 'scope', 'recipientId'] },
    { properties: ['recipientId', 'scope', 'fanId'], where: 'ended_at is null and recipient_id is not null' },
  ],
  properties: {
    id: id(),
    fanId: p.bigint('string'),
    scope: p.enum(CONSENT_SCOPES),
    /** Empty: the operator. */
    recipientId: p.bigint('string').nullable(),
    duration: p.enum(GRANT_DURATIONS),
    gameId: p.bigint('string').nullable(),
    /** The sitting of the game that was consented to; a resumption is another one. */
    gameSession: p.integer().nullable(),
    /** The cap, fixed when the grant was given. */
    expiresAt: instant().nullable(),
    policyOrdinal: p.integer(),
    /** The key of the first grant of an unbroken chain. A gap starts a new one. */
    lineage: p.bigint('string'),
    grantedAt: createdAt(),
    endedAt: instant().nullable(),
    endReason: p.enum(['WITHDRAWN', 'REPLACED', 'VETOED']).nullable(),
  },
});
export type ConsentGrant = InferEntity<typeof ConsentGrant>;

export const ConsentEvent = defineEntity({
  name: 'ConsentEvent',
  tableName: 'consent_event',
  indexes: [{ properties: ['fanId', 'id'] }],
  properties: {
    id: id(),
    /** One act of granting or withdrawing may name several scopes; it has one id. */
    actId: p.uuid(),
    fanId: p.bigint('string'),
    action: p.enum(['GRANTED', 'WITHDRAWN', 'PAUSED', 'VETOED']),
    /** Empty for a pause and for the veto of partners: all scopes. */
    scope: p.enum(CONSENT_SCOPES).nullable(),
    recipientId: p.bigint('string').nullable(),
    duration: p.enum(GRANT_DURATIONS).nullable(),
    gameId: p.bigint('string').nullable(),
    expiresAt: instant().nullable(),
    policyOrdinal: p.integer().nullable(),
    at: createdAt(),
  },
});
export type ConsentEvent = InferEntity<typeof ConsentEvent>;

/** The row whose lock makes `seq` the commit order of everything that takes consent away. */
export const ConsentClock = defineEntity({
  name: 'ConsentClock',
  tableName: 'consent_clock',
  properties: {
    id: p.smallint().primary().autoincrement(false).default(1).check('id = 1'),
    seq: p.bigint('string').default(0),
  },
});

/** What a cache must forget, in commit order. An entry names one fan, or a game, a policy or a partner: one row, not 40,000. */
export const ConsentLog = defineEntity({
  name: 'ConsentLog',
  tableName: 'consent_log',
  properties: {
    seq: p.bigint('string').primary().autoincrement(false),
    fanId: p.bigint('string').nullable(),
    gameId: p.bigint('string').nullable(),
    policyId: p.bigint('string').nullable(),
    partnerId: p.bigint('string').nullable(),
    at: createdAt(),
  },
});

/** Which nodes may show what consent allows, and up to where in the log each has applied it. */
export const ConsentLease = defineEntity({
  name: 'ConsentLease',
  tableName: 'consent_lease',
  properties: {
    node: p.uuid().primary(),
    /** Stands still when the node does. */
    renewals: p.bigint('string').default(0),
    acked: p.bigint('string'),
    joinedAt: createdAt(),
  },
});
