-- The clock of all rules: the database's own, or, where the installation allows it (never in production), the instant
-- that a replay or a test has set for its session with `set tightrope.now = '…'`.
create function app_now() returns timestamptz
language plpgsql stable as $$
declare
  v_set text := current_setting('tightrope.now', true);
begin
  if v_set is null or v_set = '' then
    return statement_timestamp();
  end if;
  if (select i.time_travel from installation i) then
    return v_set::timestamptz;
  end if;
  return statement_timestamp();
end $$;
