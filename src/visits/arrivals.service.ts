/**
 * An arrival that somebody saw: staff or a gate scan the code that the fan shows. It is what attendance earns points by;
 * what a phone says of itself earns none. The visit is kept under HISTORY_ATTENDANCE, whether or not the fan checked in.
 */
import { LockMode, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { gateWrite, type ScopedValue } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { NotFoundError } from '../errors.ts';
import { read } from '../input.ts';
import { earnByRules, requireShown, requireTill } from '../loyalty/index.ts';
import { Game } from '../venues/index.ts';
import { requireOpenGates } from './gates.ts';
import { Visit } from './visit.entity.ts';

const Arrival = z.object({ fanCode: z.string(), gameId: z.string() });
export type Arrival = z.infer<typeof Arrival>;

export interface ConfirmedArrival {
  visit: Visit;
  pointsEarned: number;
}

const ARRIVAL_SCOPES = {
  visit: { scope: 'HISTORY_ATTENDANCE', otherwise: 'refuse' },
} as const satisfies Record<string, ScopedValue>;

/**
 * Confirming again answers the same.
 * @throws AccessError, ConflictError while the gates are closed, ConsentError, InputError for the code, NotFoundError.
 */
export async function confirmArrival(context: Context, input: Arrival): Promise<ConfirmedArrival> {
  const till = requireTill(context.viewer);
  const wanted = read(Arrival, input);
  return context.em.transactional(async (em) => {
    const game = await em.findOne(Game, { id: wanted.gameId }, { lockMode: LockMode.PESSIMISTIC_READ });
    if (!game || !till.venueIds.includes(game.venueId)) throw new NotFoundError('The game');
    const now = await requireOpenGates(em, game);
    const fanId = await requireShown(context, em, wanted.fanCode);
    const of = { fanId, gameId: game.id };
    await gateWrite(em, of, { visit: game.id }, ARRIVAL_SCOPES);
    const [row] = await em.execute<{ id: string }[]>(sql`
      insert into visit (fan_id, game_id, method, nonce, arrived_at, proven_at)
      values (${fanId}, ${game.id}, 'TICKET', ${`gate:${game.id}`}, ${now.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz)
      on conflict (fan_id, game_id) do update set proven_at = coalesce(visit.proven_at, excluded.proven_at)
      returning id`);
    const attended = await earnByRules(em, { ...of, source: 'ATTENDANCE', reference: `game:${game.id}:${fanId}` });
    const [streak] = await em.execute<{ length: number }[]>(
      sql`select attendance_streak(${fanId}, ${game.id}) as length`,
    );
    const inRow = await earnByRules(em, {
      ...of,
      source: 'STREAK',
      reference: `streak:${game.id}:${fanId}`,
      count: streak!.length,
    });
    return {
      visit: await em.findOneOrFail(Visit, { id: row!.id }, { refresh: true }),
      pointsEarned: attended + inRow,
    };
  });
}
