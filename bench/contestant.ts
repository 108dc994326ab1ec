/**
 * A contestant: a server and its crowd of subscribers, each in a process of its own. Events are sent one tick after the
 * other: the next when the last subscriber has received the one before, so that nobody gains by putting off.
 */
import type { Templates } from './live-offers.ts';
import type { Counts, Crowded } from './load/main.ts';
import type { ProtocolName } from './load/protocols.ts';
import { Child } from './process/child.ts';

export const PEERS = ['raw', 'yoga', 'mercurius', 'graphql-subscriptions', 'socket.io'] as const;
export type PeerName = (typeof PEERS)[number] | 'null';

const PATIENCE_MS = 120_000;
const PROBE_MS = 3_000;
const PROBES = 20;
const LOAD = new URL('./load/main.ts', import.meta.url);
/** Some peers make Node warn of what they are meant to do here: a listener per subscriber. */
const QUIET = { NODE_NO_WARNINGS: '1' };
const PEER = new URL('./peers/main.ts', import.meta.url);

/** Several ticks of one contestant, as they were measured. */
export interface Round {
  readonly deliveries: number;
  readonly bytes: number;
  /** From the first event of each tick to the last frame received, all ticks together. */
  readonly seconds: number;
  /** What the server's process spent, in milliseconds, while the ticks lasted. */
  readonly serverCpuMs: number;
  readonly loadCpuMs: number;
}

export class Contestant {
  readonly name: string;
  readonly server: Child;
  readonly load: Child;
  sockets = 0;
  /** The number of the next event. */
  next = 1;

  constructor(name: string, server: Child, load: Child) {
    this.name = name;
    this.server = server;
    this.load = load;
  }

  static async ofPeer(name: PeerName, templates: Templates): Promise<Contestant> {
    const contestant = new Contestant(name, new Child(PEER, [name], QUIET), new Child(LOAD));
    const port = await contestant.server.ask<number>('listen', templates);
    const protocol: ProtocolName = name === 'raw' || name === 'null' ? 'raw' : name === 'socket.io' ? name : 'graphql';
    await contestant.begin({ protocol, port, gameId: 'bench', keepsCursors: false, tokens: false });
    return contestant;
  }

  begin(crowd: Crowded): Promise<void> {
    return this.load.ask('begin', crowd);
  }

  /** Opens so many more; what it returns is how long that took. */
  async join(count: number): Promise<number> {
    const from = this.sockets;
    this.sockets += count;
    const { fromMs, toMs } = await this.load.ask<{ fromMs: number; toMs: number }>('open', { from, count });
    return toMs - fromMs;
  }

  /** What has to be there before the clock runs. */
  async prepare(_events: readonly number[]): Promise<void> {}

  /** When the sending began, by the machine's clock. */
  publish(events: readonly number[]): Promise<number> {
    return this.server.ask<number>('publish', events);
  }

  /** Sends until every subscriber has received one: not every server says when it has subscribed somebody. */
  async settle(): Promise<void> {
    for (let probe = 0; probe < PROBES; probe += 1) {
      await this.prepare([this.next]);
      if ((await this.#tick([this.next++], PROBE_MS)) !== null) return;
    }
    throw new Error(`${this.name}: not all of ${this.sockets} subscribers receive events.`);
  }

  /** @throws Error when an event does not reach all, or something else than the next one came. */
  async measure(ticks: number, eventsPerTick: number): Promise<Round> {
    const events = Array.from({ length: ticks * eventsPerTick }, (_, place) => this.next + place);
    await this.prepare(events);
    const before = await this.#read();
    let milliseconds = 0;
    for (let tick = 0; tick < ticks; tick += 1) {
      const some = events.slice(tick * eventsPerTick, (tick + 1) * eventsPerTick);
      this.next += some.length;
      const took = await this.#tick(some, PATIENCE_MS);
      if (took === null) throw new Error(`${this.name}: event ${some.at(-1)} did not reach all ${this.sockets}.`);
      milliseconds += took;
    }
    const after = await this.#read();
    const { faults } = after.counts;
    if (faults.length > 0) throw new Error(`${this.name}: ${faults.join('; ')}`);
    const deliveries = after.counts.frames - before.counts.frames;
    if (deliveries !== events.length * this.sockets) {
      throw new Error(`${this.name}: ${deliveries} frames came for ${events.length} events to ${this.sockets}.`);
    }
    return {
      deliveries,
      bytes: after.counts.bytes - before.counts.bytes,
      seconds: milliseconds / 1_000,
      serverCpuMs: after.server.cpuMs - before.server.cpuMs,
      loadCpuMs: after.load.cpuMs - before.load.cpuMs,
    };
  }

  /** The latest frames of one subscriber per class. */
  samples(): Promise<string[]> {
    return this.load.ask<string[]>('samples');
  }

  async stop(): Promise<void> {
    await Promise.all([this.load.stop(), this.server.stop()]);
  }

  /** How long it took until all had it; null if they have not in time. */
  async #tick(events: readonly number[], patienceMs: number): Promise<number | null> {
    await this.load.ask('aim', events.at(-1));
    const began = await this.publish(events);
    const arrived = await this.load.ask<number | null>('arrival', patienceMs);
    return arrived === null ? null : arrived - began;
  }

  async #read() {
    const [server, load, counts] = await Promise.all([
      this.server.usage(),
      this.load.usage(),
      this.load.ask<Counts>('counts'),
    ]);
    return { server, load, counts };
  }
}
