/** Whoever owns the database may try: each thing is changed once, and the fan, or any stranger, finds out. */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollFan, mutate } from '../../support/operations.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const VERIFY = '{ me { verifyLedger { ok entries head } } }';

/** One byte of a column, turned over. */
const bend = (column: string) => `set ${column} = set_byte(${column}, 20, 255 - get_byte(${column}, 20))`;
const OWN = 'in (select entry_id from ledger_opening where fan_id = $fan)';

const DEEDS: readonly (readonly [string, string])[] = [
  ['the ciphertext of an entry', `update ledger_entry ${bend('ciphertext')} where id ${OWN}`],
  ['the leaf of an entry', `update ledger_entry ${bend('leaf')} where id ${OWN}`],
  ['the salt of an entry', `update ledger_opening ${bend('salt')} where fan_id = $fan`],
  ["the fan's key", `update fan_key ${bend('wrapped')} where fan_id = $fan`],
  [
    'the entries of two acts, one for the other',
    `with two as (
       select min(entry_id) as a, max(entry_id) as b from ledger_opening where fan_id = $fan
     )
     update ledger_opening o set entry_id = -x.id
     from (select a as old, b as id from two union all select b, a from two) x where o.entry_id = x.old;
     update ledger_opening set entry_id = -entry_id where entry_id < 0`,
  ],
  [
    'the order of two entries',
    `with two as (
       select min(index) as a, max(index) as b from ledger_leaf where entry_id ${OWN}
     )
     update ledger_leaf l set index = -x.other
     from (select a as place, b as other from two union all select b, a from two) x where l.index = x.place;
     update ledger_leaf set index = -index where index < 0`,
  ],
  ['a node of the tree', `update ledger_node ${bend('hash').replaceAll('20', '3')} where level = 1`],
  ['the nodes of the tree, by removing one', 'delete from ledger_node where level = 1'],
  ['the signed head, by an older one', 'delete from ledger_head where size = (select max(size) from ledger_head)'],
  [
    'the signature of the head',
    `update ledger_head set jws = regexp_replace(jws, '\\.[^.]{8}([^.]*)$', '.AAAAAAAA\\1')
     where size = (select max(size) from ledger_head)`,
  ],
  [
    'an act, by removing it from the ledger',
    `delete from ledger_opening where entry_id = (select max(entry_id) from ledger_opening where fan_id = $fan)`,
  ],
];

describe('a fan who verifies the ledger', () => {
  let server: TestServer;
  let orm: MikroORM;
  beforeAll(async () => {
    server = await startTestServer();
    orm = server.services.orm;
  });
  afterAll(() => server.close());

  /** What the owner of the database may do: triggers are off, and in the end all is put back. */
  const tamper = async (fanId: string, deed: string, look: () => Promise<void>): Promise<void> => {
    await server.services.ledger.close();
    const em = orm.em.fork();
    const tables = ['ledger_entry', 'ledger_opening', 'fan_key', 'ledger_leaf', 'ledger_node', 'ledger_head'];
    const superuser = (statements: string) =>
      em.execute(`set session_replication_role = replica; ${statements}; reset session_replication_role`);
    await superuser(tables.map((table) => `create table saved_${table} as table ${table}`).join(';'));
    try {
      await superuser(deed.replaceAll('$fan', fanId));
      await look();
    } finally {
      await superuser(
        tables.map((t) => `truncate ${t}; insert into ${t} table saved_${t}; drop table saved_${t}`).join(';'),
      );
    }
  };

  it.each(DEEDS)('finds out who changed %s', async (_, deed) => {
    const { token, subject } = await enrollFan(server, ['ANALYTICS']);
    await mutate(server, token, 'withdrawConsent', { scopes: ['ANALYTICS'] });
    const [fan] = await orm.em.fork().execute<{ id: string }[]>(sql`select id from fan where subject = ${subject}`);
    const verify = async () => (await server.ask(token, VERIFY)).data.me.verifyLedger;
    expect(await verify()).toMatchObject({ ok: true, entries: 3 });
    await tamper(fan!.id, deed, async () => expect(await verify()).toMatchObject({ ok: false }));
    expect(await verify()).toMatchObject({ ok: true, entries: 3 });
  });
});
