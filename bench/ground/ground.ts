/**
 * Where the real server is measured: an embedded PostgreSQL with its default durability, a game that is on, and fans who
 * are there and consent to what their class consents to. Fans come by the thousand in one statement, as enrolling,
 * granting and checking in would have left them; who they are and what they get is the server's business from then on.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { DEVELOPMENT_MASTER_KEY } from '../../src/config.ts';
import { type ConsentScope, publishPolicy } from '../../src/consent/index.ts';
import { startEmbeddedPostgres } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { connectOrm } from '../../src/db/orm.ts';
import { arrayOf } from '../../src/db/sql.ts';
import { createIdsFor } from '../../src/graphql/ids.ts';
import { FIRST_POLICY } from '../../src/seed/policy.ts';
import { createGame, createVenue, createZone } from '../../src/venues/index.ts';
import { CLASSES, isTold, ZONES, zoneOf } from '../live-offers.ts';
import { postgresCpuMs } from '../process/postgres-cpu.ts';

export const PARTNER = 'bench-partner';
/** A fan's subject by their place in the crowd, from 0; their class is `classOf` of it. */
export const SUBJECT = 'bench-';

export interface Ground {
  readonly databaseUrl: string;
  /** As the API names it. */
  readonly gameId: string;
  readonly gameKey: string;
  /** What PostgreSQL has computed so far. */
  postgresCpuMs(): number;
  countDeliveries(): Promise<number>;
  remove(): Promise<void>;
}

export async function layOutGround(fans: number): Promise<Ground> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
  const database = await startEmbeddedPostgres({ dataDir });
  const remove = async () => {
    await database.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await migrate(database.url);
    const orm = await connectOrm(database.url);
    try {
      await publishPolicy(orm.em.fork(), FIRST_POLICY);
      const gameKey = await orm.em.fork().transactional(async (em) => {
        const key = await sowGame(em);
        await sowFans(em, key, fans);
        return key;
      });
      await orm.em.fork().execute('vacuum (analyze)');
      const gameId = createIdsFor(DEVELOPMENT_MASTER_KEY)(null).toGlobal('Game', gameKey);
      const countDeliveries = async () => {
        const [row] = await orm.em.fork().execute<{ count: number }[]>('select count(*)::int as count from delivery');
        return row!.count;
      };
      const withOrm = async () => {
        await orm.close();
        await remove();
      };
      const cpu = () => postgresCpuMs(dataDir);
      return { databaseUrl: database.url, gameId, gameKey, postgresCpuMs: cpu, countDeliveries, remove: withOrm };
    } catch (error) {
      await orm.close();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

async function sowGame(em: SqlEntityManager): Promise<string> {
  await em.execute(sql`insert into partner (code, name) values (${PARTNER}, 'Lansdowne Pretzels')`);
  await createVenue(em, { code: 'BENCH', name: 'Fenway Park', city: 'Boston', timeZone: 'America/New_York' });
  for (let zone = 1; zone <= ZONES; zone += 1) {
    await createZone(em, { venue: 'BENCH', code: `z${zone}`, name: `Section ${100 + zone}`, kind: 'SEATING' });
  }
  const key = await createGame(em, { venue: 'BENCH', startsAt: new Date() });
  await em.execute(sql`update game set status = 'LIVE' where id = ${key}`);
  await em.execute(sql`select open_presence(${key})`);
  return key;
}

async function sowFans(em: SqlEntityManager, gameKey: string, fans: number): Promise<void> {
  await em.execute(sql`
    insert into fan (subject, display_name)
    select ${SUBJECT}::text || place, 'Fan ' || place from generate_series(0, ${fans - 1}::int) place order by place`);
  for (let consentClass = 0; consentClass < CLASSES; consentClass += 1) {
    const ofClass = sql`
      select f.id from fan f, (select min(id) as first from fan) f0
      where (f.id - f0.first) % ${CLASSES}::int = ${consentClass}::int`;
    // As the functions that grant leave them: a lineage begins with the grant that has no predecessor.
    await em.execute(sql`
      insert into consent_grant (id, fan_id, scope, duration, policy_ordinal, lineage)
      select g.id, g.fan_id, g.scope, 'STANDING', 1, g.id from (
        select nextval('consent_grant_id_seq') as id, f.id as fan_id, s.scope
        from (${ofClass}) f, unnest(${arrayOf(scopesOf(consentClass))}::text[]) s (scope)) g`);
    const zone = zoneOf(consentClass);
    await em.execute(sql`
      insert into presence (game_id, fan_id, zone_id)
      select ${gameKey}::bigint, f.id, (select id from zone where code = ${`z${zone}`}) from (${ofClass}) f`);
  }
}

function scopesOf(consentClass: number): ConsentScope[] {
  const scopes: ConsentScope[] = ['PROFILE', 'LOYALTY', 'PRESENCE_VENUE', 'OFFERS_LIVE'];
  if (isTold(consentClass)) scopes.push('PERSONALIZATION');
  if (zoneOf(consentClass) > 0) scopes.push('PRESENCE_ZONE');
  return scopes;
}
