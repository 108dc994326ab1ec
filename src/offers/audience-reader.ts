/**
 * Whom an event concerns, read once for all streams of this node that meet it in its memory, and kept for the seconds
 * in which they do. A fan who is not in it costs a look-up in a map.
 */
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import type { LiveEvent } from '../live/index.ts';

/** What one fan was announced: the lineages of consent in force then, by scope bit. */
export interface DeliveryRow {
  announcement_id: string;
  offer_id: string;
  fan_id: string;
  lineages: string[];
}

type Audience = ReadonlyMap<string, DeliveryRow>;

const KEPT_MS = 5_000;

export class AudienceReader {
  readonly #orm: MikroORM;
  readonly #audiences = new WeakMap<LiveEvent, Promise<Audience>>();

  constructor(orm: MikroORM) {
    this.#orm = orm;
  }

  /** The fan's delivery of the offer that the event is about. */
  async find(event: LiveEvent, fanId: string): Promise<DeliveryRow | null> {
    const audience = this.#audiences.get(event) ?? this.#begin(event);
    return (await audience).get(fanId) ?? null;
  }

  #begin(event: LiveEvent): Promise<Audience> {
    const audience = this.#read(event);
    const forget = () => this.#audiences.delete(event);
    this.#audiences.set(event, audience);
    audience.then(() => setTimeout(forget, KEPT_MS).unref(), forget);
    return audience;
  }

  /** An announcement concerns those whom it told first; the end of an offer, all who were told of it. */
  async #read({ payload }: LiveEvent): Promise<Audience> {
    const rows = await this.#orm.em.fork().execute<DeliveryRow[]>(sql`
      select announcement_id, offer_id, fan_id, lineages::text[] as lineages from delivery
      where offer_id = ${payload.offerId}
        and announcement_id = coalesce(${payload.announcementId ?? null}::bigint, announcement_id)`);
    return new Map(rows.map((row) => [row.fan_id, row]));
  }
}
