/** Which game goes on at a venue: what happens there then happens at that game, and consent for it counts. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';

export const GATES_OPEN_BEFORE_START_MS = 6 * 3_600_000;

/** From the opening of the gates to the end and its grace; of two games the one that is played. Null between games. */
export async function findGameAt(em: SqlEntityManager, venueId: string, at: Date): Promise<string | null> {
  const then = sql`${at.toISOString()}::timestamptz`;
  const gatesOpen = sql`${new Date(at.getTime() + GATES_OPEN_BEFORE_START_MS).toISOString()}::timestamptz`;
  const [game] = await em.execute<{ id: string }[]>(sql`
    select id from game
    where venue_id = ${venueId} and status not in ('POSTPONED', 'CANCELED') and starts_at <= ${gatesOpen}
      and (status = 'LIVE' or coalesce(ended_at + game_grace(), starts_at + game_cap()) > ${then})
    order by status = 'LIVE' desc, starts_at desc limit 1`);
  return game?.id ?? null;
}
