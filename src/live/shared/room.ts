/**
 * Everybody on this node who listens to one broadcast and misses nothing of it that is not in memory. Each event is
 * executed once for each class of them and written to their sockets, in the order of connections.
 *
 * One batch is worked off after the other, in turns: what is new, for those who have heard everything else, and what
 * those who have come back have missed, for all of them together. Right before a member's bytes are written it is looked
 * at again whether what was decided for that member still stands; where it does not, the batch is planned anew for those.
 * Whoever cannot be served here (too slow, another answer than its class, consent in motion) goes on by itself from where
 * it stands, and comes back: nothing is lost or told twice on the way.
 */
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '../../context.ts';
import type { LiveEvent } from '../outbox.ts';
import { isAway } from '../passing.ts';
import type { Position } from '../position.ts';
import { POSITION_EVERY_MS } from '../stream.ts';
import type { Topic } from '../topic.ts';
import type { Broadcast } from './broadcast.ts';
import type { Member } from './member.ts';
import { type Plan, Planner } from './planner.ts';

/** How many events of one tick are told in one write. */
const BATCH = 64;
const LOOKS = 3;
/**
 * How many members are planned for at once: few at first, so that writing begins early, and then many, since PostgreSQL
 * reads whom an event concerns once a group.
 */
const FIRST_GROUP = 512;
const GROUP = 8_192;
/** How many groups are planned for while those before them are written to. */
const AHEAD = 2;
/** The event loop is given back after so many milliseconds of writing. */
const SLICE_MS = 10;
const LOOK_AT_CLOCK_EVERY = 64;
const REGAIN_MS = 1_000;
const RETRY_MS = [50, 100, 250, 500, 1_000];

/** What is told to those who have heard no more than `heard`, and where they stand after it. */
interface Until {
  readonly heard: number;
  readonly serial: number;
  readonly position: Position;
}

/** Some members, with the serial of what each had heard when planning for them began. */
interface Planned {
  readonly group: readonly Member[];
  readonly heard: readonly number[];
}

export class Room {
  readonly #services: Services;
  readonly #planner: Planner;
  readonly #head: () => Position;
  readonly #onEmpty: () => void;
  readonly #members = new Set<Member>();
  /** Those who have heard less than the room has told. */
  readonly #behind = new Set<Member>();
  readonly topic: Topic;
  #ordered: readonly Member[] | null = null;
  #serial = 0;
  #running = false;
  #positionDue = false;
  #rouse: () => void = () => {};

  constructor(services: Services, broadcast: Broadcast, topic: Topic, head: () => Position, onEmpty: () => void) {
    this.#services = services;
    this.#planner = new Planner(services, broadcast);
    this.topic = topic;
    this.#head = head;
    this.#onEmpty = onEmpty;
  }

  get size(): number {
    return this.#members.size;
  }

