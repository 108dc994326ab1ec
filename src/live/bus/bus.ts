/**
 * Wake-ups between nodes. What happened is always read from PostgreSQL, so that losing every message loses no event: it
 * costs a look that the relay and the lease take by themselves. They travel over Redis where there is one and it
 * answers, otherwise over PostgreSQL; every node listens to both. Private to `live/`.
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RedisWire } from './redis-wire.ts';
import { type WakeUp, type Wire, writeWakeUp } from './wake-up.ts';

/** NOTIFY refuses payloads of 8,000 bytes and more. */
const FANS_PER_MESSAGE = 300;

export interface BusOptions {
  readonly postgres: Wire;
  /** Null: there is none. */
  readonly redis: RedisWire | null;
  readonly log: Logger;
  readonly hear: (wakeUp: WakeUp) => void;
}

export class Bus {
  readonly #postgres: Wire;
  readonly #redis: RedisWire | null;
  readonly #log: Logger;
  readonly #hear: (wakeUp: WakeUp) => void;
  readonly sent = { redis: 0, postgres: 0 };
  #pending: { outbox: boolean; log: boolean; fans: Set<string> } | null = null;
  readonly #sending = new Set<Promise<void>>();
  #closed = false;

  constructor({ postgres, redis, log, hear }: BusOptions) {
    this.#postgres = postgres;
    this.#redis = redis;
    this.#log = log;
    this.#hear = hear;
  }

  /** Null: it knows of none. */
  get redisUp(): boolean | null {
    return this.#redis ? this.#redis.up : null;
  }

  /** Listens until closed, and again after each loss of a connection. Nobody waits for Redis. */
  async listen(): Promise<void> {
    void this.#redis?.listen();
    await this.#postgres.listen();
  }

  /** Call it after the commit. Wake-ups of one tick travel as one message. */
  wake(wakeUp: WakeUp): void {
    this.#hear(wakeUp);
    if (!this.#pending) {
      this.#pending = { outbox: false, log: false, fans: new Set() };
      const sending = nextTick().then(() => this.#send());
      this.#sending.add(sending);
      void sending.then(() => this.#sending.delete(sending));
    }
    this.#pending.outbox ||= wakeUp.outbox ?? false;
    this.#pending.log ||= wakeUp.log ?? false;
    for (const fan of wakeUp.fans ?? []) this.#pending.fans.add(fan);
  }

  /** Whoever closes the database next must not do so under a wake-up that waits for a connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#sending);
    await Promise.all([this.#postgres.close(), this.#redis?.close()]);
  }

  async #send(): Promise<void> {
    const { outbox, log, fans } = this.#pending!;
    this.#pending = null;
    const rest = [...fans];
    try {
      do await this.#hand(writeWakeUp({ outbox, log, fans: rest.splice(0, FANS_PER_MESSAGE) }));
      while (rest.length > 0);
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, 'a wake-up could not be sent');
    }
  }

  /** What Redis has not confirmed goes over PostgreSQL too: to be woken twice harms nobody. */
  async #hand(message: string): Promise<void> {
    if (this.#redis?.up) {
      const handed = await this.#redis.send(message).then(
        () => true,
        () => false,
      );
      if (handed) {
        this.sent.redis += 1;
        return;
      }
    }
    await this.#postgres.send(message);
    this.sent.postgres += 1;
  }
}
