/**
 * The load generator's process: thousands of subscribers of one contestant. It tells when the last of them has received
 * an event, how many frames and bytes came, and every fault.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { issueDevelopmentToken } from '../../src/identity/development-issuer.ts';
import { SUBJECT } from '../ground/ground.ts';
import { CLASSES, classOf } from '../live-offers.ts';
import { now, serveParent } from '../process/serve.ts';
import { PROTOCOLS, type ProtocolName } from './protocols.ts';
import { type Crowd, Subscriber } from './subscriber.ts';

export interface Crowded {
  readonly protocol: ProtocolName;
  readonly port: number;
  readonly gameId: string;
  readonly keepsCursors: boolean;
  /** Whether the server wants to know who it is. */
  readonly tokens: boolean;
}

export interface Counts {
  readonly frames: number;
  readonly bytes: number;
  readonly faults: readonly string[];
  readonly faultCount: number;
}

/** The kernel lends some 28,000 ports towards one server; beyond these come from other loopback addresses of our own. */
const PER_ADDRESS = 20_000;
const NETWORK = `127.${1 + (process.pid % 250)}.0`;
/** How many are on their way in at once. */
const WIDTH = 64;
const FAULTS_TOLD = 10;

let crowd: Crowd;
let tokens = false;
const subscribers: Subscriber[] = [];
let [frames, bytes, faultCount] = [0, 0, 0];
const faults: string[] = [];
/** The event that all are to receive, how many have, and whoever waits to hear of it. */
let target = Number.POSITIVE_INFINITY;
let reached = 0;
let waiting: PromiseWithResolvers<number> | null = null;

const fault = (what: string) => {
  faultCount += 1;
  if (faults.length < FAULTS_TOLD) faults.push(what);
};

function received(subscriber: Subscriber, size: number): void {
  frames += 1;
  bytes += size;
  if (subscriber.last !== target) return;
  reached += 1;
  if (reached === subscribers.length) waiting?.resolve(now());
}

/** Opens some more; resolves when all of them have asked for their subscription. */
async function open(places: readonly number[]): Promise<void> {
  const made = await Promise.all(
    places.map(async (place) => {
      const block = Math.floor(place / PER_ADDRESS);
      const address = block === 0 ? null : `${NETWORK}.${block}`;
      const token = tokens ? await issueDevelopmentToken('FAN', `${SUBJECT}${place}`) : null;
      const subscriber = new Subscriber(crowd, classOf(place), address, token);
      subscriber.keepsSample = place < CLASSES;
      return subscriber;
    }),
  );
  subscribers.push(...made);
  await openAll(made);
}

async function openAll(those: readonly Subscriber[]): Promise<void> {
  const rest = those[Symbol.iterator]();
  const worker = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await next.value.open();
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}

serveParent({
  begin: (input: Crowded) => {
    const protocol = PROTOCOLS[input.protocol];
    tokens = input.tokens;
    crowd = { ...input, protocol, received, fault, lost: () => fault('the server closed the socket') };
  },
  open: async ({ from, count }: { from: number; count: number }) => {
    const at = now();
    await open(Array.from({ length: count }, (_, place) => from + place));
    return { fromMs: at, toMs: now() };
  },
  /** Before the event is sent: from now on it is waited for. */
  aim: (event: number) => {
    target = event;
    reached = subscribers.filter(({ last }) => last >= event).length;
    waiting = Promise.withResolvers<number>();
    if (reached === subscribers.length) waiting.resolve(now());
  },
  /** When the last of them had it; null if they have not by then. */
  arrival: async (patienceMs: number): Promise<number | null> => {
    const timeout = Promise.withResolvers<null>();
    const timer = setTimeout(() => timeout.resolve(null), patienceMs);
    const at = await Promise.race([waiting!.promise, timeout.promise]);
    clearTimeout(timer);
    return at;
  },
  counts: (): Counts => ({ frames, bytes, faults, faultCount }),
  /** The latest frame of one subscriber per class. */
  samples: () => subscribers.slice(0, CLASSES).map(({ sample }) => sample),
  cut: () => {
    for (const subscriber of subscribers) subscriber.cut();
  },
  /** All of them again, each after the last event it has received. */
  resume: async () => {
    const at = now();
    await openAll(subscribers);
    return { fromMs: at, toMs: now() };
  },
  /** How long each of the latest comers waited for its first event, once all of them have one. */
  joinDelays: async ({ count, patienceMs }: { count: number; patienceMs: number }): Promise<number[]> => {
    const comers = subscribers.slice(-count);
    const deadline = performance.now() + patienceMs;
    while (comers.some(({ firstAt }) => firstAt === null)) {
      if (performance.now() > deadline)
        throw new Error(
          `${comers.filter(({ firstAt }) => firstAt === null).length} of ${count} who joined have received no event.`,
        );
      await sleep(5);
    }
    return comers.map(({ openedAt, firstAt }) => firstAt! - openedAt);
  },
});
