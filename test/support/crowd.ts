/** Fans by the dozen at the demo's game, as enrolling, granting and checking in would have left them. */
import type { TestServer } from './server.ts';

export interface CrowdOptions {
  readonly scopes?: readonly string[];
  /** As SQL, per fan; null: nowhere in particular. */
  readonly zone?: string;
  /** Grants for the partner of this code, beside those for the operator. */
  readonly partner?: string;
}

let crowds = 0;

/** Their keys, in order. */
export async function gather(
  { services }: Pick<TestServer, 'services'>,
  size: number,
  { scopes = ['PRESENCE_VENUE', 'OFFERS_LIVE'], zone = 'null', partner }: CrowdOptions = {},
): Promise<string[]> {
  crowds += 1;
  const em = services.orm.em.fork();
  const fans = await em.execute<{ id: string }[]>(`
    insert into fan (subject, display_name)
    select 'crowd-${crowds}-' || n, 'Fan ' || n from generate_series(1, ${size}) n returning id`);
  const keys = fans.map(({ id }) => id);
  const granted = `unnest(array[${scopes.map((scope) => `'${scope}'`)}]::text[])`;
  for (const recipient of [
    'null::bigint',
    ...(partner ? [`(select id from partner where code = '${partner}')`] : []),
  ]) {
    await em.execute(`
      insert into consent_grant (id, fan_id, scope, recipient_id, duration, policy_ordinal, lineage)
      select g.id, g.fan_id, g.scope, g.recipient_id, 'STANDING', 1, g.id from (
        select nextval('consent_grant_id_seq') as id, f as fan_id, s as scope, ${recipient} as recipient_id
        from unnest(array[${keys}]::bigint[]) f, ${granted} s) g`);
  }
  await em.execute(`
    insert into presence (game_id, fan_id, zone_id)
    select g.id, f, ${zone} from game g, unnest(array[${keys}]::bigint[]) f where g.demo`);
  return keys;
}
