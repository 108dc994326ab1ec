/**
 * The course of a game. Its end is one commit: status, the visits that no consent keeps, the presence partition, and
 * one log entry that makes every gate forget the grants given for it.
 */
import { LockMode, sql } from '@mikro-orm/postgresql';
import { type Context, consentEnded } from '../context.ts';
import { AccessError, ConflictError, InputError, NotFoundError } from '../errors.ts';
import { requireRole } from '../identity/roles.ts';
import { Game, type GameStatus, isOver } from './game.entity.ts';

export interface SetGameStatus {
  gameId: string;
  status: GameStatus;
  startsAt: Date | null;
}

/** @throws AccessError for staff of another venue, ConflictError for an imported fact, NotFoundError. */
export async function setGameStatus(context: Context, input: SetGameStatus): Promise<Game> {
  const { venueIds } = requireRole(context.viewer, 'STAFF');
  if (input.startsAt && !['SCHEDULED', 'LIVE', 'POSTPONED', 'SUSPENDED'].includes(input.status)) {
    throw new InputError('startsAt goes with a game that is yet to be played.', 'input.startsAt');
  }
  const changed = await context.em.transactional(async (em) => {
    const game = await em.findOne(Game, { id: input.gameId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!game) throw new NotFoundError('The game');
    if (!venueIds.includes(game.venueId)) throw new AccessError('FORBIDDEN', 'That game is at another venue.');
    if (game.sourceKey) throw new ConflictError('INVALID_STATE', 'An imported game is a fact and is never altered.');
    if (input.startsAt) game.startsAt = input.startsAt;
    if (game.status === input.status) return game;

    const was = game.status;
    game.status = input.status;
    if (isOver(game)) {
      const [now] = await em.execute<{ at: Date }[]>(sql`select app_now() as at`);
      game.endedAt ??= new Date(now!.at);
    } else if (isOver({ status: was })) {
      game.endedAt = null;
    }
    const anew = isAnotherSitting(was, game.status);
    if (anew) game.session += 1;
    await em.flush();
    // A last out that was no last out: whoever sits the game out, still does.
    if (anew && was === 'FINAL') await em.execute(sql`select consent_keep_pauses(${game.id}, ${game.session})`);
    if (isOver(game)) await em.execute(sql`select forget_game(${game.id})`);
    else await em.execute(sql`select open_presence(${game.id})`);
    await em.execute(sql`select consent_log_append(null, ${game.id}, null, null)`);
    return game;
  });
  await consentEnded(context);
  return changed;
}

/**
 * Consent given for one sitting does not come back in another: not when a game that was over is on again, and not when
 * one that was called off, which ends consent at once, turns into one that merely ended, which leaves it a grace.
 */
function isAnotherSitting(was: GameStatus, is: GameStatus): boolean {
  const calledOff = (status: GameStatus) => status === 'POSTPONED' || status === 'CANCELED';
  return isOver({ status: was }) && (!isOver({ status: is }) || (calledOff(was) && !calledOff(is)));
}
