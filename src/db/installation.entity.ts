/** The one row that says which installation this database is, and since when its history can be resumed. */
import { defineEntity, p } from '@mikro-orm/core';

export const Installation = defineEntity({
  name: 'Installation',
  tableName: 'installation',
  properties: {
    id: p.smallint().primary().autoincrement(false).default(1).check('id = 1'),
    /** Names it, where several share something. */
    key: p.uuid().defaultRaw('gen_random_uuid()'),
    /** Whether `app_now()` may be set by a session. False wherever NODE_ENV is production. */
    timeTravel: p.boolean().default(false),
    /** Outbox events below this transaction id have been pruned. */
    outboxHorizon: p.bigint('string').default(0),
  },
});
