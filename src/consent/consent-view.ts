/**
 * Consent as one request or one event sees it: decisions are asked once and then stand still, so that an answer is
 * consistent in itself. It must therefore never outlive its request or event.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { Viewer } from '../identity/viewer.ts';
import { DENIAL, type Decision, type DecisionKey, wasHeld } from './decision.ts';
import type { ConsentGate } from './gate.ts';
import type { ConsentScope } from './scopes.ts';

/** Whose data something is, and in what context it is looked at. */
export interface ConsentSubject {
  readonly fanId: string;
  readonly gameId?: string | null;
  /** For a stream's event: the lineages under which it was captured. */
  readonly captured?: readonly string[];
}

/** What a fan has to do with the venues of a member of staff, now. */
interface Dealings {
  readonly present: boolean;
  /** Whether the fan holds a claim there that can still be redeemed. */
  readonly claims: boolean;
}
const NO_DEALINGS: Dealings = { present: false, claims: false };

export class ConsentView {
  readonly #gate: ConsentGate;
  readonly #orm: MikroORM;
  readonly #viewer: Viewer;
  readonly #decisions = new Map<string, Promise<Decision>>();
  readonly #dealings = new Map<string, Promise<Dealings>>();
  readonly #guarded = new Map<string, Promise<boolean>>();
  readonly #doubted = new Set<string>();
  readonly #used: { readonly key: DecisionKey; readonly decision: Decision }[] = [];

  constructor(gate: ConsentGate, orm: MikroORM, viewer: Viewer) {
    this.#gate = gate;
    this.#orm = orm;
    this.#viewer = viewer;
  }

  /** After a change by this very request: its answer is decided anew. */
  renew(): void {
    this.#used.length = 0;
    this.#decisions.clear();
    this.#dealings.clear();
    this.#guarded.clear();
  }

  /** What is in force towards a recipient: the one that this viewer is, unless another is named. */
  decide(subject: ConsentSubject, recipientId: string | null = this.#recipientId): Promise<Decision> {
    const key = { fanId: subject.fanId, recipientId, gameId: subject.gameId ?? null };
    const name = `${key.fanId}|${key.gameId ?? ''}|${recipientId ?? ''}`;
    const decision = this.#decisions.get(name) ?? this.#use(key);
    this.#decisions.set(name, decision);
    return decision;
  }

