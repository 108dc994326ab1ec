-- Points. An entry is never altered; what state points are in follows from the entries and the instant that is asked
-- about. What was earned at once is a lot, and everything that happens to its points names it:
--
--   EARNED + opens a lot        REVERSED − what earned them was undone
--   HELD − RELEASED +           set aside for a reward that was issued, and back again
--   SPENT − RESTORED +          burned, and given back
--   OWED − SETTLED ±            taken back when they were spent already: owed (no lot), and paid out of a lot
--   WAIVED                      not taken back, as the policy of refunds says; moves nothing
--
-- A lot is PENDING until confirmed_at, then CONFIRMED, and EXPIRED when it has lived for life_days. It lives only while
-- the fan consents to LOYALTY: without, its days stand still. `seq` numbers a fan's entries without a gap, so that two
-- that were written beside each other collide, and `balance` is the sum so far.

-- The periods up to p_at in which the operator held a scope of these fans. (Sitting a game out is no end of it.)
create function consent_held(p_fans bigint[], p_scope text, p_at timestamptz)
returns table (fan_id bigint, periods tstzmultirange)
language sql stable as $$
  with outdated as (
    select given.ordinal, min(later.effective_at) as at
    from policy given join policy later on later.ordinal > given.ordinal and later.material_change
    group by given.ordinal
  ), held as (
    select g.fan_id, g.granted_at as since, case when sat.session = g.game_session or g.game_id is null then least(
        p_at, g.ended_at, g.expires_at, outdated.at,
        sat.ended_at + case when sat.status in ('POSTPONED', 'CANCELED') then interval '0' else game_grace() end
      ) end as until
    from consent_grant g
    left join game sat on sat.id = g.game_id
    left join outdated on outdated.ordinal = g.policy_ordinal
    where g.fan_id = any (p_fans) and g.scope = p_scope and g.recipient_id is null
  )
  select f.id, coalesce(range_agg(tstzrange(h.since, h.until)) filter (where h.since < h.until), '{}'::tstzmultirange)
  from unnest(p_fans) as f (id)
  left join held h on h.fan_id = f.id
  group by f.id
$$;

-- Every lot of these fans as it stands at p_at. `life_left` null: for ever.
create function points_lots(p_fans bigint[], p_at timestamptz)
returns table (
  fan_id bigint, lot_id bigint, source text, reference text, rule_code text, earned_at timestamptz, confirmed_at timestamptz,
  earned int, remaining int, held int, life_left interval, state text
)
language sql stable as $$
  with sums as (
    select e.fan_id, e.lot_id, sum(e.points)::int as remaining,
      (-coalesce(sum(e.points) filter (where e.kind in ('HELD', 'RELEASED')), 0))::int as held
    from points_entry e
    where e.fan_id = any (p_fans) and e.lot_id is not null
    group by e.fan_id, e.lot_id
  ), lots as (
    select s.*, e.source, e.reference, e.rule_code, e.at, e.confirmed_at, e.points, make_interval(days => e.life_days) - (
      select coalesce(sum(upper(lived) - lower(lived)), interval '0')
      from unnest(c.periods * tstzmultirange(tstzrange(e.at, greatest(e.at, p_at)))) as lived
    ) as life_left
    from sums s
    join points_entry e on e.id = s.lot_id
    join consent_held(p_fans, 'LOYALTY', p_at) c on c.fan_id = s.fan_id
  )
  select l.fan_id, l.lot_id, l.source, l.reference, l.rule_code, l.at, l.confirmed_at, l.points, l.remaining, l.held,
    l.life_left, case
      when l.life_left <= interval '0' then 'EXPIRED'
      when l.confirmed_at > p_at then 'PENDING'
      else 'CONFIRMED'
    end
  from lots l
$$;

-- What these fans have at p_at. `points` may be spent, and is below zero where they owe; the sum of a fan's entries is
-- points + pending + expired.
create function points_balance(p_fans bigint[], p_at timestamptz)
returns table (fan_id bigint, points int, pending int, held int, expired int, owed int)
language sql stable as $$
  with owed as (
    select e.fan_id, -sum(e.points) as points
    from points_entry e
    where e.fan_id = any (p_fans) and e.lot_id is null
    group by e.fan_id
  )
  select f.id,
    (coalesce(sum(l.remaining) filter (where l.state = 'CONFIRMED'), 0) - coalesce(max(o.points), 0))::int,
    coalesce(sum(l.remaining) filter (where l.state = 'PENDING'), 0)::int,
    coalesce(sum(l.held), 0)::int,
    coalesce(sum(l.remaining) filter (where l.state = 'EXPIRED'), 0)::int,
    coalesce(max(o.points), 0)::int
  from unnest(p_fans) as f (id)
  left join points_lots(p_fans, p_at) l on l.fan_id = f.id
  left join owed o on o.fan_id = f.id
  group by f.id
