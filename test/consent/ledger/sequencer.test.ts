/** The sequencer: whatever commits, in whatever order, has one place in the tree, and nothing in the ledger ever changes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEVELOPMENT_MASTER_KEY } from '../../../src/config.ts';
import { withdrawScopes } from '../../../src/consent/grants.service.ts';
import { appendEntry, createSealer, Ledger, type SealedAct } from '../../../src/consent/ledger/index.ts';
import { connectOrm } from '../../../src/db/orm.ts';
import { createLog } from '../../../src/log.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readLedger } from '../../support/ledger.ts';
import { askRule } from '../../support/rule.ts';

/** The advisory lock that the sequencers of all nodes share. */
const SEQUENCER_LOCK = 7_469_677;

const sealer = createSealer(DEVELOPMENT_MASTER_KEY);

describe('the sequencer', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let ledgers: Ledger[];
  beforeEach(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url, { max: 20 });
    ledgers = [];
  });
  afterEach(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await orm.close(true);
    await database.drop();
  });

  const start = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      ledgers.push(await Ledger.start(orm, DEVELOPMENT_MASTER_KEY, createLog('silent')));
    }
    return ledgers;
  };
  const seal = async (fanId: string): Promise<SealedAct> => {
    await orm.em.fork().execute(sql`insert into fan (id, subject) values (${fanId}, ${fanId}) on conflict do nothing`);
    return (await sealer).seal(orm.em.fork(), {
      action: 'GRANTED',
      fanId,
      scopes: [{ scope: 'PROFILE', duration: 'STANDING', until: null }],
      recipientId: null,
      gameId: null,
      policyOrdinal: null,
    });
  };
  /** One act, whose transaction stays open for a moment after its entry was written. */
  const append = async (fanId: string, hold = 0): Promise<void> => {
    const act = await seal(fanId);
    await orm.em.fork().transactional(async (em) => {
      await appendEntry(em, act);
      if (hold > 0) await sleep(hold);
    });
  };
  /** Eight writers whose transactions overtake each other, and nodes that are woken by each commit. */
  const writeFromEight = async (acts: number): Promise<void> => {
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < acts; n += 1) {
        await append(String(writer + 1), (writer * 7 + n * 3) % 13);
        ledgers[n % ledgers.length]?.wake();
      }
    });
    await Promise.all(writers);
  };
  const expectWhole = async (entries: number): Promise<void> => {
    const ledger = await readLedger(orm);
    expect(ledger).toMatchObject({ entries, leaves: entries, pending: 0 });
    expect(ledger.indices).toEqual(Array.from({ length: entries }, (_, index) => index));
    expect(new Set(ledger.entryIds).size).toBe(entries);
    expect(ledger.heads.at(-1)!.size).toBe(entries);
    for (const { size, root } of ledger.heads) expect(root).toBe(ledger.rootAt(size));
  };

  it('loses and repeats nothing under eight writers', async () => {
    const [ledger] = await start(1);
    await writeFromEight(25);
    await ledger!.flush();
    await expectWhole(200);
  });

  it('is one at a time, however many nodes try', async () => {
    const nodes = await start(3);
    await writeFromEight(25);
    await Promise.all(nodes.map((node) => node.flush()));
    await expectWhole(200);
  });

  it('waits for the node that is at work', async () => {
    const [ledger] = await start(1);
    const atWork = new Client({ connectionString: database.url });
    await atWork.connect();
    await atWork.query('select pg_advisory_lock($1)', [SEQUENCER_LOCK]);
    await append('1');
    const flushed = ledger!.flush().then(() => 'did not wait');
    expect(await Promise.race([flushed, untilSomeoneWaitsFor('advisory').then(() => 'waits')])).toBe('waits');
    expect(await readLedger(orm)).toMatchObject({ leaves: 0, pending: 1 });
    await atWork.end();
    await flushed;
    await expectWhole(1);
  });

  it('keeps the order of the acts of one fan', async () => {
    const rule = askRule(orm);
    await rule.policy(1, false);
    const fan = await rule.fan();
    const [ledger] = await start(1);
    for (let n = 0; n < 5; n += 1) {
      await rule.grant(fan, ['PROFILE']);
      ledger!.wake();
      await rule.withdraw(fan, ['PROFILE']);
    }
    await ledger!.flush();
    const [{ acts, placed }] = (await rule.sql(`
      select array_agg(c.act_id order by c.id) as acts, array_agg(c.act_id order by l.index) as placed
      from consent_event c join ledger_opening o on o.act_id = c.act_id join ledger_leaf l on l.entry_id = o.entry_id`)) as [
      { acts: string[]; placed: string[] },
    ];
    expect(acts).toHaveLength(10);
    expect(placed).toEqual(acts);
  });

  it('does not wait for a transaction that has nothing to do with it', async () => {
    const [ledger] = await start(1);
    const idler = new Client({ connectionString: database.url });
    await idler.connect();
    await idler.query('begin; select pg_current_xact_id()');
    await append('1');
    await ledger!.flush();
    await expectWhole(1);
    await idler.end();
  });

  it('signs the empty tree before the first act', async () => {
    const [ledger] = await start(1);
    await ledger!.flush();
    await expectWhole(0);
  });

  it('leaves nothing half done when its process is killed in the middle', async () => {
    await writeFromEight(5);
    const blocker = new Client({ connectionString: database.url });
    await blocker.connect();
    await blocker.query('begin; lock table ledger_head in access exclusive mode');
    const node = spawn(process.execPath, [
      fileURLToPath(new URL('../../support/sequence-forever.ts', import.meta.url)),
      database.url,
    ]);
    await untilSomeoneWaitsFor('into ledger_head').finally(() => kill(node));
    await blocker.query('commit');
    await blocker.end();
    const [ledger] = await start(1);
    await ledger!.flush();
    await expectWhole(40);
  });

  it('never puts one act into the ledger twice', async () => {
    const act = await seal('1');
    await appendEntry(orm.em.fork(), act);
    await expect(appendEntry(orm.em.fork(), act)).rejects.toThrow(/unique/);
    const again = { ...(await seal('1')), actId: act.actId };
    await expect(appendEntry(orm.em.fork(), again)).rejects.toThrow(/unique/);
  });

  it.each(['ledger_entry', 'ledger_leaf', 'ledger_node', 'ledger_head'])('lets nobody change %s', async (table) => {
    const [ledger] = await start(1);
    await append('1');
    await ledger!.flush();
    const column = { ledger_entry: 'leaf', ledger_leaf: 'entry_id', ledger_node: 'hash', ledger_head: 'jws' }[table];
    for (const change of [
      `update ${table} set ${column} = ${column}`,
      `delete from ${table}`,
      `truncate ${table}`,
      `merge into ${table} t using (select 1) s on true when matched then delete`,
    ]) {
      await expect(orm.em.fork().execute(change)).rejects.toThrow(/append-only/);
    }
    await expectWhole(1);
  });

  async function untilSomeoneWaitsFor(what: string): Promise<void> {
    for (;;) {
      const waiting = await orm.em.fork().execute(sql`
        select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like ${`%${what}%`}`);
      if (waiting.length > 0) return;
      await sleep(20);
    }
  }

  async function kill(node: ChildProcess): Promise<void> {
    const exited = once(node, 'exit');
    node.kill('SIGKILL');
    await exited;
  }
});

describe('an act of consent', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  beforeEach(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
  });
  afterEach(async () => {
    await orm.close(true);
    await database.drop();
  });

  it('is in the ledger in the same commit, or not at all', async () => {
    const rule = askRule(orm);
    await rule.policy(1, false);
    const fan = await rule.fan();
    await rule.sql('alter table ledger_pending add constraint full_disk check (entry_id < 2)');
    await rule.grant(fan, ['PROFILE']);
    await expect(rule.withdraw(fan, ['PROFILE'])).rejects.toThrow(/full_disk/);
    expect((await rule.decide(fan)).holds('PROFILE')).toBe(true);
    expect(await readLedger(orm)).toMatchObject({ entries: 1, pending: 1 });
  });

  it('of withdrawing refuses to be part of a longer transaction, under whose lock others would wait', async () => {
    const act = { fanId: '1', scopes: ['PROFILE'] as const, recipientId: null, erase: false };
    const within = orm.em.fork().transactional(async (em) => withdrawScopes(em, act, await sealer));
    await expect(within).rejects.toThrow('commits by itself');
    const [clock] = await orm.em.fork().execute<{ seq: string }[]>(sql`select seq from consent_clock`);
    expect(clock!.seq).toBe('0');
  });
});
