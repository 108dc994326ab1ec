/** The course of a game day: fans enroll, listen and arrive; then, all at once, partners announce and fans change their minds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { type Day, Fan, TEMPERS, type Temper } from './fan.ts';
import type { Announcement } from './journal.ts';
import { Sponsor } from './partner.ts';
import { inParallel } from './random.ts';

export interface Played {
  readonly fans: readonly Fan[];
  readonly announcements: readonly Announcement[];
  readonly sponsors: readonly Sponsor[];
}

/** A phase begins, with so many steps to come; then each step. */
export interface Progress {
  begin(phase: string, steps: number): void;
  step(): void;
}

const WIDTH = 32;
const ANNOUNCEMENTS_EACH = 14;
const ACTS_PER_FAN = 2;
/** How long a partner is away now and then: longer than a frame may be on its way. */
const AWAY_MS = 2_500;
/** Beyond the allowance for a delivery, so that what was due last is due before the end. */
const QUIET_MS = 2_000;

export interface Plan {
  readonly fans: number;
  readonly seed: number;
  /** How long the oracle allows a frame to take. */
  readonly deliveredMs: number;
  /** What goes wrong meanwhile. */
  readonly trouble: () => Promise<void>;
}

export async function play(day: Day, plan: Plan, progress: Progress): Promise<Played> {
  const fans = await invite(day, plan.fans, plan.seed);
  const each = async (phase: string, among: readonly Fan[], work: (fan: Fan) => Promise<void>) => {
    progress.begin(phase, among.length);
    await inParallel(among, WIDTH, async (fan) => {
      await work(fan);
      progress.step();
    });
  };
  await each('enrolling and consenting', fans, (fan) => fan.enroll());
  const sponsors = await Promise.all(
    day.partners.map(async ({ code }) => new Sponsor(day, code, await issueDevelopmentToken('PARTNER', code))),
  );
  await Promise.all(sponsors.map(({ line }) => line.listen()));
  await each('opening streams', fans, (fan) => fan.listen());
  const coming = fans.filter(({ temper }) => TEMPERS[temper].comes);
  await each('arriving', coming, (fan) => fan.checkIn());

  const announcements: Announcement[] = [];
  progress.begin(
    'announcing while fans change their minds',
    sponsors.length * ANNOUNCEMENTS_EACH + fans.length * ACTS_PER_FAN,
  );
  const announcing = sponsors.map(async (sponsor) => {
    for (let turn = 0; turn < ANNOUNCEMENTS_EACH; turn += 1) {
      const away = turn % 4 === 1;
      if (away) sponsor.line.hangUp();
      announcements.push(await sponsor.announce());
      if (away) {
        // Meanwhile fans withdraw what was captured: it must not come when the partner resumes.
        await sleep(AWAY_MS);
        await sponsor.line.listen();
      }
      if (turn % 5 === 4) await sponsor.end(announcements);
      progress.step();
      await sleep(500 + day.random.next() * 1_500);
    }
  });
  await Promise.all([...announcing, changeMinds(day, fans, progress), plan.trouble()]);

  progress.begin('waiting for the last frame', 1);
  await sleep(plan.deliveredMs + QUIET_MS);
  for (const fan of fans) fan.hangUp();
  for (const { line } of sponsors) line.hangUp();
  progress.step();
  announcements.sort((a, b) => a.sent - b.sent);
  return { fans, announcements, sponsors };
}

async function invite(day: Day, count: number, seed: number): Promise<Fan[]> {
  const run = `${Date.now().toString(36)}-${seed}`;
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const name = `fan-${run}-${number + 1}`;
      return new Fan(
        day,
        day.client.at(number),
        name,
        await issueDevelopmentToken('FAN', name),
        chooseTemper(day.random.next()),
      );
    }),
  );
}

function chooseTemper(chance: number): Temper {
  const tempers = Object.keys(TEMPERS) as Temper[];
  let left = chance;
  for (const temper of tempers) {
    left -= TEMPERS[temper].share;
    if (left < 0) return temper;
  }
  return tempers.at(-1)!;
}

/** Fans act one after another, each waiting for its own answers; spread over the announcements' time. */
async function changeMinds(day: Day, fans: readonly Fan[], progress: Progress): Promise<void> {
  const total = fans.length * ACTS_PER_FAN;
  const pause = (ANNOUNCEMENTS_EACH * 1_250) / total;
  const acts: Promise<void>[] = [];
  for (let act = 0; act < total; act += 1) {
    const fan = day.random.pick(fans);
    progress.step();
    await sleep(pause);
    if (fan.busy) continue;
    fan.busy = true;
    const done = fan.doSomething().finally(() => {
      fan.busy = false;
    });
    done.catch(() => {});
    acts.push(done);
  }
  await Promise.all(acts);
}