$$;

-- Whoever changes a fan's points takes this first, and sees all that was written before.
create function points_lock(p_fan bigint) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtextextended('points', p_fan))
$$;

-- Writes one entry; the caller holds the fan's lock. p_entry names what is not null of it.
create function points_append(p_fan bigint, p_kind text, p_points int, p_source text, p_reference text, p_lot bigint,
  p_undoes bigint default null, p_waived int default 0, p_rule text default '', p_confirmed_at timestamptz default null,
  p_life_days int default null, p_id bigint default nextval('points_entry_id_seq')) returns void
language sql as $$
  insert into points_entry (id, fan_id, seq, kind, points, balance, lot_id, undoes_id, waived, source, reference,
    rule_code, confirmed_at, life_days)
  select p_id, p_fan, coalesce(max(last.seq), 0) + 1, p_kind, p_points, coalesce(max(last.balance), 0) + p_points, p_lot,
    p_undoes, p_waived, p_source, p_reference, p_rule, p_confirmed_at, p_life_days
  from (select seq, balance from points_entry where fan_id = p_fan order by seq desc limit 1) as last
$$;

-- Takes points out of lots, the nearest expiry first, each lot its own entry. Pending ones only where p_pending, and last.
-- Answers how many; the caller holds the lock.
create function points_take(p_fan bigint, p_kind text, p_points int, p_source text, p_reference text,
  p_pending boolean default false) returns int
language plpgsql as $$
declare
  v_lot record;
  v_left int := p_points;
begin
  for v_lot in
    select l.lot_id, l.remaining from points_lots(array[p_fan], app_now()) l
    where l.remaining > 0 and (l.state = 'CONFIRMED' or p_pending and l.state = 'PENDING')
    order by l.state = 'PENDING', l.life_left nulls last, l.lot_id
  loop
    exit when v_left <= 0;
    perform points_append(p_fan, p_kind, -least(v_lot.remaining, v_left), p_source, p_reference, v_lot.lot_id);
    v_left := v_left - least(v_lot.remaining, v_left);
  end loop;
  return p_points - v_left;
end $$;

-- What is owed is paid out of what there is, pending points too: nobody owes and has at once.
create function points_settle(p_fan bigint, p_source text, p_reference text) returns void
language plpgsql as $$
declare
  v_owed int := (select -coalesce(sum(points), 0) from points_entry where fan_id = p_fan and lot_id is null);
  v_paid int;
begin
  if v_owed > 0 then
    v_paid := points_take(p_fan, 'SETTLED', v_owed, p_source, p_reference, true);
    if v_paid > 0 then
      perform points_append(p_fan, 'SETTLED', v_paid, p_source, p_reference, null);
    end if;
  end if;
end $$;

-- Earns points for one thing by one rule, once. Answers how many that thing earned, now or before.
create function points_earn(p_fan bigint, p_source text, p_reference text, p_rule text, p_points int, p_pending_days int,
  p_life_days int) returns int
language plpgsql as $$
declare
  v_id bigint;
  v_points int;
begin
  perform points_lock(p_fan);
  select points into v_points from points_entry
  where source = p_source and reference = p_reference and rule_code = p_rule and kind = 'EARNED';
  if found or p_points <= 0 then
    return coalesce(v_points, 0);
  end if;
  v_id := nextval('points_entry_id_seq');
  perform points_append(p_fan, 'EARNED', p_points, p_source, p_reference, v_id, p_rule => p_rule, p_id => v_id,
    p_confirmed_at => app_now() + make_interval(days => p_pending_days), p_life_days => p_life_days);
  perform points_settle(p_fan, p_source, p_reference);
  return p_points;
end $$;

-- The lots that a thing opened, with what is due of each when p_part of p_whole of the thing is undone: in proportion,
-- less what was undone before.
create function points_lots_of(p_fan bigint, p_source text, p_reference text, p_part bigint, p_whole bigint)
returns table (lot_id bigint, remaining int, state text, due int)
language sql as $$
  select l.lot_id, l.remaining, l.state, (l.earned * p_part / p_whole - (
    select coalesce(sum(e.waived - e.points), 0) from points_entry e where e.fan_id = p_fan and e.undoes_id = l.lot_id
  ))::int
  from points_lots(array[p_fan], app_now()) l
  where l.source = p_source and l.reference = p_reference
  order by l.lot_id
