/** When one can arrive at a game. */
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { readNow } from '../db/sql.ts';
import { ConflictError } from '../errors.ts';
import { GATES_OPEN_BEFORE_START_MS, type Game, isOver } from '../venues/index.ts';

/** Now. @throws ConflictError INVALID_STATE. */
export async function requireOpenGates(em: SqlEntityManager, game: Game): Promise<Date> {
  const now = await readNow(em);
  const open = game.status === 'LIVE' || now.getTime() >= game.startsAt.getTime() - GATES_OPEN_BEFORE_START_MS;
  if (isOver(game) || !open) throw new ConflictError('INVALID_STATE', 'The gates of this game are not open.');
  return now;
}
