/**
 * Wake-ups over the channels of Redis or Valkey, which keep nothing: what is sent while a node does not listen is lost
 * to it, so that whoever comes back has everything looked at. It is up while both of its connections answer, asked
 * every second: one that is silent is as good as gone.
 */
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { LOOK_EVERYWHERE, readWakeUp, type WakeUp, type Wire } from './wake-up.ts';

const BEAT_MS = 1_000;

export class RedisWire implements Wire {
  readonly #redis: Redis;
  /** A connection that listens can ask for nothing else. */
  readonly #ear: Redis;
  readonly #channel: string;
  readonly #beat: NodeJS.Timeout;
  #listens = false;
  #answers = true;

  /** `name` keeps installations on one Redis apart: channels know no databases. */
  constructor(redis: Redis, name: string, log: Logger, hear: (wakeUp: WakeUp) => void) {
    this.#redis = redis;
    this.#channel = `tightrope:wake:${name}`;
    this.#ear = redis.duplicate({ connectionName: 'tightrope bus', autoResubscribe: false, lazyConnect: true });
    // What is wrong is told by the other connection.
    this.#ear.on('error', () => {});
    this.#ear.on('close', () => {
      this.#listens = false;
    });
    this.#ear.on('ready', () => {
      this.#ear.subscribe(this.#channel).then(
        () => {
          this.#listens = true;
          hear(LOOK_EVERYWHERE);
        },
        () => this.#ear.disconnect(true),
      );
    });
    this.#ear.on('message', (_, message) => {
      const wakeUp = readWakeUp(message);
      if (wakeUp) hear(wakeUp);
      else log.warn('the bus received something that is no wake-up');
    });
    this.#beat = setInterval(() => void this.#ask(), BEAT_MS);
    this.#beat.unref();
  }

  get up(): boolean {
    return this.#listens && this.#answers && this.#redis.status === 'ready';
  }

  async listen(): Promise<void> {
    await this.#ear.connect().catch(() => {});
  }

  async send(message: string): Promise<void> {
    try {
      await this.#redis.publish(this.#channel, message);
    } catch (error) {
      this.#answers = false;
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.#ear.disconnect();
  }

  async #ask(): Promise<void> {
    const answers = await Promise.allSettled([this.#redis.ping(), this.#ear.ping()]);
    this.#answers = answers.every(({ status }) => status === 'fulfilled');
  }
}
