-- The contact firewall: how often fans are told of offers at all, whoever's they are. The operator sets the limits, a fan
-- tightens them, and nothing of a partner's loosens them.

create table "contact_policy" (
  "id" smallint not null default 1,
  "per_game" int null,
  "per_hour" int null,
  "quiet_minutes" int not null default 0,
  "less_days" int not null default 30,
  primary key ("id")
);
alter table "contact_policy" add constraint "contact_policy_id_check" check (id = 1);
alter table "contact_policy" add constraint "contact_policy_limits_check" check (per_game >= 0 and per_hour >= 0 and quiet_minutes >= 0 and less_days >= 0);
insert into contact_policy (id) values (1);

create table "contact_wish" (
  "fan_id" bigint not null,
  "per_game" int null,
  "per_hour" int null,
  "quiet_minutes" int null,
  "paused_until" timestamptz(6) null,
  primary key ("fan_id")
);
alter table "contact_wish" add constraint "contact_wish_limits_check" check (per_game >= 0 and per_hour >= 0 and quiet_minutes >= 0);
alter table "contact_wish" add constraint "contact_wish_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;

create table "contact_objection" (
  "fan_id" bigint not null,
  "partner_id" bigint not null,
  "at" timestamptz(6) not null default app_now(),
  primary key ("fan_id", "partner_id")
);
alter table "contact_objection" add constraint "contact_objection_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "contact_objection" add constraint "contact_objection_partner_id_foreign" foreign key ("partner_id") references "partner" ("id");
create index "contact_objection_partner_id_index" on "contact_objection" ("partner_id");

create index "announcement_game_id_at_index" on "announcement" ("game_id", "at");
create index "announcement_at_index" on "announcement" ("at");

create or replace function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE',
    'CONTACT_PAUSED', 'CONTACT_PER_GAME', 'CONTACT_PER_HOUR', 'QUIET_AFTER_DISMISSAL', 'LESS_LIKE_THIS'
  ]
$$;

-- What holds for each of these fans: the tighter of what the operator allows and what the fan wants. Null: no limit.
create function contact_limits(p_fans bigint[])
returns table (fan_id bigint, per_game int, per_hour int, quiet_minutes int, paused_until timestamptz)
language sql stable as $$
  select f.id, least(p.per_game, w.per_game), least(p.per_hour, w.per_hour), greatest(p.quiet_minutes, w.quiet_minutes),
    w.paused_until
  from unnest(p_fans) as f (id)
  cross join contact_policy p
  left join contact_wish w on w.fan_id = f.id
$$;

-- Asked before an audience is chosen: as long as anybody is limited, announcements come one after the other, so that each
-- counts those before it, and no two at once slip past a limit. The statement that follows sees what was committed.
create function contact_take_turns() returns void
language plpgsql as $$
begin
  if exists (select from contact_policy where per_game is not null or per_hour is not null)
    or exists (select from contact_wish where per_game is not null or per_hour is not null) then
    perform pg_advisory_xact_lock(hashtext('contact'), 0);
  else
    perform pg_advisory_xact_lock_shared(hashtext('contact'), 0);
  end if;
end $$;

-- What of the firewall stands in the way of each of these fans at p_at, as bits of skip_bit; fans of whom nothing does are
-- left out. Told counts what they were told at the game, and within the hour before, by anybody. It is counted only where
-- somebody could have been told as often as that. A dismissal is heeded as long as it is kept, whatever became of
-- HISTORY_ENGAGEMENT: whoever withdraws that does not ask to be told more.
create function contact_skips(p_campaign bigint, p_game bigint, p_fans bigint[], p_at timestamptz)
returns table (fan_id bigint, skips int)
language plpgsql stable rows 10 set plan_cache_mode = force_custom_plan as $$
declare
  v_policy contact_policy;
  v_game_cap int := (select least(min(p.per_game), min(w.per_game)) from contact_policy p left join contact_wish w on true);
  v_hour_cap int := (select least(min(p.per_hour), min(w.per_hour)) from contact_policy p left join contact_wish w on true);
  v_quiet interval := (
    select make_interval(mins => greatest(max(p.quiet_minutes), max(w.quiet_minutes)))
    from contact_policy p left join contact_wish w on true);
  v_announced bigint[] := array(
    select a.id from announcement a
    where a.game_id = p_game or a.at > p_at - interval '1 hour' and a.at <= p_at);
  v_counts boolean := cardinality(v_announced) >= least(v_game_cap, v_hour_cap);
begin
  select * into v_policy from contact_policy;
  return query
    with told as materialized (
      select d.fan_id, count(*) filter (where a.game_id = p_game) as at_game,
        count(*) filter (where a.at > p_at - interval '1 hour' and a.at <= p_at) as in_hour
      from announcement a
      join delivery d on d.offer_id = a.offer_id and d.announcement_id = a.id
      where v_counts and a.id = any (v_announced) and (p_fans is null or d.fan_id = any (p_fans))
        and (v_policy.per_game is not null or v_policy.per_hour is not null or exists (
          select from contact_wish w where w.fan_id = d.fan_id and (w.per_game is not null or w.per_hour is not null)))
      group by d.fan_id
    ), person as (
      select t.fan_id from told t
      union select w.fan_id from contact_wish w where p_fans is null or w.fan_id = any (p_fans)
    ), skipped as (
      select p.fan_id,
        skip_if('CONTACT_PAUSED', w.paused_until > p_at)
          | skip_if('CONTACT_PER_GAME', coalesce(t.at_game, 0) >= least(v_policy.per_game, w.per_game))
          | skip_if('CONTACT_PER_HOUR', coalesce(t.in_hour, 0) >= least(v_policy.per_hour, w.per_hour)) as skips
      from person p
      left join told t on t.fan_id = p.fan_id
      left join contact_wish w on w.fan_id = p.fan_id
      union all
      select o.fan_id, skip_if('LESS_LIKE_THIS', o.at > p_at - make_interval(days => v_policy.less_days))
      from contact_objection o join campaign c on c.partner_id = o.partner_id
      where c.id = p_campaign and (p_fans is null or o.fan_id = any (p_fans))
      union all
      select e.fan_id, skip_if('QUIET_AFTER_DISMISSAL', true)
      from engagement e
      left join contact_wish w on w.fan_id = e.fan_id
      where e.kind = 'DISMISS' and e.at > p_at - v_quiet and e.at <= p_at and (p_fans is null or e.fan_id = any (p_fans))
        and e.at > p_at - make_interval(mins => greatest(v_policy.quiet_minutes, w.quiet_minutes))
      union all
      -- A limit of none at all holds for those who were never told anything.
      select f.id, skip_if('CONTACT_PER_GAME', v_policy.per_game = 0) | skip_if('CONTACT_PER_HOUR', v_policy.per_hour = 0)
      from fan f
      where (v_policy.per_game = 0 or v_policy.per_hour = 0) and (p_fans is null or f.id = any (p_fans))
    )
    select s.fan_id, bit_or(s.skips) from skipped s where s.skips <> 0 group by s.fan_id;
end $$;
