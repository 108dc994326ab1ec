/**
 * What is known of some fans, each by its place among those that were asked for, as PostgreSQL sends it: rows of an int4,
 * the place, and an int8.
 */
import type { Decision } from '../../consent/decision.ts';

const ROW_BYTES = 12;

/**
 * Whom one event concerns. The int8 is a fingerprint of the lineages under which it was captured: where it is that of the
 * decision in force, nothing has changed since, and the lineages themselves need not be read.
 */
export class Audience {
  readonly #rows: Buffer;
  readonly size: number;

  constructor(rows: Buffer) {
    this.#rows = rows;
    this.size = rows.length / ROW_BYTES;
  }

  /** Whose row it is. */
  placeAt(row: number): number {
    return this.#rows.readInt32BE(row * ROW_BYTES);
  }

  /** Whether it was captured under the very lineages of this decision. */
  isUnder(row: number, { fingerprint }: Decision): boolean {
    const at = row * ROW_BYTES;
    return (
      fingerprint !== null &&
      fingerprint.low === this.#rows.readInt32BE(at + 8) &&
      fingerprint.high === this.#rows.readInt32BE(at + 4)
    );
  }
}

export const NOBODY = new Audience(Buffer.alloc(0));

/** Where somebody is: in a zone, or somewhere in the venue. */
export interface Whereabouts {
  readonly zone_id: string | null;
}

/** By place. The int8 is the zone, or 0: somewhere. */
export function readWhereabouts(rows: Buffer): Map<number, Whereabouts> {
  const zones = new Map<bigint, Whereabouts>();
  const found = new Map<number, Whereabouts>();
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const zone = rows.readBigInt64BE(at + 4);
    let whereabouts = zones.get(zone);
    if (!whereabouts) {
      whereabouts = { zone_id: zone === 0n ? null : String(zone) };
      zones.set(zone, whereabouts);
    }
    found.set(rows.readInt32BE(at), whereabouts);
  }
  return found;
}
