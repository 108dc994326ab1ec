/**
 * The demo: a real ballpark, its real home opener of 2018, three partners, three fans in different states of consent,
 * and a game that is LIVE whenever the server starts. Sowing it again changes nothing but that game's clock.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { ConsentScope } from '../consent/index.ts';
import { grantConsent, publishPolicy } from '../consent/index.ts';
import { type Context, createContext, type Services } from '../context.ts';
import { readNow } from '../db/sql.ts';
import { enrollFan } from '../fans/index.ts';
import { createCampaign } from '../offers/index.ts';
import { checkIn } from '../visits/index.ts';
import { FENWAY, FENWAY_ZONES, HOME_OPENER_2018 as OPENER } from './fenway.ts';
import { sowLoyalty } from './loyalty.ts';
import { FIRST_POLICY } from './policy.ts';

export const DEMO_PARTNERS = [
  { code: 'demo-partner', name: 'Lansdowne Pretzels' },
  { code: 'demo-partner-2', name: 'Jersey Street Outfitters' },
  { code: 'demo-partner-3', name: 'Charles River Rides' },
] as const;

const ALL_FOR_THE_GAME: readonly ConsentScope[] = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'PERSONALIZATION'];

/** Each is enrolled with PROFILE and LOYALTY; `scopes` are granted to the operator for the demo game. */
export const DEMO_FANS = [
  {
    subject: 'avery',
    displayName: 'Avery',
    scopes: ALL_FOR_THE_GAME,
    zone: 'green-monster',
    sharesWith: 'demo-partner',
  },
  { subject: 'blake', displayName: 'Blake', scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE'], zone: null, sharesWith: null },
  { subject: 'casey', displayName: 'Casey', scopes: [], zone: null, sharesWith: null },
] as const;

/** After this long the demo game begins anew, so that what is granted for it still has hours to go. */
const FRESH_FOR = '6 hours';

export async function sowDemo(services: Services): Promise<void> {
  const em = services.orm.em.fork();
  const policies = await em.execute(sql`select 1 from policy limit 1`);
  if (policies.length === 0) await publishPolicy(em.fork(), FIRST_POLICY);
  const { gameId, venueId } = await em.transactional(sowFacts);
  await sowFans(services, gameId, venueId);
  await sowCampaign(services, venueId);
}

async function sowFacts(em: SqlEntityManager): Promise<{ gameId: string; venueId: string }> {
  await em.execute(sql`select pg_advisory_xact_lock(hashtext('demo'))`);
  const venueId = await sowVenue(em);
  for (const { code, name } of DEMO_PARTNERS) {
    await em.execute(sql`insert into partner (code, name) values (${code}, ${name}) on conflict do nothing`);
  }
  await em.execute(sql`insert into staff (subject, venue_id) values ('demo', ${venueId}) on conflict do nothing`);
  await em.execute(sql`
    insert into sensor (code, venue_id, zone_id)
    select 'demo-sensor', ${venueId}, id from zone where venue_id = ${venueId} and code = 'gate-a' on conflict do nothing`);
  await sowLoyalty(em);
  const openerId = await sowOpener(em, venueId);
  return { gameId: await sowLiveGame(em, openerId), venueId };
}

async function sowVenue(em: SqlEntityManager): Promise<string> {
  const { code, name, city, state, latitude, longitude, capacity, timeZone } = FENWAY;
  await em.execute(sql`
    insert into venue (code, name, city, state, latitude, longitude, capacity, time_zone)
    values (${code}, ${name}, ${city}, ${state}, ${latitude}, ${longitude}, ${capacity}, ${timeZone})
    on conflict (code) do update set latitude = coalesce(venue.latitude, excluded.latitude),
      longitude = coalesce(venue.longitude, excluded.longitude), capacity = coalesce(venue.capacity, excluded.capacity)`);
  const [venue] = await em.execute<{ id: string }[]>(sql`select id from venue where code = ${code}`);
  for (const zone of FENWAY_ZONES) {
    await em.execute(sql`
      insert into zone (venue_id, code, name, kind) values (${venue!.id}, ${zone.code}, ${zone.name}, ${zone.kind})
      on conflict do nothing`);
  }
  return venue!.id;
}

async function sowOpener(em: SqlEntityManager, venueId: string): Promise<string> {
  for (const { code, name } of [OPENER.home, OPENER.away]) {
    await em.execute(sql`insert into team (code, name) values (${code}, ${name}) on conflict do nothing`);
  }
  await em.execute(sql`
    insert into game (source_key, venue_id, home_team_id, away_team_id, starts_at, start_precision, status, attendance,
      home_score, away_score)
    select ${OPENER.sourceKey}, ${venueId}, h.id, a.id, (${`${OPENER.date} 13:00`}::timestamp at time zone ${FENWAY.timeZone}),
      'DATE', 'FINAL', ${OPENER.attendance}, ${OPENER.homeScore}, ${OPENER.awayScore}
    from team h, team a where h.code = ${OPENER.home.code} and a.code = ${OPENER.away.code}
    on conflict (source_key) do nothing`);
  const [game] = await em.execute<{ id: string }[]>(sql`select id from game where source_key = ${OPENER.sourceKey}`);
  return game!.id;
}

/** One replay of the opener, marked by its key `demo`; a stale one begins anew as another sitting. */
async function sowLiveGame(em: SqlEntityManager, openerId: string): Promise<string> {
  const [live] = await em.execute<{ id: string }[]>(sql`
    insert into game (replay_of_id, venue_id, home_team_id, away_team_id, starts_at, status, demo)
    select id, venue_id, home_team_id, away_team_id, app_now(), 'LIVE', true from game where id = ${openerId}
    on conflict (demo) do update set
      session = game.session + (game.status <> 'LIVE' or game.starts_at < app_now() - ${FRESH_FOR}::interval)::int,
      ended_at = null,
      starts_at = case when game.status <> 'LIVE' or game.starts_at < app_now() - ${FRESH_FOR}::interval
        then app_now() else game.starts_at end,
      status = 'LIVE'
    returning id`);
  await em.execute(sql`select open_presence(${live!.id})`);
  await em.execute(sql`select consent_log_append(null, ${live!.id}, null, null)`);
  return live!.id;
}

async function sowFans(services: Services, gameId: string, venueId: string): Promise<void> {
  for (const demo of DEMO_FANS) {
    const context = createContext(services, { role: 'FAN', subject: demo.subject, fanId: null });
    if (!(await enrolled(context, demo.subject))) await sowFan(context, demo);
    await arrive(context, demo, gameId, venueId);
  }
}

type DemoFan = (typeof DEMO_FANS)[number];

async function enrolled(context: Context, subject: string): Promise<boolean> {
  const [fan] = await context.em.execute<{ id: string }[]>(sql`select id from fan where subject = ${subject}`);
  if (fan && context.viewer.role === 'FAN') context.viewer.fanId = fan.id;
  return fan !== undefined;
}

async function sowFan(context: Context, { subject, displayName, sharesWith }: DemoFan): Promise<void> {
  const { fan } = await enrollFan(context, {
    displayName,
    email: `${subject}@example.com`,
    policyVersion: await currentVersion(context),
    alsoGrant: [],
  });
  if (!sharesWith) return;
  const [partner] = await context.em.execute<{ id: string }[]>(sql`select id from partner where code = ${sharesWith}`);
  await grant(context, fan.id, ['PROFILE'], partner!.id, null);
}

/** Consent for a game is given for that sitting, so it is given again when the demo game begins anew. */
async function arrive(
  context: Context,
  { subject, scopes, zone }: DemoFan,
  gameId: string,
  venueId: string,
): Promise<void> {
  const fanId = context.viewer.role === 'FAN' ? context.viewer.fanId! : '';
  const asked = await context.em.execute(sql`
    select 1 from consent_grant g join game s on s.id = g.game_id and s.session = g.game_session
    where g.fan_id = ${fanId} and g.game_id = ${gameId} limit 1`);
  if (scopes.length === 0 || asked.length > 0) return;
  await grant(context, fanId, scopes, null, gameId);
  const [place] = await context.em.execute<{ id: string }[]>(
    sql`select id from zone where venue_id = ${venueId} and code = ${zone}`,
  );
  const nonce = `demo-${subject}-${Date.now()}`;
  await checkIn(context, { gameId, method: 'MANUAL', nonce, zoneId: place?.id ?? null, at: null });
}

/** One campaign that has not been announced yet is always at hand. */
async function sowCampaign(services: Services, venueId: string): Promise<void> {
  const em = services.orm.em.fork();
  const [row] = await em.execute<{ partner_id: string; made: number; waiting: boolean }[]>(sql`
    select p.id as partner_id, count(c.id)::int as made, coalesce(bool_or(
      c.ended_at is null and c.valid_until > app_now() + interval '1 hour'
      and not exists (select 1 from announcement a where a.campaign_id = c.id)), false) as waiting
    from partner p left join campaign c on c.partner_id = p.id and c.idempotency_key like 'demo-%'
    where p.code = 'demo-partner' group by p.id`);
  if (row!.waiting) return;
  const now = await readNow(em);
  await createCampaign(createContext(services, { role: 'PARTNER', partnerId: row!.partner_id }), {
    name: `Pretzel of the inning ${row!.made + 1}`,
    rules: { venueIds: [venueId], zoneIds: [], favoriteTeamIds: [] },
    offer: {
      title: 'A warm pretzel, one fifth off',
      body: 'At the Big Concourse, until the last out.',
      imageUrl: null,
      discount: { kind: 'PERCENT', percent: 20 },
    },
    budget: { claims: 500 },
    capPerFan: 1,
    validFrom: now,
    validUntil: new Date(now.getTime() + 24 * 3_600_000),
    priority: 0,
    holdoutPercent: 0,
    idempotencyKey: `demo-${row!.made + 1}`,
  });
}

async function grant(
  context: Context,
  fanId: string,
  scopes: readonly ConsentScope[],
  recipientId: string | null,
  gameId: string | null,
): Promise<void> {
  await grantConsent(context, fanId, {
    scopes,
    recipientId,
    duration: gameId ? 'GAME' : 'STANDING',
    gameId,
    until: null,
    policyVersion: await currentVersion(context),
  });
}

async function currentVersion({ em }: Context): Promise<string> {
  const [policy] = await em.execute<{ version: string }[]>(
    sql`select version from policy where effective_at <= app_now() order by ordinal desc limit 1`,
  );
  return policy!.version;
}
