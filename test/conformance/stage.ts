/** One subject and one stream on a cluster: what a case is written with. Everything done here is told to the judge. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Consent, Obstacles, OpenStream, Place, Release, Subject, Transport } from './adapter.ts';
import { ServerError } from './adapter.ts';
import { GRACE_MS, Judge } from './judge.ts';

/** A node that has not been heard of for so long must not be waited for, nor go on sending. */
export const LEASE_MS = 2_000;
const ARRIVES_WITHIN_MS = 8_000;

/** The server under test lacks what the case needs. */
export class NotApplicable extends Error {}
/** The case could not be played to its end. */
export class Stuck extends Error {}

export class Stage {
  readonly judge = new Judge();
  readonly lost = new Set<string>();
  /** What the stream complained of. */
  readonly troubles: string[] = [];
  readonly #cluster: Cluster;
  readonly #transport: Transport;
  readonly #releases: Release[] = [];
  #subject: Subject = '';
  #stream: OpenStream | null = null;

  constructor(cluster: Cluster, transport: Transport) {
    this.#cluster = cluster;
    this.#transport = transport;
  }

  /** A new subject with both consents. */
  async enroll(): Promise<void> {
    const sent = performance.now();
    this.#subject = await this.#cluster.enroll();
    this.judge.granted('EVENT', sent);
    this.judge.granted('FIELD', sent);
  }

  /** A new subject with both consents, whose stream is open, in use, and shows what is consented to. */
  async enter(): Promise<void> {
    await this.enroll();
    await this.open();
    await this.settle(true);
  }

  /** A stream may take a moment to be open; the first event that it brings shows that it is. */
  async settle(shown = false): Promise<void> {
    const deadline = performance.now() + 3 * ARRIVES_WITHIN_MS;
    const events: string[] = [];
    while (performance.now() < deadline) {
      events.push(await this.publish());
      if (!(await this.#came(events, shown, ARRIVES_WITHIN_MS / 4))) continue;
      // What was asked for while the stream was slow must not be under way any more when the case begins.
      if (await this.#came(events.slice(-1), shown, ARRIVES_WITHIN_MS)) return;
    }
    throw new Stuck(`the open stream brought no event${shown ? ' that shows what is consented to' : ''}`);
  }

  async open(after: string | null = null): Promise<void> {
    this.#stream = await this.#cluster.open({
      subject: this.#subject,
      transport: this.#transport,
      after,
      receive: (frame) => this.judge.received(frame),
      trouble: (message) => this.troubles.push(message),
    });
  }

  /** The client's side of the stream; what it received stays judged. */
  leave(): void {
    this.#stream?.close();
    this.#stream = null;
  }

  get lastCursor(): string {
    const cursor = this.judge.frames.findLast((frame) => frame.cursor !== null)?.cursor;
    if (!this.#cluster.resumes || !cursor) throw new NotApplicable('streams cannot be resumed');
    return cursor;
  }

  async publish(): Promise<string> {
    const sent = performance.now();
    const event = await this.#cluster.publish();
    this.judge.announced(event, { sent, returned: performance.now() });
    return event;
  }

  async withdraw(place: Place, consent: Consent): Promise<void> {
    await this.#cluster.withdraw(place, this.#subject, consent);
    this.judge.withdrawn(consent, performance.now());
  }

  /** The server must answer, and must not call it a success. */
  async failToWithdraw(place: Place, consent: Consent): Promise<void> {
    try {
      await this.#cluster.withdraw(place, this.#subject, consent);
    } catch (error) {
      if (error instanceof ServerError) return;
      throw new Stuck('the withdrawal was not answered');
    }
    throw new Stuck('the withdrawal was called a success');
  }

  async grant(place: Place, consent: Consent): Promise<void> {
    const sent = performance.now();
    await this.#cluster.grant(place, this.#subject, consent);
    this.judge.granted(consent, sent);
  }

  /** Puts an obstacle in the way; it is out of the way when the case is over, at the latest. */
  async hinder<Name extends Exclude<keyof Obstacles, 'pauseResolver' | 'restart'>>(
    name: Name,
    ...options: Parameters<NonNullable<Obstacles[Name]>>
  ): Promise<Release> {
    const hinder = this.#cluster[name] as ((...options: unknown[]) => Promise<Release>) | undefined;
    if (!hinder) throw new NotApplicable(`the server has no ${name}`);
    return this.#once(await hinder.call(this.#cluster, ...options));
  }

  async restart(): Promise<void> {
    if (!this.#cluster.restart) throw new NotApplicable('the server has no restart');
    await this.#cluster.restart();
  }

  /** Publishes an event whose execution on `here` then stands still inside a resolver. */
  async publishIntoResolver(): Promise<{ event: string; release: Release }> {
    if (!this.#cluster.pauseResolver) throw new NotApplicable('the server has no pauseResolver');
    const deliver = await this.hinder('holdBack');
    const event = await this.publish();
    const paused = await this.#cluster.pauseResolver();
    const release = this.#once(paused.release);
    await deliver();
    const late = sleep(ARRIVES_WITHIN_MS, null, { ref: false }).then(() => {
      throw new Stuck('no resolver was reached');
    });
    await Promise.race([paused.reached(), late]);
    return { event, release };
  }

  /** These must come; with `shown`, each with its value. What does not come is lost. */
  async arrive(events: readonly string[], shown = false): Promise<void> {
    const came = await Promise.all(events.map((event) => this.#came([event], shown, ARRIVES_WITHIN_MS)));
    for (const [place, event] of events.entries()) if (!came[place]) this.lost.add(event);
  }

  async pastGrace(): Promise<void> {
    await sleep(GRACE_MS + 100);
  }

  async pastLease(): Promise<void> {
    await sleep(LEASE_MS + 500);
  }

  async close(): Promise<void> {
    this.leave();
    for (const release of this.#releases) await release();
  }

  /** Whether one of them came in time. */
  async #came(events: readonly string[], shown: boolean, patience: number): Promise<boolean> {
    const deadline = performance.now() + patience;
    for (;;) {
      const came = this.judge.frames.some(({ event, value }) => events.includes(event!) && (!shown || value !== null));
      if (came) return true;
      if (performance.now() >= deadline) return false;
      await sleep(10);
    }
  }

  #once(release: Release): Release {
    let released: Promise<void> | null = null;
    const once = () => {
      released ??= release();
      return released;
    };
    this.#releases.push(once);
    return once;
  }
}
