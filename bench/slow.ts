/**
 * One reader stops for a minute while a thousand events a second flow. What that costs the others: how long they wait for
 * an event, before and meanwhile; what it costs the server: memory, before and after. Then the reader comes back with the
 * cursor of the last event it has, and must be told everything it missed, in order and once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { percentile } from '../gameday/report.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import type { Benchmark } from './benchmark.ts';
import { rounded } from './figures.ts';
import { layOutGround, SUBJECT } from './ground/ground.ts';
import { LIVE_OFFERS } from './live-offers.ts';
import { Ours } from './ours.ts';

const QUICK = 16;
const SECONDS = 60;
const SECONDS_BEFORE = 10;
const PER_SECOND = 1_000;
const TICK_MS = 50;
const PATIENCE_MS = 180_000;
const TOO_SLOW = 4413;
const CURSOR = /"cursor":"([^"]+)"/;

export const run: Benchmark = async (say, { sockets: quick = QUICK, seconds = SECONDS, events }) => {
  const perTick = Math.max(1, Math.round(((events ?? PER_SECOND) * TICK_MS) / 1_000));
  const ground = await layOutGround(quick + 1);
  const ours = await Ours.start(ground);
  const readers: Reader[] = [];
  try {
    // All of them are told of one offer, whose end is then told again and again.
    await ours.prepare([1]);
    await ours.publish([1]);
    for (let place = 0; place <= quick; place += 1) readers.push(await Reader.open(ours.port, ground.gameId, place));
    const [slow, ...others] = readers as [Reader, ...Reader[]];
    const sent: number[] = [];
    const flow = async (lasting: number) => {
      const until = performance.now() + lasting * 1_000;
      for (let due = performance.now(); due < until; due += TICK_MS) {
        await sleep(Math.max(0, due - performance.now()));
        for (let event = 0; event < perTick; event += 1) sent.push(performance.now());
        await ours.server.ask('end', { like: 1, count: perTick });
      }
      await Promise.all(others.map((reader) => reader.heard(sent.length)));
    };
    const usage = () => ours.server.usage(true);

    await flow(Math.min(seconds, SECONDS_BEFORE));
    await slow.heard(sent.length);
    const [before, calm] = [await usage(), sent.length];
    slow.stop();
    await flow(seconds);
    const after = await usage();

    const code = await slow.goOn();
    if (![TOO_SLOW, 1006].includes(code)) throw new Error(`The slow reader was closed with ${code}.`);
    const had = slow.cursors.length;
    const began = performance.now();
    await slow.resume();
    await slow.heard(sent.length);
    const resumedMs = performance.now() - began;
    for (const { cursors } of others) {
      if (String(cursors) !== String(slow.cursors)) throw new Error('Readers were told different things.');
    }
    if (new Set(slow.cursors).size !== sent.length) throw new Error('An event came twice.');

    const delays = (from: number, to: number) =>
      others.flatMap(({ arrivals }) => arrivals.slice(from, to).map((at, place) => at - sent[from + place]!));
    const wait = (some: number[]) => ({ p50Ms: percentile(some, 0.5), p99Ms: percentile(some, 0.99) });
    const figures = { before: wait(delays(0, calm)), meanwhile: wait(delays(calm, sent.length)) };
    const grownKiB = rounded((after.rssBytes - before.rssBytes) / 1_024);
    const missed = sent.length - had;
    say(
      `${quick} readers beside one that stands still for ${seconds} s, ${perTick * (1_000 / TICK_MS)} events a second:`,
    );
    say(`  they wait ${figures.before.p50Ms} ms for an event before, p99 ${figures.before.p99Ms}`);
    say(
      `  and ${figures.meanwhile.p50Ms} ms meanwhile, p99 ${figures.meanwhile.p99Ms}; the process grew by ${grownKiB} KiB`,
    );
    say(`  the reader was told the ${missed} events that it missed in ${Math.round(resumedMs)} ms: 0 lost, 0 repeated`);
    return {
      readers: quick,
      seconds,
      events: sent.length,
      missed,
      lost: 0,
      repeated: 0,
      resumedMs: Math.round(resumedMs),
      grownKiB,
      figures,
    };
  } finally {
    for (const reader of readers) reader.close();
    await ours.stop();
    await ground.remove();
  }
};

/** Keeps of every event its cursor and when it came. */
class Reader {
  readonly cursors: string[] = [];
  readonly arrivals: number[] = [];
  readonly #connect: (after: string | null) => Promise<WebSocket>;
  #socket!: WebSocket;
  #first = Promise.withResolvers<void>();
  #waiting: { count: number; done: () => void } | null = null;

  private constructor(connect: (after: string | null) => Promise<WebSocket>) {
    this.#connect = connect;
  }

  static async open(port: number, gameId: string, place: number): Promise<Reader> {
    const authorization = `Bearer ${await issueDevelopmentToken('FAN', `${SUBJECT}${place}`)}`;
    const reader = new Reader(async (after) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
      socket.on('message', (data) => reader.#read(String(data)));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      const payload = { query: LIVE_OFFERS, variables: { gameId, after } };
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
      await new Promise((resolve) => socket.once('message', resolve));
      socket.send(JSON.stringify({ id: 'a', type: 'subscribe', payload }));
      return socket;
    });
    await reader.resume();
    return reader;
  }

  /** From now on, or after the last event that came. */
  async resume(): Promise<void> {
    this.#first = Promise.withResolvers<void>();
    this.#socket = await this.#connect(this.cursors.at(-1) ?? null);
    await this.#first.promise;
  }

  /** Resolves when so many events have come. */
  async heard(count: number): Promise<void> {
    if (this.cursors.length >= count) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = () => reject(new Error(`${this.cursors.length} of ${count} events came.`));
    const timer = setTimeout(late, PATIENCE_MS);
    this.#waiting = { count, done: resolve };
    await promise.finally(() => clearTimeout(timer));
  }

  /** As a phone in a pocket: the connection stands, and nobody reads. */
  stop(): void {
    this.#socket.pause();
  }

  /** Reads what lies there; with which code the server hung up meanwhile. */
  async goOn(): Promise<number> {
    const closed = new Promise<number>((resolve) => this.#socket.once('close', resolve));
    this.#socket.resume();
    return closed;
  }

  close(): void {
    this.#socket.terminate();
  }

  #read(text: string): void {
    if (text.includes('"StreamPosition"')) this.#first.resolve();
    if (!text.includes('"OfferEnded"')) return;
    this.cursors.push(CURSOR.exec(text)![1]!);
    this.arrivals.push(performance.now());
    if (this.#waiting && this.cursors.length >= this.#waiting.count) this.#waiting.done();
  }
}