  async #use(key: DecisionKey): Promise<Decision> {
    const decision = await this.#gate.decide(key);
    this.#used.push({ key, decision });
    return decision;
  }

  /**
   * The second look, for the tick that writes: whether everything that was decided here would be decided the same now.
   * Synchronous. Without a lease nothing stands but what asked for nothing.
   */
  stands(): boolean {
    if (this.#used.length === 0) return true;
    const now = this.#gate.lease.present();
    return now !== null && this.#used.every(({ key, decision }) => this.#gate.confirms(key, decision, now));
  }

  /**
   * Asks again for what the gate has forgotten meanwhile, as it does when the wake-up of a grant comes late: then `stands`
   * can tell whether anything has changed. Without a lease it cannot.
   */
  async recall(): Promise<void> {
    await Promise.allSettled(this.#used.map(({ key }) => this.#gate.decide(key)));
  }

  /** For what failed as nothing should: whom it was about may be erased, and the word of it still under way. */
  async askAnew(): Promise<void> {
    for (const { key } of this.#used) this.#gate.forget(key.fanId);
    await this.recall();
  }

  /** Door one and door two ask this: may the viewer see what `scope` gates of this subject? */
  async shows(subject: ConsentSubject | null, scope: ConsentScope): Promise<boolean> {
    if (!subject || !(await this.sees(subject))) return false;
    return this.#holds(subject, scope, this.#recipientId);
  }

  /** Whether the operator still holds the scope under which it keeps something, whoever is told of it. */
  keeps(subject: ConsentSubject, scope: ConsentScope): Promise<boolean> {
    return this.#holds(subject, scope, null);
  }

  get #recipientId(): string | null {
    return this.#viewer.role === 'PARTNER' ? this.#viewer.partnerId : null;
  }

  async #holds(subject: ConsentSubject, scope: ConsentScope, recipientId: string | null): Promise<boolean> {
    const { captured } = subject;
    const decision = await this.decide(subject, recipientId);
    if (!captured) return decision.holds(scope);
    if (decision.heldSince(scope, captured)) return true;
    return wasHeld(scope, captured) && (await this.#decideAgain(subject, recipientId)).heldSince(scope, captured);
  }

  /**
   * A denial of what was in force when the event was captured may only be one that outlived a grant whose wake-up has
   * not arrived: it is looked up once more.
   */
  async #decideAgain(subject: ConsentSubject, recipientId: string | null): Promise<Decision> {
    const { fanId } = subject;
    if (!this.#doubted.has(fanId)) {
      this.#doubted.add(fanId);
      this.#gate.forget(fanId);
      this.#decisions.clear();
      // With it the gate forgot what else was used of this fan, which the second look will ask for.
      const used = this.#used.filter(({ key }) => key.fanId === fanId);
      await Promise.all(used.map(({ key }) => this.#gate.decide(key)));
    }
    return this.decide(subject, recipientId);
  }

  /** Whether the viewer is this fan. */
  isSelf(subject: ConsentSubject): boolean {
    return this.#viewer.role === 'FAN' && this.#viewer.fanId === subject.fanId;
  }

  /** Whether the viewer is this fan, or the guardian of this ward: who sees what nobody else does. */
  async isSelfOrGuardian(subject: ConsentSubject): Promise<boolean> {
    if (this.#viewer.role !== 'FAN' || this.#viewer.fanId === null) return false;
    if (this.isSelf(subject)) return true;
    const guarded = this.#guarded.get(subject.fanId) ?? this.#queryGuardian(subject.fanId, this.#viewer.fanId);
    this.#guarded.set(subject.fanId, guarded);
    return guarded;
  }

  async #queryGuardian(fanId: string, guardianId: string): Promise<boolean> {
    const rows = await this.#orm.em.fork().execute(sql`
      select 1 from fan where id = ${fanId} and guardian_id = ${guardianId} and minor_until > app_now()`);
    return rows.length > 0;
  }

  /** Whether the viewer may see this fan at all. */
  async sees(subject: ConsentSubject): Promise<boolean> {
    switch (this.#viewer.role) {
      case 'FAN':
        return this.isSelfOrGuardian(subject);
      case 'PARTNER':
        return (await this.decide(subject)).mask !== DENIAL.mask;
      case 'STAFF':
        return this.#dealsWith(await this.decide(subject), subject.fanId);
      default:
        return false;
    }
  }

  /** Staff: who is at their venue, or holds a claim there, while that may be known. */
  async #dealsWith(decision: Decision, fanId: string): Promise<boolean> {
    const [mayBePresent, mayClaim] = [decision.holds('PRESENCE_VENUE'), decision.holds('OFFERS_LIVE')];
    if (!mayBePresent && !mayClaim) return false;
    const dealings = this.#dealings.get(fanId) ?? this.#queryDealings(fanId);
    this.#dealings.set(fanId, dealings);
    const { present, claims } = await dealings;
    return (mayBePresent && present) || (mayClaim && claims);
  }

  async #queryDealings(fanId: string): Promise<Dealings> {
    if (this.#viewer.role !== 'STAFF') return NO_DEALINGS;
    const [found] = await this.#orm.em.fork().execute<Dealings[]>(sql`
      with here as (select venue_id from staff where subject = ${this.#viewer.subject})
      select
        exists (select from presence p join game g on g.id = p.game_id
          where p.fan_id = ${fanId} and g.venue_id in (select venue_id from here)) as present,
        exists (select from claim c where c.fan_id = ${fanId} and c.venue_id in (select venue_id from here)
          and c.state = 'HELD' and c.expires_at > app_now()) as claims`);
    return found ?? NO_DEALINGS;
  }
}
