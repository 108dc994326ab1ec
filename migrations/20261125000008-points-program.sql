-- What is earned by what, and the tiers. Both are the operator's data; here is how they are read.

-- When the season began in which p_at lies, or the one p_back seasons before.
create function loyalty_season(p_at timestamptz, p_back int default 0) returns timestamptz
language sql stable as $$
  select make_timestamptz(
    extract(year from p_at at time zone p.time_zone)::int - p_back - (
      (extract(month from p_at at time zone p.time_zone), extract(day from p_at at time zone p.time_zone))
        < (p.season_month, p.season_day))::int,
    p.season_month, p.season_day, 0, 0, 0, p.time_zone)
  from loyalty_program p
$$;

-- When the period of a cap began in which p_at lies, by the program's calendar.
create function earning_period(p_period text, p_at timestamptz) returns timestamptz
language sql stable as $$
  select case p_period
    when 'SEASON' then loyalty_season(p_at)
    when 'EVER' then '-infinity'
    else date_trunc(lower(p_period), p_at at time zone p.time_zone) at time zone p.time_zone
  end
  from loyalty_program p
$$;

-- Earns what the rules give for one thing, each rule up to its cap, and answers how many points that thing earned in all,
-- now or before: what has earned once earns nothing by a rule that came later. p_amount and p_currency are those of a
-- purchase, p_count the length of a streak. The caller has asked the gate.
create function points_earn_by_rules(p_fan bigint, p_source text, p_action text, p_reference text, p_amount bigint,
  p_currency text, p_count int) returns int
language plpgsql as $$
declare
  v_at timestamptz := app_now();
  v_rule earning_rule;
  v_points bigint;
  v_before int;
begin
  perform points_lock(p_fan);
  select sum(points) into v_before from points_entry
  where source = p_source and reference = p_reference and kind = 'EARNED';
  if v_before is not null then
    return v_before;
  end if;
  for v_rule in
    select * from earning_rule r
    where r.source = p_source and (r.action is null or r.action = p_action)
      and (r.currency is null or r.currency = p_currency)
      and (r.every is null or p_count % r.every = 0)
      and coalesce(r.active_from <= v_at, true) and coalesce(r.active_until > v_at, true)
    order by r.id
  loop
    v_points := case when v_rule.per_amount is null then v_rule.points
      else least(p_amount / v_rule.per_amount * v_rule.points, 1000000000) end;
    if v_rule.cap_points is not null then
      v_points := least(v_points, v_rule.cap_points - (
        select coalesce(sum(e.points), 0) from points_entry e
        where e.fan_id = p_fan and e.rule_code = v_rule.code and e.kind = 'EARNED'
          and e.at >= earning_period(v_rule.cap_period, v_at)
      ) + (
        select coalesce(sum(-u.points), 0) from points_entry e
        join points_entry u on u.fan_id = e.fan_id and u.undoes_id = e.id
        where e.fan_id = p_fan and e.rule_code = v_rule.code and e.kind = 'EARNED'
          and e.at >= earning_period(v_rule.cap_period, v_at)
      ));
    end if;
    perform points_earn(p_fan, p_source, p_reference, v_rule.code, greatest(v_points, 0)::int, v_rule.pending_days,
      v_rule.life_days);
  end loop;
  return (select coalesce(sum(points), 0) from points_entry
    where source = p_source and reference = p_reference and kind = 'EARNED');
end $$;

-- The tier of these fans at p_at, and the next one. Confirmed points count from when they were earned, less what of them
-- was undone; spending costs no tier. ROLLING: those of the last days. SEASON: those of this season, and a tier reached
-- holds through the season after.
create function loyalty_standing(p_fans bigint[], p_at timestamptz)
returns table (fan_id bigint, qualifying int, code text, name text, next_code text, next_needed int)
language sql stable as $$
  with p as (
    select case when qualification = 'SEASON' then loyalty_season(p_at)
        else p_at - make_interval(days => qualification_days) end as since,
      case when qualification = 'SEASON' then loyalty_season(p_at, 1) end as before
    from loyalty_program
  ), earned as (
    select e.fan_id, e.at, e.points + coalesce((
      select sum(u.points) from points_entry u
      where u.fan_id = e.fan_id and u.undoes_id = e.id and u.kind in ('REVERSED', 'OWED')), 0) as points
    from points_entry e, p
    where e.fan_id = any (p_fans) and e.kind = 'EARNED' and e.confirmed_at <= p_at
      and e.at >= coalesce(p.before, p.since) and e.at <= p_at
  ), sums as (
    select f.id, coalesce(sum(e.points) filter (where e.at >= p.since), 0)::int as now,
      coalesce(sum(e.points) filter (where e.at < p.since), 0)::int as before
    from unnest(p_fans) as f (id)
    cross join p
    left join earned e on e.fan_id = f.id
    group by f.id
  )
  select s.id, s.now, reached.code, reached.name, following.code, following.points - s.now
  from sums s
  left join lateral (
    select t.* from tier t where t.points <= greatest(s.now, s.before, 0) order by t.points desc limit 1
  ) reached on true
  left join lateral (
    select t.* from tier t where t.points > greatest(s.now, s.before, 0) order by t.points limit 1
  ) following on true
$$;

-- The code of one fan's tier.
create function loyalty_tier(p_fan bigint, p_at timestamptz) returns text
language sql stable as $$
  select code from loyalty_standing(array[p_fan], p_at)
$$;

-- How many games in a row up to this one the fan was seen at, of those that were played at its venue.
create function attendance_streak(p_fan bigint, p_game bigint) returns int
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