$$;

-- Takes back what a thing earned, in proportion to how much of it (p_part of p_whole, all told so far) was undone: of
-- 7 points by thirds 2, 4 and all 7. Asking again for the same part takes nothing more. The points of the lot itself go
-- first, even if they have expired meanwhile; what else is due is taken as the program's policy says, and the rest is
-- waived. Answers how many were taken, what is owed now among them.
create function points_take_back(p_source text, p_reference text, p_part bigint, p_whole bigint) returns int
language plpgsql as $$
declare
  v_policy text := (select refund_policy from loyalty_program);
  v_fan bigint;
  v_lot record;
  v_due int;
  v_more int;
  v_taken int := 0;
begin
  select fan_id into v_fan from points_entry
  where source = p_source and reference = p_reference and kind = 'EARNED' limit 1;
  if not found then
    return 0;
  end if;
  perform points_lock(v_fan);
  for v_lot in select * from points_lots_of(v_fan, p_source, p_reference, p_part, p_whole) loop
    v_due := least(v_lot.due, v_lot.remaining);
    if v_due > 0 and (v_policy <> 'ONLY_PENDING' or v_lot.state = 'PENDING') then
      perform points_append(v_fan, 'REVERSED', -v_due, p_source, p_reference, v_lot.lot_id, v_lot.lot_id);
      v_taken := v_taken + v_due;
    end if;
  end loop;
  -- Only now the rest: paying what one lot owes may empty the next.
  for v_lot in select * from points_lots_of(v_fan, p_source, p_reference, p_part, p_whole) where due > 0 loop
    v_more := case v_policy
      when 'ALLOW_NEGATIVE' then v_lot.due
      when 'WITHIN_BALANCE' then
        least(v_lot.due, greatest((select b.points from points_balance(array[v_fan], app_now()) b), 0))
      else 0
    end;
    if v_more > 0 then
      perform points_append(v_fan, 'OWED', -v_more, p_source, p_reference, null, v_lot.lot_id);
      perform points_settle(v_fan, p_source, p_reference);
      v_taken := v_taken + v_more;
    end if;
    if v_lot.due > v_more then
      perform points_append(v_fan, 'WAIVED', 0, p_source, p_reference, null, v_lot.lot_id, v_lot.due - v_more);
    end if;
  end loop;
  return v_taken;
end $$;

-- Sets points aside for one thing; false, and nothing, where there are not as many.
create function points_hold(p_fan bigint, p_source text, p_reference text, p_points int) returns boolean
language plpgsql as $$
begin
  perform points_lock(p_fan);
  if (select b.points from points_balance(array[p_fan], app_now()) b) < p_points then
    return false;
  end if;
  return points_take(p_fan, 'HELD', p_points, p_source, p_reference) = p_points;
end $$;

-- What was set aside for a thing is burned.
create function points_spend_held(p_fan bigint, p_source text, p_reference text) returns void
language plpgsql as $$
declare
  v_lot record;
begin
  perform points_lock(p_fan);
  for v_lot in
    select lot_id, -sum(points)::int as points from points_entry
    where fan_id = p_fan and source = p_source and reference = p_reference and kind in ('HELD', 'RELEASED')
    group by lot_id having sum(points) < 0 order by lot_id
  loop
    perform points_append(p_fan, 'RELEASED', v_lot.points, p_source, p_reference, v_lot.lot_id);
    perform points_append(p_fan, 'SPENT', -v_lot.points, p_source, p_reference, v_lot.lot_id);
  end loop;
end $$;

-- What was set aside or burned for a thing goes back to the lots it came from, and lives as long as they do.
create function points_give_back(p_fan bigint, p_source text, p_reference text) returns void
language plpgsql as $$
declare
  v_lot record;
begin
  perform points_lock(p_fan);
  for v_lot in
    select lot_id, kind in ('HELD', 'RELEASED') as held, -sum(points)::int as points from points_entry
    where fan_id = p_fan and source = p_source and reference = p_reference
      and kind in ('HELD', 'RELEASED', 'SPENT', 'RESTORED')
    group by 1, 2 having sum(points) < 0 order by 1, 2
  loop
    perform points_append(p_fan, case when v_lot.held then 'RELEASED' else 'RESTORED' end, v_lot.points, p_source,
      p_reference, v_lot.lot_id);
  end loop;
  perform points_settle(p_fan, p_source, p_reference);
end $$;
