/**
 * Arriving and leaving. A visit needs PRESENCE_VENUE and is remembered past the game only under HISTORY_ATTENDANCE;
 * where in the venue somebody is needs PRESENCE_ZONE, and is left out without it.
 */
import { LockMode, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { gateWrite } from '../consent/index.ts';
import { type Context, consentChanged } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { ConflictError, InputError, NotFoundError } from '../errors.ts';
import { requireFan } from '../identity/roles.ts';
import { read } from '../input.ts';
import { Game, Zone } from '../venues/index.ts';
import { requireOpenGates } from './gates.ts';
import { CHECK_IN_METHODS, Visit } from './visit.entity.ts';

const CheckIn = z.object({
  gameId: z.string(),
  method: z.enum(CHECK_IN_METHODS),
  nonce: z.string().min(1).max(200),
  zoneId: z.string().nullable(),
  at: z.date().nullable(),
});
export type CheckIn = z.infer<typeof CheckIn>;

/** Which scope each stored value needs. */
const SCOPES = {
  visit: { scope: 'PRESENCE_VENUE', otherwise: 'refuse' },
  zoneId: { scope: 'PRESENCE_ZONE', otherwise: 'omit' },
} as const;

/** A visit is known while it lasts, or where it is kept; without either it is as if it never was. */
const KNOWN_BY = {
  lasting: { scope: 'PRESENCE_VENUE', otherwise: 'omit' },
  kept: { scope: 'HISTORY_ATTENDANCE', otherwise: 'omit' },
} as const;

/**
 * The same nonce answers with the same visit; another nonce at the same game moves the fan, and creates nothing.
 * @throws ConsentError CONSENT_REQUIRED, ConflictError INVALID_STATE or IDEMPOTENCY_CONFLICT, InputError, NotFoundError.
 */
export async function checkIn(context: Context, input: CheckIn): Promise<{ visit: Visit; created: boolean }> {
  const { fanId } = requireFan(context.viewer);
  const wanted = read(CheckIn, input);
  const outcome = await context.em.transactional(async (em) => {
    const game = await em.findOne(Game, { id: wanted.gameId }, { lockMode: LockMode.PESSIMISTIC_READ });
    if (!game) throw new NotFoundError('The game');
    const repeated = await em.findOne(Visit, { fanId, nonce: wanted.nonce });
    if (repeated && repeated.gameId !== game.id) {
      throw new ConflictError('IDEMPOTENCY_CONFLICT', 'This nonce was used for another game.');
    }
    const at = await arrival(em, game, wanted.at);
    await checkZone(em, game, wanted.zoneId);
    const { zoneId } = await gateWrite(
      em,
      { fanId, gameId: game.id },
      { visit: game.id, zoneId: wanted.zoneId },
      SCOPES,
    );
    const [row] = await em.execute<{ id: string; created: boolean }[]>(sql`
      insert into visit (fan_id, game_id, method, nonce, arrived_at)
      values (${fanId}, ${game.id}, ${wanted.method}, ${wanted.nonce}, ${at.toISOString()}::timestamptz)
      on conflict (fan_id, game_id) do update set left_at = null
      returning id, xmax = 0 as created`);
    if (!repeated) await place(em, fanId, game.id, zoneId ?? null);
    return { visit: await em.findOneOrFail(Visit, { id: row!.id }, { refresh: true }), created: row!.created };
  });
  consentChanged(context, fanId);
  return outcome;
}

/** Ends presence. @throws NotFoundError without a visit to that game, or without consent that lets it be known. */
export async function checkOut(context: Context, input: { gameId: string; at: Date | null }): Promise<Visit> {
  const { fanId } = requireFan(context.viewer);
  const visit = await context.em.transactional(async (em) => {
    const found = await em.findOne(Visit, { fanId, gameId: input.gameId });
    const known = await gateWrite(em, { fanId, gameId: input.gameId }, { lasting: true, kept: true }, KNOWN_BY);
    if (!found || !(known.lasting || known.kept)) throw new NotFoundError('The visit');
    const now = await readNow(em);
    const at = input.at ?? now;
    if (at > now || at < found.arrivedAt) throw new InputError('at must lie between arrival and now.', 'input.at');
    found.leftAt ??= at;
    await em.flush();
    await em.execute(sql`delete from presence where fan_id = ${fanId} and game_id = ${input.gameId}`);
    return found;
  });
  consentChanged(context, fanId);
  return visit;
}

/** One is at one place: presence at another game ends. */
async function place(em: SqlEntityManager, fanId: string, gameId: string, zoneId: string | null): Promise<void> {
  await em.execute(sql`select open_presence(${gameId})`);
  await em.execute(sql`delete from presence where fan_id = ${fanId} and game_id <> ${gameId}`);
  await em.execute(sql`
    insert into presence (game_id, fan_id, zone_id) values (${gameId}, ${fanId}, ${zoneId}::bigint)
    on conflict (game_id, fan_id) do update
    set zone_id = coalesce(excluded.zone_id, presence.zone_id), seen_at = excluded.seen_at`);
}

async function arrival(em: SqlEntityManager, game: Game, at: Date | null): Promise<Date> {
  const now = await requireOpenGates(em, game);
  if (at && (at > now || now.getTime() - at.getTime() > 24 * 3_600_000)) {
    throw new InputError('at must lie within the last 24 hours.', 'input.at');
  }
  return at ?? now;
}

async function checkZone(em: SqlEntityManager, game: Game, zoneId: string | null): Promise<void> {
  if (zoneId && !(await em.findOne(Zone, { id: zoneId, venueId: game.venueId }))) {
    throw new InputError('input.zoneId is not a zone of this venue.', 'input.zoneId');
  }
}
