/** What an operator sets up by hand: venues, zones, staff, sensors, games. @throws CodedError for duplicates and strangers. */
import { type SqlEntityManager, sql, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { ConflictError, NotFoundError } from '../errors.ts';
import { read } from '../input.ts';
import { Sensor, Staff } from './device.entity.ts';
import { Game, Team } from './game.entity.ts';
import { Venue, ZONE_KINDS, Zone } from './venue.entity.ts';

const code = z.string().regex(/^[\w-]{1,40}$/, 'must have 1 to 40 letters, digits, - or _');
const name = z.string().trim().min(1).max(200);
const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone, such as America/New_York');
const latitude = z.coerce.number().min(-90).max(90).optional();
const longitude = z.coerce.number().min(-180).max(180).optional();
const capacity = z.coerce.number().int().positive().optional();

const NewVenue = z.object({ code, name, city: name, state: name.optional(), timeZone, latitude, longitude, capacity });
const NewZone = z.object({ venue: z.string(), code, name, kind: z.enum(ZONE_KINDS) });
const NewStaff = z.object({ venue: z.string(), subject: z.string().min(1).max(255) });
const NewSensor = z.object({ venue: z.string(), code, zone: z.string().optional() });
const NewGame = z.object({
  venue: z.string(),
  startsAt: z.coerce.date(),
  home: z.string().optional(),
  away: z.string().optional(),
});

export async function createVenue(em: SqlEntityManager, input: unknown): Promise<void> {
  const venue = read(NewVenue, input);
  await unique('A venue of that code', () => em.insert(Venue, venue as never));
}

export async function createZone(em: SqlEntityManager, input: unknown): Promise<void> {
  const { venue, ...zone } = read(NewZone, input);
  const venueId = await findVenue(em, venue);
  await unique('A zone of that code', () => em.insert(Zone, { ...zone, venueId } as never));
}

export async function addStaff(em: SqlEntityManager, input: unknown): Promise<void> {
  const { venue, subject } = read(NewStaff, input);
  const venueId = await findVenue(em, venue);
  await unique('That member of staff', () => em.insert(Staff, { subject, venueId } as never));
}

export async function addSensor(em: SqlEntityManager, input: unknown): Promise<void> {
  const { venue, code: sensor, zone } = read(NewSensor, input);
  const venueId = await findVenue(em, venue);
  const found = zone ? await em.findOne(Zone, { venueId, code: zone }) : null;
  if (zone && !found) throw new NotFoundError(`Zone ${zone}`);
  await unique('A sensor of that code', () => em.insert(Sensor, { code: sensor, venueId, zoneId: found?.id } as never));
}

/** The key of the new game. */
export async function createGame(em: SqlEntityManager, input: unknown): Promise<string> {
  const { venue, startsAt, home, away } = read(NewGame, input);
  const venueId = await findVenue(em, venue);
  const [homeTeamId, awayTeamId] = [await findTeam(em, home), await findTeam(em, away)];
  const key = await em.insert(Game, { venueId, startsAt, homeTeamId, awayTeamId } as never);
  return String(key);
}

async function findVenue(em: SqlEntityManager, venueCode: string): Promise<string> {
  const venue = await em.findOne(Venue, { code: venueCode });
  if (!venue) throw new NotFoundError(`Venue ${venueCode}`);
  return venue.id;
}

async function findTeam(em: SqlEntityManager, teamCode: string | undefined): Promise<string | null> {
  if (!teamCode) return null;
  await em.execute(sql`insert into team (code, name) values (${teamCode}, ${teamCode}) on conflict do nothing`);
  return (await em.findOneOrFail(Team, { code: teamCode })).id;
}

/** @throws ConflictError in words, where the database refuses a duplicate. */
async function unique(what: string, insert: () => Promise<unknown>): Promise<void> {
  try {
    await insert();
  } catch (error) {
    if (!(error instanceof UniqueConstraintViolationException)) throw error;
    throw new ConflictError('INVALID_STATE', `${what} is there already.`);
  }
}

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
