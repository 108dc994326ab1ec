/**
 * A connection that is lost within a transaction is never given back to the pool: the rollback fails, and what would
 * come after it does not. Every loss would cost a place in the pool for good, so the place is taken back here.
 */
import type { Pool, PoolClient } from 'pg';

/** Whoever was asking has heard of the loss by then, and has given back what it gives back by itself. */
const GRACE_MS = 1_000;

export function takeBackLost(pool: Pool): void {
  const lent = new Set<PoolClient>();
  pool.on('acquire', (client) => lent.add(client));
  pool.on('release', (_, client) => lent.delete(client as PoolClient));
  pool.on('connect', (client) => {
    client.once('end', () => {
      const timer = setTimeout(() => {
        if (lent.has(client)) client.release(true);
      }, GRACE_MS);
      timer.unref();
    });
  });
}
