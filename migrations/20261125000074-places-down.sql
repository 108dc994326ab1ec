create or replace function open_presence(p_game bigint) returns void
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
