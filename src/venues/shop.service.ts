/** A shop is a venue too, and a day on which it is open is a game without teams: a fact that is never altered. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { NotFoundError } from '../errors.ts';

export interface Shop {
  readonly id: string;
  readonly code: string;
  readonly timeZone: string;
}

/** @throws NotFoundError. */
export async function findShop(em: SqlEntityManager, code: string): Promise<Shop> {
  const [shop] = await em.execute<Shop[]>(
    sql`select id, code, time_zone as "timeZone" from venue where code = ${code}`,
  );
  if (!shop) throw new NotFoundError(`Venue ${code}`);
  return shop;
}

/** A shop of which nothing is known but that it exists, in UTC; where there is one of that code, it is that one. */
export async function openShop(em: SqlEntityManager, code: string, name: string): Promise<Shop> {
  await em.execute(sql`
    insert into venue (code, name, city, time_zone) values (${code}, ${name}, 'Unknown', 'UTC') on conflict do nothing`);
  return findShop(em, code);
}

/** The games of these days, by date (`2017-05-08`, in the shop's own time); made where they are not there yet. */
export async function openDays(
  em: SqlEntityManager,
  shop: Shop,
  dates: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const days = await em.execute<{ id: string; date: string }[]>(sql`
    insert into game (source_key, venue_id, starts_at, start_precision, status)
    select 'shop:' || ${shop.code} || ':' || d.date, ${shop.id}::bigint, d.date::timestamp at time zone ${shop.timeZone}, 'DATE',
      case when d.date < (app_now() at time zone ${shop.timeZone})::date::text then 'FINAL' else 'SCHEDULED' end
    from jsonb_array_elements_text(${JSON.stringify([...new Set(dates)])}::jsonb) as d (date)
    on conflict (source_key) do update set status = excluded.status
    returning id, right(source_key, 10) as date`);
  return new Map(days.map(({ id, date }) => [date, id]));
}
