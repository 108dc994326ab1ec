-- How many games in a row up to this one the fan was seen at, of those that were played at its venue.
create or replace function attendance_streak(p_fan bigint, p_game bigint) returns int
language sql stable as $$
  with played as (
    select g.starts_at, g.id, exists (
      select 1 from visit v where v.fan_id = p_fan and v.game_id = g.id and v.proven_at is not null) as seen
    from game this
    join game g on g.venue_id = this.venue_id and (g.starts_at, g.id) <= (this.starts_at, this.id)
      and g.status in ('LIVE', 'FINAL')
    where this.id = p_game
  )
  select count(*)::int from played p
  where not exists (select 1 from played missed where not missed.seen and (missed.starts_at, missed.id) >= (p.starts_at, p.id))
$$;
