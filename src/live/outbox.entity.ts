/** The truth of live delivery: events written in the commit that caused them, in the order of their transactions. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';

export const Outbox = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  indexes: [{ properties: ['topic', 'xid', 'id'], name: 'outbox_by_topic' }],
  properties: {
    xid: p.string().columnType('xid8').primary().defaultRaw('pg_current_xact_id()'),
    id: id().autoincrement(),
    /** `game:<key>`, `fan:<key>` or `partner:<key>`: which streams it belongs to. */
    topic: p.text(),
    kind: p.text(),
    /** Keys only, never a personal value. */
    payload: p.json<Record<string, string>>(),
    at: createdAt(),
    /** In which run of PostgreSQL it was written. */
    run: instant().defaultRaw('pg_postmaster_start_time()'),
  },
});
export type Outbox = InferEntity<typeof Outbox>;
