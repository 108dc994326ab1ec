/** Two nodes of a server over one PostgreSQL, `here` by way of the proxy, and the obstacles that need no more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Obstacles, Place, Release } from './adapter.ts';
import { DatabaseProxy } from './database-proxy.ts';
import { type NodeCommand, NodeProcess } from './node-process.ts';

export class TwoNodes {
  readonly #nodes: Readonly<Record<Place, NodeProcess>>;
  readonly proxy: DatabaseProxy;

  private constructor(proxy: DatabaseProxy, nodes: Record<Place, NodeProcess>) {
    this.proxy = proxy;
    this.#nodes = nodes;
  }

  /** `there` starts first, and may prepare the database. */
  static async start(databaseUrl: string, command: (databaseUrl: string) => NodeCommand): Promise<TwoNodes> {
    const proxy = new DatabaseProxy(databaseUrl);
    const here = new NodeProcess(command(await proxy.listen()));
    const there = new NodeProcess(command(databaseUrl));
    const nodes = new TwoNodes(proxy, { here, there });
    try {
      await there.start();
      await here.start();
      return nodes;
    } catch (error) {
      await nodes.close();
      throw error;
    }
  }

  url(place: Place): string {
    return this.#nodes[place].url;
  }

  async close(): Promise<void> {
    await Promise.all([this.#nodes.here.kill(), this.#nodes.there.kill()]);
    await this.proxy.close();
  }

  /** Those that every server has whose nodes share one PostgreSQL and wake each other by its notifications. */
  obstacles(): Required<Omit<Obstacles, 'holdBack' | 'pauseResolver'>> {
    const { here } = this.#nodes;
    return {
      loseWakeUps: async () => {
        this.proxy.dropNotifications(true);
        return async () => this.proxy.dropNotifications(false);
      },
      cutDatabase: async (how) => {
        this.proxy.cut(how);
        return async () => this.proxy.heal();
      },
      freeze: async () => {
        here.freeze();
        return async () => here.thaw();
      },
      restart: async () => {
        await here.kill();
        await here.start();
      },
    };
  }
}

/** A connection of the suite's own, past the proxy. */
export async function connectTo(databaseUrl: string): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'conformance' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Whoever reads the table waits: a resolver that does so stays open in the middle. */
export async function lockTable(
  databaseUrl: string,
  table: string,
): Promise<{ reached: () => Promise<void>; release: Release }> {
  const client = await connectTo(databaseUrl);
  await client.query(`begin; lock table ${table} in access exclusive mode`);
  return {
    reached: async () => {
      for (;;) {
        const { rows } = await client.query(
          'select 1 from pg_locks where relation = $1::regclass and not granted limit 1',
          [table],
        );
        if (rows.length > 0) return;
        await sleep(20);
      }
    },
    release: async () => {
      await client.query('commit');
      await client.end();
    },
  };
}
