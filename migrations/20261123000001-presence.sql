-- Where in a venue a fan is now. One UNLOGGED partition per game: never in the WAL, a replica or a base backup, and
-- dropped when the game ends. After a crash of PostgreSQL it is empty until the next check-in or sighting.
create table presence (
  game_id bigint not null,
  fan_id bigint not null,
  zone_id bigint null,
  seen_at timestamptz not null default app_now(),
  primary key (game_id, fan_id)
) partition by list (game_id);
create index presence_fan_id on presence (fan_id);

create function open_presence(p_game bigint) returns void
language plpgsql as $$
declare
  v_name text := 'presence_' || p_game;
begin
  if to_regclass(v_name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('presence'), hashtext(v_name));
  -- Whoever had the lock before has made it; what this session remembers of the catalog may be older than that.
  begin
    execute format('create unlogged table %I (like presence including all)', v_name);
  exception when duplicate_table then
    return;
  end;
  execute format('alter table presence attach partition %I for values in (%s)', v_name, p_game);
end $$;

create function close_presence(p_game bigint) returns void
language plpgsql as $$
begin
  execute format('drop table if exists %I', 'presence_' || p_game);
end $$;
