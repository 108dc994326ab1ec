/** The order of events is that of transaction ids as numbers, across every power of ten. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { readOutbox } from '../../src/live/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the outbox', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });

  it('is read so that no event is behind a later one, or a client that keeps its place would lose it', async () => {
    const xids = ['9', '10', '99', '100', '101'];
    for (const xid of [...xids].reverse()) {
      await orm.em.fork().execute(sql`
        insert into outbox (xid, topic, kind, payload) values (${xid}::xid8, 'game:1', 'OFFER_ENDED', '{}')`);
    }
    const events = await readOutbox(orm.em.fork(), { xid: 0n, id: 0n }, 10);
    expect(events.map(({ position }) => String(position.xid))).toEqual(xids);
    const [next] = await readOutbox(orm.em.fork(), events[1]!.position, 1);
    expect(next!.position.xid).toBe(99n);
  });
});
