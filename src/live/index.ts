/**
 * Live delivery within one node: opens streams over topics, feeds them from the relay, and tells the gates of all
 * nodes whom to forget. The bus stays private: outside this folder there are only `emit`, `wake` and `open`.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { ConsentGate } from '../consent/gate.ts';
import type { LeaseKeeper } from '../consent/lease/lease-keeper.ts';
import { InputError } from '../errors.ts';
import type { Seal } from '../graphql/ids.ts';
import { type Backlog, readBacklog } from './backlog.ts';
import { Bus } from './bus/bus.ts';
import { PostgresWire } from './bus/postgres-wire.ts';
import { RedisWire } from './bus/redis-wire.ts';
import type { WakeUp } from './bus/wake-up.ts';
import { History, HistoryChanged, type Resumption } from './history.ts';
import { Cursors, type Position } from './position.ts';
import { Relay } from './relay.ts';
import { keepTurning } from './retention.ts';
import { LiveStream, type Source } from './stream.ts';
import { Topic } from './topic.ts';

export type { Backlog } from './backlog.ts';

import type { LiveEvent } from './outbox.ts';

export { emit, fanTopic, gameTopic, type LiveEvent, partnerTopic } from './outbox.ts';
export type { Position } from './position.ts';
export { Audience, NOBODY, readWhereabouts } from './shared/audience.ts';
export {
  type Audiences,
  type Broadcast,
  type BroadcastEvent,
  BroadcastStream,
  type Lineages,
} from './shared/broadcast.ts';
export type { LiveStream, StreamItem } from './stream.ts';

export interface LiveOptions {
  readonly orm: MikroORM;
  readonly url: string;
  /** Null: nodes wake each other through PostgreSQL alone. */
  readonly redis: Redis | null;
  readonly gate: ConsentGate;
  readonly lease: LeaseKeeper;
  /** Seals the cursors. */
  readonly seal: Seal;
  readonly log: Logger;
}

export class Live {
  readonly #orm: MikroORM;
  readonly #topics = new Map<string, Topic>();
  readonly #bus: Bus;
  readonly #history: History;
  readonly #relay: Relay;
  readonly #stopTurning: () => void;
  readonly #source: Source;
  #streams = 0;
  readonly cursors: Cursors;

  private constructor({ orm, url, redis, gate, lease, seal, log }: LiveOptions, installation: string) {
    this.#orm = orm;
    this.cursors = new Cursors(seal);
    this.#history = new History(orm, this.cursors);
    this.#relay = new Relay(orm, this.#history, log, {
      publish: (events) => this.#publish(events),
      part: (at) => {
        for (const topic of this.#topics.values()) {
          topic.part(at);
          topic.wake();
        }
      },
    });
    this.#stopTurning = keepTurning(orm, log);
    this.#source = {
      history: this.#history,
      head: () => this.#relay.head,
      left: ({ name, topic }) => {
        this.#streams -= 1;
        if (topic.listeners.size === 0 && this.#topics.get(name) === topic) this.#topics.delete(name);
      },
    };
    const hear = (wakeUp: WakeUp) => {
      for (const fan of wakeUp.fans ?? []) gate.forget(fan);
      if (wakeUp.outbox) this.#relay.wake();
      if (wakeUp.log) lease.wake();
    };
    this.#bus = new Bus({
      postgres: new PostgresWire(orm, url, log, hear),
      redis: redis && new RedisWire(redis, installation, log, hear),
      log,
      hear,
    });
  }

  static async start(options: LiveOptions): Promise<Live> {
    const rows = await options.orm.em.fork().execute<{ key: string }[]>(sql`select key from installation`);
    const live = new Live(options, rows[0]!.key);
    await live.#relay.start();
    await live.#bus.listen();
    return live;
  }

  /** Every event up to here has been handed to its topic. */
  get head(): Position {
    return this.#relay.head;
  }

  /** After a commit that wrote to the outbox. */
  wake(): void {
    this.#bus.wake({ outbox: true });
  }

  /** After a commit that gave a fan's consent, or changed where they are. */
  consentChanged(fanId: string): void {
    this.#bus.wake({ fans: [fanId] });
  }

  /** After a commit that took consent away from one fan, or (null) from many. */
  consentEnded(fanId: string | null): void {
    this.#bus.wake({ log: true, fans: fanId === null ? [] : [fanId] });
  }

  /**
   * Opens a stream over a topic, from now or after a cursor of that stream.
   * @throws InputError for a cursor of something else.
   */
  async open(topicName: string, after: string | null): Promise<LiveStream> {
    const start = after === null ? { from: this.#relay.head, gap: null } : await this.#resume(topicName, after);
    const topic = this.#topics.get(topicName) ?? new Topic(this.#relay.head);
    this.#topics.set(topicName, topic);
    this.#streams += 1;
    return new LiveStream(this.#source, topicName, topic, start);
  }

  /** What is open now, for whoever watches this node. */
  get census(): { streams: number; topics: number; listeners: number } {
    const listeners = [...this.#topics.values()].reduce((sum, topic) => sum + topic.listeners.size, 0);
    return { streams: this.#streams, topics: this.#topics.size, listeners };
  }

  /** Over what the other nodes are woken. */
  get wakeUps(): { redisUp: boolean | null; sent: { readonly redis: number; readonly postgres: number } } {
    return { redisUp: this.#bus.redisUp, sent: this.#bus.sent };
  }

  /** What is committed and not yet handed out here, and for how long it has been kept back. */
  readBacklog(): Promise<Backlog> {
    return readBacklog(this.#orm.em.fork(), this.head);
  }

  async close(): Promise<void> {
    this.#stopTurning();
    await Promise.all([this.#relay.close(), this.#bus.close()]);
  }

  async #resume(topicName: string, after: string): Promise<Resumption> {
    const cursor = this.cursors.open(after);
    if (cursor?.stream !== topicName) throw new InputError('after is not a cursor of this stream.', 'after');
    try {
      return await this.#history.resume(cursor);
    } catch (error) {
      if (!(error instanceof HistoryChanged)) throw error;
      await this.#relay.follow();
      return this.#history.resume(cursor);
    }
  }

  #publish(events: readonly LiveEvent[]): void {
    const touched = new Set<Topic>();
    for (const event of events) {
      const topic = this.#topics.get(event.topic);
      topic?.append(event);
      if (topic) touched.add(topic);
    }
    for (const topic of touched) topic.wake();
  }
}