  /** For a member whose position memory covers. */
  join(member: Member): void {
    member.serial = this.topic.serialAt(member.position);
    this.#members.add(member);
    this.#ordered = null;
    if (!this.#running) this.#serial = this.topic.serial;
    if (member.serial < this.#serial) {
      this.#behind.add(member);
      this.#rouse();
    }
    if (this.#running) return;
    this.#running = true;
    this.topic.listeners.add(this);
    void this.#run();
  }

  has(member: Member): boolean {
    return this.#members.has(member);
  }

  leave(member: Member): void {
    if (!this.#members.delete(member)) return;
    this.#behind.delete(member);
    this.#ordered = null;
    if (this.#members.size === 0) this.#close();
  }

  wake(): void {
    this.#rouse();
  }

  #close(): void {
    this.topic.listeners.delete(this);
    this.#onEmpty();
    this.#rouse();
  }

  async #run(): Promise<void> {
    const timer = setInterval(() => {
      this.#positionDue = true;
      this.#rouse();
    }, POSITION_EVERY_MS);
    timer.unref();
    while (this.#members.size > 0) {
      const events = this.topic.after(this.#serial, BATCH);
      if (!events) this.#dismiss(this.#members);
      else if (events.length > 0) await this.#tellNew(events);
      // In turns: neither waits until there is nothing left of the other.
      if (this.#behind.size > 0) await this.#catchUp();
      else if (events?.length === 0) await this.#rest();
    }
    clearInterval(timer);
    this.#running = false;
  }

  /** To those who have heard everything else. */
  async #tellNew(events: readonly LiveEvent[]): Promise<void> {
    const [from, to] = [this.#serial, this.#serial + events.length];
    this.#serial = to;
    // Whoever joined since the first of these came has heard some of them alone, or all.
    const some = this.#inOrder().filter(({ serial }) => serial >= from && serial < to);
    await this.#tell(events, from, some);
  }

  /** Until something comes, or somebody. */
  async #rest(): Promise<void> {
    if (this.#positionDue) {
      this.#positionDue = false;
      return this.#tellPosition();
    }
    await new Promise<void>((resolve) => {
      this.#rouse = resolve;
    });
  }

  /** From what the one has heard who has heard least; the others are told what of it is left for them. */
  async #catchUp(): Promise<void> {
    for (const member of this.#behind) if (member.serial >= this.#serial) this.#behind.delete(member);
    const behind = inOrder(this.#behind);
    const from = behind.reduce((least, { serial }) => Math.min(least, serial), this.#serial);
    const events = this.topic.after(from, Math.min(BATCH, this.#serial - from));
    if (!events) this.#dismiss(behind);
    else if (events.length > 0) {
      const some = behind.filter(({ serial }) => serial < from + events.length);
      await this.#tell(events, from, some);
    }
  }

  /** Members who have heard what comes before these events, or some of them. */
  async #tell(events: readonly LiveEvent[], after: number, members: readonly Member[]): Promise<void> {
    const batch = this.#planner.begin(events, after);
    const serial = after + events.length;
    const until = { heard: serial - 1, serial, position: events.at(-1)!.position };
    let waiting = members;
    for (let looks = 0; looks < LOOKS && waiting.length > 0; looks += 1) {
      waiting = await this.#tellAll(waiting, until, (group, heard) => this.#planner.plan(batch, group, heard));
    }
    this.#dismiss(waiting);
  }

  async #tellPosition(): Promise<void> {
    const [serial, position] = [this.#serial, this.#head()];
    const batch = this.#planner.beginPosition(position);
    const until = { heard: serial, serial, position };
    const current = this.#inOrder().filter((member) => member.serial >= serial);
    await this.#tellAll(current, until, (group) => this.#planner.planPosition(batch, group));
  }

  /** Group by group: while one is written to, the next are planned for. Answers for whom their plan no longer stood. */
  async #tellAll(
    members: readonly Member[],
    until: Until,
    planFor: (group: readonly Member[], heard: readonly number[]) => Promise<Plan>,
  ): Promise<Member[]> {
    const groups = inGroups(members);
    const begin = (group: readonly Member[]) => {
      const heard = group.map(({ serial }) => serial);
      const wanted = () => group.some((member) => this.has(member));
      return { group, heard, planned: this.#held(() => planFor(group, heard), wanted) };
    };
    const ahead = groups.splice(0, AHEAD).map(begin);
    const again: Member[] = [];
    for (let next = ahead.shift(); next; next = ahead.shift()) {
      const plan = await next.planned;
      ahead.push(...groups.splice(0, 1).map(begin));
      if (plan) again.push(...(await this.#write(plan, next, until)));
      else this.#dismiss(next.group);
    }
    return again;
  }

  /** Tries until there is a plan, or nobody to make it for. Without a lease, or the database, everybody's cursor stands. */
  async #held(plan: () => Promise<Plan>, wanted: () => boolean): Promise<Plan | null> {
    for (let tries = 0; wanted(); tries += 1) {
      try {
        if (await this.#services.gate.lease.whenHeld(REGAIN_MS)) return await plan();
      } catch (error) {
        // What is wrong otherwise must not silence everybody: each goes on by itself.
        if (!isAway(error)) return null;
        await sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
      }
    }
    return null;
  }

  /** To those who have heard no more than `until.heard`. Answers for whom the plan no longer stood. */
  async #write(plan: Plan, { group, heard }: Planned, { serial, position, ...until }: Until): Promise<Member[]> {
    const again: Member[] = [];
    let sliceEnds = performance.now() + SLICE_MS;
    let now: number | null = null;
    for (let place = 0; place < group.length; place += 1) {
      if (place % LOOK_AT_CLOCK_EVERY === 0) {
        if (performance.now() > sliceEnds) {
          await nextTick();
          sliceEnds = performance.now() + SLICE_MS;
        }
        now = this.#services.gate.lease.present();
      }
      const member = group[place]!;
      const route = plan[place]!;
      if (!this.has(member) || member.serial > until.heard) continue;
      // It has been away meanwhile, and has heard more alone.
      if (member.serial !== heard[place]) again.push(member);
      else if (route.kind === 'BY_ITSELF') this.#dismiss([member]);
      else if (route.decision && (now === null || !member.isDecided(route.decision, now))) again.push(member);
      else if (route.frames && !member.outlet.writable) this.#dismiss([member]);
      else {
        if (route.frames) member.outlet.write(route.frames, member.id);
        member.serial = serial;
        member.position = position;
      }
    }
    return again;
  }

  #dismiss(members: Iterable<Member>): void {
    for (const member of members) {
      if (!this.has(member)) continue;
      this.leave(member);
      member.dismissed();
    }
  }

  #inOrder(): readonly Member[] {
    this.#ordered ??= inOrder(this.#members);
    return this.#ordered;
  }
}

/** Of connections: their memory lies in that order too. */
const inOrder = (members: Iterable<Member>): Member[] => [...members].sort((a, b) => a.outlet.number - b.outlet.number);

function inGroups(members: readonly Member[]): (readonly Member[])[] {
  const groups: (readonly Member[])[] = [];
  for (let from = 0, size = FIRST_GROUP; from < members.length; from += size, size = GROUP) {
    groups.push(members.slice(from, from + size));
  }
  return groups;
}
