/** The truth of live delivery: events written in the commit that caused them, in the order of their transactions. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id } from '../db/columns.ts';

export const Outbox = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  indexes: [{ properties: ['xid', 'id'] }, { properties: ['topic', 'xid', 'id'] }, { properties: ['at'] }],
  properties: {
    id: id(),
    xid: p.string().columnType('xid8').defaultRaw('pg_current_xact_id()'),
    /** `game:<key>`, `fan:<key>` or `partner:<key>`: which streams it belongs to. */
    topic: p.text(),
    kind: p.text(),
    /** Keys only, never a personal value. */
    payload: p.json<Record<string, string>>(),
    at: createdAt(),
  },
});
export type Outbox = InferEntity<typeof Outbox>;
