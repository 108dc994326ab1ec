/** One soak: fans come, partners announce, everything goes wrong; then everybody leaves, and it is seen what is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLClient } from '../gameday/client.ts';
import { Random } from '../gameday/random.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { Beat } from './beat.ts';
import { Churn } from './churn.ts';
import type { Announced } from './journal.ts';
import type { Nodes } from './nodes.ts';
import { type Evening, HABITS, type Habit, Phone } from './phone.ts';
import type { RedisProcess } from './redis-process.ts';
import { Sponsor } from './sponsor.ts';
import { type Kills, makeTrouble } from './trouble.ts';

const PARTNERS = ['demo-partner', 'demo-partner-2', 'demo-partner-3'];
const CHURN_SOCKETS = 24;
const OVER_SSE = 0.15;
const SAMPLE_MS = 2_000;
/** Nothing is on its way any more when nothing has come for so long; but nobody waits for ever. */
const QUIET_MS = 10_000;
const QUIET_WITHIN_MS = 180_000;
const EMPTY_WITHIN_MS = 30_000;
const LOOK = `{
  currentPolicy { version }
  games(first: 1, filter: { status: LIVE }) { edges { node { id } } }
}`;

export interface Plan {
  readonly minutes: number;
  readonly fans: number;
  /** Subscriptions a second that are opened and closed. */
  readonly churn: number;
  readonly seed: number;
  readonly nodes: Nodes;
  readonly redis: RedisProcess | null;
  readonly tick: (phase: string, share: number) => void;
}

export interface Soaked {
  readonly phones: readonly Phone[];
  readonly announced: readonly Announced[];
  readonly subscribes: number;
  readonly churnLeaks: readonly string[];
  readonly kills: Kills;
  /** What the nodes still held of their clients when all had gone. */
  readonly listenersLeft: number;
}

export async function soak(plan: Plan): Promise<Soaked> {
  const { nodes, redis, tick } = plan;
  const totalMs = plan.minutes * 60_000;
  const random = new Random(plan.seed);
  const endpoints = () => nodes.urls;
  const client = new GraphQLClient(endpoints);
  const { data } = await client.ask(null, LOOK, {});
  const gameId: string = data.games.edges[0].node.id;
  const beat = new Beat();
  const evening: Evening = { gameId, policyVersion: data.currentPolicy.version, beat };

  tick('fans are coming', 0);
  const phones = await bringPhones(evening, client, plan, random);
  const tokens = await bringChurn(client, evening, plan.seed);
  const churn = new Churn({ endpoints, gameId, perSecond: plan.churn, tokens });

  const ends = performance.now() + totalMs;
  const over = () => performance.now() >= ends;
  const announced: Announced[] = [];
  const announcing = PARTNERS.map(async (code) => {
    const sponsor = new Sponsor(client, { code, token: await issueDevelopmentToken('PARTNER', code), gameId });
    while (!over()) {
      announced.push(await sponsor.announce());
      await sleep(300 + random.next() * 900);
    }
  });
  const sampling = (async () => {
    while (!over()) {
      tick('soaking', 1 - (ends - performance.now()) / totalMs);
      await nodes.sampleHeaps();
      await sleep(SAMPLE_MS);
    }
  })();
  const habits = phones.map((phone) => live(phone, random, over));
  const trouble = makeTrouble({ nodes, redis, totalMs });
  const [kills] = await Promise.all([trouble, sampling, ...announcing, ...habits]);

  tick('waiting for the last frame', 1);
  churn.stop();
  await untilQuiet(phones);
  for (const { line } of phones) line.hangUp();
  const listenersLeft = await countLeft(nodes);
  beat.stop();
  return { phones, announced, subscribes: churn.done + phones.length, churnLeaks: churn.leaks, kills, listenersLeft };
}

async function untilQuiet(phones: readonly Phone[]): Promise<void> {
  const began = performance.now();
  const latest = () => Math.max(began, ...phones.map(({ frames }) => frames.at(-1)?.at ?? 0));
  while (performance.now() - latest() < QUIET_MS && performance.now() - began < QUIET_WITHIN_MS) await sleep(500);
}

async function bringPhones(evening: Evening, client: GraphQLClient, plan: Plan, random: Random): Promise<Phone[]> {
  const kinds = Object.keys(HABITS) as Habit[];
  const phones: Phone[] = [];
  for (const habit of kinds) {
    const count = Math.max(1, Math.round(plan.fans * HABITS[habit].share));
    for (let number = 0; number < count; number += 1) {
      const name = `soak-${plan.seed}-${phones.length + 1}`;
      const token = await issueDevelopmentToken('FAN', name);
      const overSse = habit !== 'reads slowly' && random.chance(OVER_SSE);
      phones.push(new Phone(evening, client.at(phones.length), { name, habit, token, overSse }));
    }
  }
  const queue = phones.values();
  const bring = async () => {
    for (const phone of queue) await phone.come();
  };
  await Promise.all(Array.from({ length: 8 }, bring));
  return phones;
}

/** They are there and want no offers. */
async function bringChurn(client: GraphQLClient, { policyVersion }: Evening, seed: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let number = 0; number < CHURN_SOCKETS; number += 1) {
    const name = `churn-${seed}-${number + 1}`;
    const token = await issueDevelopmentToken('FAN', name);
    await client.must(token, 'enrollFan', { displayName: name, policyVersion });
    tokens.push(token);
  }
  return tokens;
}

async function live(phone: Phone, random: Random, over: () => boolean): Promise<void> {
  const pause = (least: number, most: number) => sleepUntil(least + random.next() * (most - least), over);
  while (!over()) {
    if (phone.habit === 'changes their mind') {
      await pause(3_000, 25_000);
      const scope = random.chance(0.6) ? 'OFFERS_LIVE' : 'PERSONALIZATION';
      await phone.withdraw([scope]);
      await pause(200, 5_000);
      await phone.grant([scope]);
    } else if (phone.habit === 'reads slowly') {
      await pause(1_000, 4_000);
      await phone.line.stall(random.next() * 8_000);
    } else {
      await pause(1_000, 1_000);
    }
  }
}

async function sleepUntil(ms: number, over: () => boolean): Promise<void> {
  const ends = performance.now() + ms;
  while (!over() && performance.now() < ends) await sleep(Math.min(500, Math.max(1, ends - performance.now())));
}

/** Nodes may take a moment to see that their clients have gone. */
async function countLeft(nodes: Nodes): Promise<number> {
  const deadline = performance.now() + EMPTY_WITHIN_MS;
  for (;;) {
    const left = await nodes.countLeft();
    if (left === 0 || performance.now() > deadline) return left;
    await sleep(250);
  }
}
