/** However much one viewer asks for at once, over whatever transport, the others are answered meanwhile. */
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/process.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { openSocket, TRANSPORTS } from '../support/transports.ts';

const AT_ONCE = 4;
/** More than there are connections to the database. */
const GREEDY = 31;
const SLOW = { query: '{ venues(first: 1) { edges { node { id } } } }' };
const QUICK = { query: '{ games(first: 1) { edges { node { id } } } }' };
const viewerOf = ({ data }: Answer) => data?.venues.edges.length;

describe('whoever asks for much at once', () => {
  let server: TestServer;
  /** One holds the lock, and the other looks: within a transaction one sees what one saw first. */
  let [keeper, watcher]: Client[] = [];
  beforeAll(async () => {
    server = await startTestServer({ settings: { OPERATIONS_PER_VIEWER: String(AT_ONCE) } });
    keeper = new Client({ connectionString: server.databaseUrl });
    watcher = new Client({ connectionString: server.databaseUrl });
    await Promise.all([keeper.connect(), watcher.connect()]);
  });
  afterAll(async () => {
    await Promise.all([keeper!.end(), watcher!.end()]);
    await server.close();
  });

  const waiting = async (): Promise<number> => {
    const { rows } = await watcher!.query(
      `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows[0].count;
  };
  /** While `work` runs, whoever asks for venues waits for them. */
  const whileVenuesAreLocked = async (work: () => Promise<void>) => {
    await keeper!.query('begin; lock table venue in access exclusive mode');
    await work().finally(() => keeper!.query('rollback'));
  };
  const othersAreAnswered = async () => {
    for (const ask of Object.values(TRANSPORTS)) {
      const answer = await ask(server.url, QUICK, await tokenOf('FAN', 'modest'));
      expect(answer.data.games.edges).toHaveLength(1);
    }
    expect(await waiting()).toBe(AT_ONCE);
  };

  it.each(Object.entries(TRANSPORTS))('over %s has so much done at once, and the rest in turn', async (name, ask) => {
    const greedy = await tokenOf('FAN', `greedy over ${name}`);
    let answers: Promise<Answer[]> | undefined;
    await whileVenuesAreLocked(async () => {
      answers = Promise.all(Array.from({ length: GREEDY }, () => ask(server.url, SLOW, greedy)));
      await until(async () => (await waiting()) >= AT_ONCE);
      await othersAreAnswered();
    });
    expect((await answers!).map(viewerOf)).toEqual(Array(GREEDY).fill(1));
  });

  it('on one socket has no more done at once than on many', async () => {
    const socket = await openSocket(server.url, await tokenOf('FAN', 'greedy on one socket'));
    await whileVenuesAreLocked(async () => {
      for (let n = 0; n < GREEDY; n += 1) socket.send({ id: `${n}`, type: 'subscribe', payload: SLOW });
      await until(async () => (await waiting()) >= AT_ONCE);
      await othersAreAnswered();
    });
    for (let n = 0; n < GREEDY; n += 1) await socket.heard(({ id, type }) => id === `${n}` && type === 'next');
    socket.close();
  });
});
