-- The rule of consent, written once. Everything that shows, stores, filters, counts or sends asks consent_mask.

-- A scope's bit is its place in the catalogue (src/consent/scopes.ts); a test compares the two.
create function consent_scope_bit(p_scope text) returns int
language sql immutable parallel safe as $$
  select array_position(array[
    'PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'HISTORY_ATTENDANCE', 'HISTORY_PURCHASE', 'HISTORY_ENGAGEMENT',
    'PROFILE', 'PROFILE_PREFERENCES', 'PERSONALIZATION', 'HIGHLIGHTS', 'LOYALTY', 'CONTACT_EMAIL', 'CONTACT_SMS',
    'CONTACT_PUSH', 'ANALYTICS'], p_scope) - 1
$$;

-- How long after its actual end a game still counts: the way out and home.
create function game_grace() returns interval
language sql immutable parallel safe as $$ select interval '30 minutes' $$;

-- The cap of a GAME grant, counted from the scheduled start and fixed when the grant is given.
create function game_cap() returns interval
language sql immutable parallel safe as $$ select interval '12 hours' $$;

-- Each grant that was not replaced by another, and what it is worth at p_at in the context of p_game (null: the game
-- the fan is at now, else any). `until` is its next boundary: cap, end of its game plus grace, a material policy.
create function consent_grants_at(p_fans bigint[], p_game bigint, p_at timestamptz)
returns table (id bigint, fan_id bigint, scope text, recipient_id bigint, lineage bigint, status text, until timestamptz)
language sql stable as $$
  with outdated as (
    select given.ordinal, min(later.effective_at) as at
    from policy given join policy later on later.ordinal > given.ordinal and later.material_change
    group by given.ordinal
  )
  select g.id, g.fan_id, g.scope, g.recipient_id, g.lineage,
    case
      when g.ended_at is not null then 'WITHDRAWN'
      when outdated.at <= p_at then 'POLICY_OUTDATED'
      when sat.session <> g.game_session or sat.status in ('POSTPONED', 'CANCELED')
        or sat.ended_at + game_grace() <= p_at then 'GAME_OVER'
      when g.expires_at <= p_at then 'EXPIRED'
      when g.game_id <> coalesce(p_game, here.game_id, g.game_id) then 'OTHER_GAME'
      else 'GRANTED'
    end,
    least(g.expires_at, sat.ended_at + game_grace(), outdated.at)
  from consent_grant g
  left join game sat on sat.id = g.game_id
  left join lateral (
    select max(p.game_id) as game_id from presence p where p_game is null and p.fan_id = g.fan_id
  ) here on p_game is null and g.game_id is not null
  left join outdated on outdated.ordinal = g.policy_ordinal
  where g.fan_id = any (p_fans) and g.end_reason is distinct from 'REPLACED'
$$;

-- The scopes in force for each fan towards a recipient (null: the operator) in the context of a game, as bits, with
-- the lineage of each by bit (0: not in force) and the next instant at which any of it may change. A partner holds a
-- scope only where the operator holds it too. A fan that does not exist holds nothing.
create function consent_mask(p_fans bigint[], p_recipient bigint, p_game bigint, p_at timestamptz)
returns table (fan_id bigint, mask int, lineages bigint[], valid_until timestamptz)
language sql stable as $$
  with held as (
    select g.fan_id, consent_scope_bit(g.scope) as bit, min(g.until) as until,
      min(g.lineage) filter (where g.recipient_id is null) as by_operator,
      min(g.lineage) filter (where g.recipient_id is not null) as by_partner
    from consent_grants_at(p_fans, p_game, p_at) g
    where g.status = 'GRANTED' and (g.recipient_id is null or g.recipient_id = p_recipient)
    group by 1, 2
  ), in_force as (
    select h.fan_id, h.bit, h.until,
      case when p_recipient is null or h.by_partner is not null then greatest(h.by_operator, h.by_partner) end as lineage
    from held h
    where h.by_operator is not null
  )
  select f.id, coalesce(bit_or(1 << e.bit) filter (where e.lineage is not null), 0), array[
      coalesce(max(e.lineage) filter (where e.bit = 0), 0), coalesce(max(e.lineage) filter (where e.bit = 1), 0),
      coalesce(max(e.lineage) filter (where e.bit = 2), 0), coalesce(max(e.lineage) filter (where e.bit = 3), 0),
      coalesce(max(e.lineage) filter (where e.bit = 4), 0), coalesce(max(e.lineage) filter (where e.bit = 5), 0),
      coalesce(max(e.lineage) filter (where e.bit = 6), 0), coalesce(max(e.lineage) filter (where e.bit = 7), 0),
      coalesce(max(e.lineage) filter (where e.bit = 8), 0), coalesce(max(e.lineage) filter (where e.bit = 9), 0),
      coalesce(max(e.lineage) filter (where e.bit = 10), 0), coalesce(max(e.lineage) filter (where e.bit = 11), 0),
      coalesce(max(e.lineage) filter (where e.bit = 12), 0), coalesce(max(e.lineage) filter (where e.bit = 13), 0),
      coalesce(max(e.lineage) filter (where e.bit = 14), 0)],
    min(e.until)
  from unnest(p_fans) as f (id)
  left join in_force e on e.fan_id = f.id
  group by f.id
$$;

-- What caches must forget, numbered in commit order: the row lock on the clock is held until the commit.
create function consent_log_append(p_fan bigint, p_game bigint, p_policy bigint, p_partner bigint) returns bigint
language plpgsql as $$
declare
  v_seq bigint;
begin
  update consent_clock set seq = seq + 1 returning seq into v_seq;
  insert into consent_log (seq, fan_id, game_id, policy_id, partner_id)
  values (v_seq, p_fan, p_game, p_policy, p_partner);
  return v_seq;
