/**
 * A connection that says "somebody uses this server". When the server goes from under it, it has the server started
 * again and connects anew, until it is told to rest.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** Its `application_name`. */
export const KEEPER = 'tightrope keeper';
const RETRY_MS = 500;

export class Keeper {
  readonly #url: string;
  readonly #revive: () => Promise<unknown>;
  #client: Client | null = null;
  #resting = false;
  #reviving: Promise<void> = Promise.resolve();

  private constructor(url: string, revive: () => Promise<unknown>) {
    this.#url = url;
    this.#revive = revive;
  }

  /** `revive` resolves when the server answers. */
  static async start(url: string, revive: () => Promise<unknown>): Promise<Keeper> {
    const keeper = new Keeper(url, revive);
    await keeper.#connect();
    return keeper;
  }

  /** Starts nothing again any more; resolves when nothing is being started. */
  async rest(): Promise<void> {
    this.#resting = true;
    await this.#reviving;
  }

  /** Lets go of the server. */
  async end(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    streamOf(client).ref();
    await client.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const client = new Client({ connectionString: this.#url, application_name: KEEPER, keepAlive: true });
    client.on('error', () => {});
    await client.connect();
    client.once('end', () => this.#lose());
    this.#client = client;
    // It must not keep the process alive by itself, only while it is asked something.
    streamOf(client).unref();
  }

  #lose(): void {
    this.#client = null;
    if (!this.#resting) this.#reviving = this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    while (!this.#resting) {
      try {
        await this.#revive();
        await this.#connect();
        return;
      } catch {
        await sleep(RETRY_MS, null, { ref: false });
      }
    }
  }
}

const streamOf = (client: Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;
