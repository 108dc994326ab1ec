-- The outbox in partitions, and which stretches of its history this database can vouch for (docs/adr/0015-outbox.md).
--
-- A partition holds the transactions between two cuts: it is a range of transaction ids, by which events are read. The
-- newest has no end, so that no insert ever lacks one.
alter table outbox rename to outbox_unparted;
alter sequence outbox_id_seq owned by none;

create table "outbox" (
  "id" bigint not null default nextval('outbox_id_seq'),
  "xid" xid8 not null default pg_current_xact_id(),
  "topic" text not null,
  "kind" text not null,
  "payload" jsonb not null,
  "at" timestamptz(6) not null default app_now(),
  "run" timestamptz(6) not null default pg_postmaster_start_time(),
  constraint "outbox_parted_pkey" primary key ("xid", "id")
) partition by range ("xid");
create index "outbox_by_topic" on "outbox" ("topic", "xid", "id");
-- Below the horizon; only what is put there by hand gets there.
create table "outbox_rest" partition of "outbox" default;

-- Which partitions there are: `outbox_<first_xid>` was the newest from when to when.
create table "outbox_partition" (
  "first_xid" bigint not null,
  "opened_at" timestamptz(6) not null default app_now(),
  "closed_at" timestamptz(6) null,
  primary key ("first_xid")
);

-- A stretch of history: the events of one run of PostgreSQL in one database, from `first_xid` on. `stamp` is the
-- transaction that wrote the row: in a copy that was made row by row, as from a dump, it is another.
create table "outbox_generation" (
  "n" bigserial primary key,
  "id" uuid not null default gen_random_uuid(),
  "first_xid" bigint not null,
  "run" timestamptz(6) not null,
  "database" oid not null,
  "system" bigint not null,
  "stamp" xid8 not null default pg_current_xact_id(),
  "at" timestamptz(6) not null default app_now()
);

-- The first partition, of everything.
create function outbox_open() returns void
language plpgsql as $$
begin
  create table outbox_0 partition of outbox for values from ('0') to (maxvalue);
  insert into outbox_partition (first_xid) values (0);
end $$;

select outbox_open();
insert into outbox (id, xid, topic, kind, payload, at)
select id, xid, topic, kind, payload, at from outbox_unparted;
drop table outbox_unparted;
alter sequence outbox_id_seq owned by outbox.id;

-- One turn of the partitions: the newest ends after an hour or 64 MB, and those that ended a day ago go, with the
-- horizon moved in the same commit. A partition stays while a transaction of it may still be open: nobody could have
-- read what it writes. For an instant nobody else may use the outbox; who cannot have that at once tries again later.
create function outbox_turn() returns boolean
language plpgsql set lock_timeout = '100ms' as $$
declare
  v_now timestamptz := app_now();
  v_newest outbox_partition;
  v_name text;
  v_full boolean;
  v_horizon bigint;
  v_bound bigint;
  v_past bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('outbox'), hashtext('turn')) then
    return false;
  end if;
  select * into v_newest from outbox_partition where closed_at is null;
  v_name := 'outbox_' || v_newest.first_xid;
  execute format('select exists (select from %I) and ($1 or pg_relation_size(%L) >= 64 * 1024 * 1024)', v_name, v_name)
    into v_full using v_newest.opened_at <= v_now - interval '1 hour';
  v_horizon := (
    select min(first_xid) from outbox_partition
    where closed_at is null or closed_at > v_now - interval '24 hours');
  v_horizon := (
    select max(first_xid) from outbox_partition
    where first_xid <= v_horizon and first_xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint);
  if not v_full and v_horizon = (select min(first_xid) from outbox_partition) then
    return false;
  end if;

  lock table outbox in access exclusive mode;
  if v_full then
    -- Whoever has written to it has ended; whoever will, has a transaction that has not. Nothing lies beyond.
    execute format('select greatest(pg_snapshot_xmax(pg_current_snapshot()), max(xid))::text::bigint + 1 from %I', v_name)
      into v_bound;
    execute format('alter table outbox detach partition %I', v_name);
    execute format('alter table outbox attach partition %I for values from (%L) to (%L)', v_name,
      v_newest.first_xid, v_bound);
    execute format('create table %I partition of outbox for values from (%L) to (maxvalue)', 'outbox_' || v_bound, v_bound);
    update outbox_partition set closed_at = v_now where first_xid = v_newest.first_xid;
    insert into outbox_partition (first_xid, opened_at) values (v_bound, v_now);
  end if;
  for v_past in select first_xid from outbox_partition where first_xid < v_horizon loop
    execute format('drop table %I', 'outbox_' || v_past);
  end loop;
  delete from outbox_partition where first_xid < v_horizon;
  update installation set outbox_horizon = v_horizon where outbox_horizon < v_horizon;
  -- No cursor of theirs can be resumed.
  delete from outbox_generation g
  where exists (select 1 from outbox_generation later where later.n > g.n and later.first_xid <= v_horizon);
  return true;
end $$;

-- The generation of what is written now; null where PostgreSQL has been started, or the database copied or restored,
-- since the newest was entered.
create function outbox_current() returns uuid
language sql stable as $$
  select case when g.run = pg_postmaster_start_time() and g.database = d.oid and g.xmin = g.stamp::xid then g.id end
  from outbox_generation g, pg_database d
  where d.datname = current_database()
  order by g.n desc limit 1
$$;

-- Begins a generation where what is written now is of none. After a start of PostgreSQL it follows the one before, up
-- to the first transaction of this run. Where rows were copied one by one, transaction ids mean nothing here: the
-- history ends, and another begins.
create function outbox_enter() returns void
language plpgsql as $$
declare
  v_system bigint := (select system_identifier from pg_control_system());
  v_database oid := (select oid from pg_database where datname = current_database());
  v_last outbox_generation;
  v_here boolean;
  v_name text;
begin
  lock table outbox_generation in share row exclusive mode;
  if outbox_current() is not null then
    return;
  end if;
  select * into v_last from outbox_generation order by n desc limit 1;
  v_here := (select g.system = v_system and g.xmin = g.stamp::xid from outbox_generation g where g.n = v_last.n);
  if not v_here then
    for v_name in select 'outbox_' || first_xid from outbox_partition loop
      execute format('drop table %I', v_name);
    end loop;
    truncate outbox;
    delete from outbox_partition;
    delete from outbox_generation;
    perform outbox_open();
    update installation set outbox_horizon = 0;
  end if;
  insert into outbox_generation (first_xid, run, database, system)
  select
    case when v_here then least(pg_snapshot_xmin(pg_current_snapshot()),
      (select min(o.xid) from outbox o where o.run = pg_postmaster_start_time()))::text::bigint else 0 end,
    pg_postmaster_start_time(), v_database, v_system;
end $$;

-- All generations, the oldest first, up to what is written now. `next_xid`: nothing has been written beyond.
create function outbox_generations() returns table (id uuid, first_xid bigint, horizon bigint, next_xid bigint)
language plpgsql as $$
begin
  if outbox_current() is null then
    perform outbox_enter();
  end if;
  return query
    select g.id, g.first_xid, i.outbox_horizon, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    from outbox_generation g, installation i order by g.n;
end $$;

alter table installation rename column generation to key;

-- The transaction that wrote it, as the outbox has it: what a stream has missed is counted by it.
alter table announcement add column "xid" xid8 null;
alter table announcement alter column "xid" set default pg_current_xact_id();
alter table engagement add column "xid" xid8 null;
alter table engagement alter column "xid" set default pg_current_xact_id();