end $$;

-- One act of granting. p_durations stands beside p_scopes. A grant that replaces one in force keeps its lineage; any
-- gap starts a new one. The caller has checked that fan, game, recipient and policy exist.
create function consent_grant_scopes(
  p_act uuid, p_fan bigint, p_scopes text[], p_durations text[], p_recipient bigint, p_game bigint,
  p_until timestamptz, p_policy int
) returns setof consent_grant
language plpgsql as $$
declare
  v_at timestamptz := app_now();
  v_game game;
  v_grant consent_grant;
  v_lineage bigint;
begin
  perform 1 from fan where id = p_fan for no key update;
  select * into v_game from game where id = p_game for share;
  for i in 1 .. coalesce(array_length(p_scopes, 1), 0) loop
    select min(g.lineage) into v_lineage
    from consent_grants_at(array[p_fan], p_game, v_at) g
    where g.status = 'GRANTED' and g.scope = p_scopes[i] and g.recipient_id is not distinct from p_recipient;

    v_grant := null;
    v_grant.id := nextval('consent_grant_id_seq');
    v_grant.fan_id := p_fan;
    v_grant.scope := p_scopes[i];
    v_grant.recipient_id := p_recipient;
    v_grant.duration := p_durations[i];
    v_grant.policy_ordinal := p_policy;
    v_grant.lineage := coalesce(v_lineage, v_grant.id);
    v_grant.granted_at := v_at;
    if p_durations[i] = 'GAME' then
      v_grant.game_id := p_game;
      v_grant.game_session := v_game.session;
      v_grant.expires_at := v_game.starts_at + game_cap();
    elsif p_durations[i] = 'UNTIL' then
      v_grant.expires_at := p_until;
    end if;

    update consent_grant g set ended_at = v_at, end_reason = 'REPLACED'
    where g.fan_id = p_fan and g.scope = p_scopes[i] and g.recipient_id is not distinct from p_recipient
      and g.duration = p_durations[i] and g.game_id is not distinct from v_grant.game_id and g.ended_at is null;

    insert into consent_grant select v_grant.*;
    insert into consent_event (act_id, fan_id, action, scope, recipient_id, duration, game_id, expires_at, policy_ordinal, at)
    values (p_act, p_fan, 'GRANTED', p_scopes[i], p_recipient, p_durations[i], v_grant.game_id, v_grant.expires_at,
      p_policy, v_at);
    return next v_grant;
  end loop;
  update fan set epoch = epoch + 1 where id = p_fan;
end $$;

-- One act of withdrawing: every grant of these scopes to this recipient ends, and what must not outlive it goes with
-- it. With p_erase, what the scopes had collected goes too; points already earned never do.
create function consent_withdraw_scopes(p_act uuid, p_fan bigint, p_scopes text[], p_recipient bigint, p_erase boolean)
returns setof consent_grant
language plpgsql as $$
declare
  v_at timestamptz := app_now();
begin
  perform 1 from fan where id = p_fan for no key update;
  return query
    update consent_grant g set ended_at = v_at, end_reason = 'WITHDRAWN'
    where g.fan_id = p_fan and g.scope = any (p_scopes) and g.recipient_id is not distinct from p_recipient
      and g.ended_at is null
    returning g.*;
  insert into consent_event (act_id, fan_id, action, scope, recipient_id, at)
  select p_act, p_fan, 'WITHDRAWN', s.scope, p_recipient, v_at from unnest(p_scopes) as s (scope);
  if p_recipient is null then
    perform consent_forget(p_fan, p_scopes, p_erase);
  end if;
  update fan set epoch = epoch + 1 where id = p_fan;
  perform consent_log_append(p_fan, null, null, null);
end $$;

-- Presence never outlives its scope. The rest stays, unseen, until the fan asks for its erasure.
create function consent_forget(p_fan bigint, p_scopes text[], p_erase boolean) returns void
language plpgsql as $$
begin
  if 'PRESENCE_VENUE' = any (p_scopes) then
    delete from presence where fan_id = p_fan;
  elsif 'PRESENCE_ZONE' = any (p_scopes) then
    update presence set zone_id = null where fan_id = p_fan;
  end if;
  if not p_erase then
    return;
  end if;
  if 'HISTORY_ATTENDANCE' = any (p_scopes) then
    delete from visit v using game g where v.fan_id = p_fan and g.id = v.game_id and g.ended_at is not null;
  end if;
  if 'OFFERS_LIVE' = any (p_scopes) then
    delete from delivery where fan_id = p_fan;
  end if;
  if 'PROFILE' = any (p_scopes) then
    update fan set display_name = null, email = null, birth_year = null where id = p_fan;
  end if;
  if 'PROFILE_PREFERENCES' = any (p_scopes) then
    update fan set favorite_team_id = null where id = p_fan;
  end if;
end $$;

create function refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger consent_event_append_only before update or delete or truncate on consent_event
for each statement execute function refuse_change();
create trigger policy_append_only before update or delete or truncate on policy
for each statement execute function refuse_change();

-- When a game is over, presence goes, and with it every visit that no HISTORY_ATTENDANCE keeps.
create function forget_game(p_game bigint) returns void
language plpgsql as $$
begin
  perform close_presence(p_game);
  delete from visit v
  using consent_mask(
    (select array_agg(x.fan_id) from visit x where x.game_id = p_game), null, p_game, app_now()) m
  where v.game_id = p_game and m.fan_id = v.fan_id
    and m.mask & (1 << consent_scope_bit('HISTORY_ATTENDANCE')) = 0;
end $$;
