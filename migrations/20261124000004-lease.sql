-- A node's lease. Its row says that the node may show what consent allows, and up to where in the log it has applied
-- what was taken away. Not unlogged: a crash of PostgreSQL must not lose sight of nodes that are still serving.
create table "consent_lease" (
  "node" uuid not null,
  "renewals" bigint not null default '0',
  "acked" bigint not null,
  "joined_at" timestamptz(6) not null default app_now(),
  primary key ("node")
);

-- The clock is locked against withdrawals until the row is committed: each withdrawal either comes before, and is in
-- the number returned, or after, and sees the row. An empty cache has applied everything.
create function consent_lease_join(p_node uuid) returns bigint
language plpgsql as $$
declare
  v_clock bigint;
begin
  select c.seq into v_clock from consent_clock c for share;
  insert into consent_lease (node, acked) values (p_node, v_clock);
  return v_clock;
end $$;

-- Acknowledges what was applied, and returns the clock with what has been logged since. No row: the lease is gone.
create function consent_lease_renew(p_node uuid, p_applied bigint)
returns table (clock bigint, seq bigint, fan_id bigint)
language plpgsql as $$
declare
  v_clock bigint;
begin
  select c.seq into v_clock from consent_clock c for share;
  update consent_lease l set renewals = l.renewals + 1, acked = p_applied where l.node = p_node;
  if not found then
    return;
  end if;
  return query
    select v_clock, l.seq, l.fan_id
    from (values (1)) as always left join consent_log l on l.seq > p_applied
    order by l.seq;
end $$;
