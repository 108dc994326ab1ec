-- The rule with pauses, the veto and ages. Signatures are those of the first migration.

-- Whether a sitting of a game goes on, its grace included: what can be sat out.
create function game_goes_on(p_status text, p_ended_at timestamptz, p_at timestamptz) returns boolean
language sql immutable parallel safe as $$
  select p_status in ('SCHEDULED', 'LIVE')
    or p_status in ('FINAL', 'SUSPENDED') and coalesce(p_ended_at + game_grace() > p_at, false)
$$;

-- The games that fans sit out. A pause is for one sitting of a game, and in force until its end plus grace, or until it
-- is postponed or canceled. `lineage` stays with that game for good: what was captured before a pause is older.
create function consent_pauses_at(p_fans bigint[], p_game bigint, p_at timestamptz)
returns table (fan_id bigint, game_id bigint, lineage bigint, in_force boolean, until timestamptz)
language sql stable as $$
  select p.fan_id, p.game_id, p.lineage,
    p.session = g.session and game_goes_on(g.status, g.ended_at, p_at),
    g.ended_at + game_grace()
  from consent_pause p
  join game g on g.id = p.game_id
  where p.fan_id = any (p_fans) and (p_game is null or p.game_id = p_game)
$$;

-- Each grant that was not replaced by another, and what it is worth at p_at in the context of p_game (null: the game
-- the fan is at now, else any). `until` is its next boundary: cap, end of its game plus grace, a material policy, the
-- end of a pause.
create or replace function consent_grants_at(p_fans bigint[], p_game bigint, p_at timestamptz)
returns table (id bigint, fan_id bigint, scope text, recipient_id bigint, lineage bigint, status text, until timestamptz)
language sql stable as $$
  with outdated as (
    select given.ordinal, min(later.effective_at) as at
    from policy given join policy later on later.ordinal > given.ordinal and later.material_change
    group by given.ordinal
  ), here as (
    select p.fan_id, max(p.game_id) as game_id
    from presence p where p_game is null and p.fan_id = any (p_fans)
    group by p.fan_id
  )
  select g.id, g.fan_id, g.scope, g.recipient_id, greatest(g.lineage, paused.lineage),
    case
      when g.ended_at is not null then g.end_reason
      when outdated.at <= p_at then 'POLICY_OUTDATED'
      when sat.session <> g.game_session or sat.status in ('POSTPONED', 'CANCELED')
        or sat.ended_at + game_grace() <= p_at then 'GAME_OVER'
      when g.expires_at <= p_at then 'EXPIRED'
      when paused.in_force then 'PAUSED'
      when g.game_id <> coalesce(p_game, here.game_id, g.game_id) then 'OTHER_GAME'
      else 'GRANTED'
    end,
    least(g.expires_at, sat.ended_at + game_grace(), outdated.at, case when paused.in_force then paused.until end)
  from consent_grant g
  left join game sat on sat.id = g.game_id
  left join here on here.fan_id = g.fan_id
  left join consent_pauses_at(p_fans, p_game, p_at) paused
    on paused.fan_id = g.fan_id and paused.game_id = coalesce(g.game_id, p_game, here.game_id)
  left join outdated on outdated.ordinal = g.policy_ordinal
  where g.fan_id = any (p_fans) and g.end_reason is distinct from 'REPLACED'
$$;

-- The scopes in force for each fan towards a recipient (null: the operator) in the context of a game, as bits, with
-- the lineage of each by bit (0: not in force) and the next instant at which any of it may change. A partner holds a
-- scope only where the operator holds it too, and nothing about a minor. A fan that does not exist holds nothing.
create or replace function consent_mask(p_fans bigint[], p_recipient bigint, p_game bigint, p_at timestamptz)
returns table (fan_id bigint, mask int, lineages bigint[], valid_until timestamptz)
language sql stable as $$
  with held as (
    select g.fan_id, consent_scope_bit(g.scope) as bit, min(g.until) as until,
      min(g.lineage) filter (where g.recipient_id is null and g.status = 'GRANTED') as by_operator,
      min(g.lineage) filter (where g.recipient_id is not null and g.status = 'GRANTED') as by_partner
    from consent_grants_at(p_fans, p_game, p_at) g
    where g.status in ('GRANTED', 'PAUSED') and (g.recipient_id is null or g.recipient_id = p_recipient)
    group by 1, 2
  ), in_force as (
    select h.fan_id, h.bit, h.until,
      case when h.by_operator is not null and (p_recipient is null or h.by_partner is not null)
        then greatest(h.by_operator, h.by_partner) end as lineage
    from held h
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
    least(min(e.until), min(minor.minor_until))
  from unnest(p_fans) as f (id)
  left join fan minor on p_recipient is not null and minor.id = f.id and minor.minor_until > p_at
  left join in_force e on e.fan_id = f.id and minor.id is null
  group by f.id
$$;

-- A lineage is unbroken in every game that its grant covers. A grant for all games may have found its lineage in a
-- grant for one, while elsewhere there was a gap: where an earlier grant for all games carried that lineage and has
-- lapsed, a new one begins.
create function consent_grant_lineage() returns trigger
language plpgsql as $$
declare
  v_covered boolean;
begin
  if new.duration = 'GAME' or new.lineage = new.id then
    return new;
  end if;
  select bool_or((g.ended_at is null or g.end_reason = 'REPLACED' and g.ended_at = new.granted_at)
    and (g.expires_at is null or g.expires_at > new.granted_at)) into v_covered
  from consent_grant g
  where g.fan_id = new.fan_id and g.scope = new.scope and g.recipient_id is not distinct from new.recipient_id
    and g.duration <> 'GAME' and g.lineage = new.lineage;
  if not v_covered then
    new.lineage := new.id;
  end if;
  return new;
end $$;
create trigger consent_grant_lineage before insert on consent_grant
for each row execute function consent_grant_lineage();

-- One act of sitting a game out, standing grants included. Answers when consent resumes, as far as is known; null where
-- there is nothing left to sit out. Asking twice is safe. It takes consent away: the log entry comes last.
create function consent_pause_game(
  p_act uuid, p_fan bigint, p_game bigint, p_at timestamptz, p_ciphertext bytea, p_leaf bytea, p_salt bytea
) returns timestamptz
language plpgsql as $$
declare
  v_at timestamptz := p_at;
  v_game game;
begin
  perform 1 from fan where id = p_fan for no key update;
  select * into v_game from game where id = p_game for share;
  if not game_goes_on(v_game.status, v_game.ended_at, v_at) then
    return null;
  end if;
  insert into consent_pause (fan_id, game_id, session, lineage, at)
  values (p_fan, p_game, v_game.session, nextval('consent_grant_id_seq'), v_at)
  on conflict (fan_id, game_id) do update set session = excluded.session, lineage = excluded.lineage, at = excluded.at;
  delete from presence where fan_id = p_fan and game_id = p_game;
  insert into consent_event (act_id, fan_id, action, game_id, at) values (p_act, p_fan, 'PAUSED', p_game, v_at);
  perform ledger_append(p_act, p_fan, p_ciphertext, p_leaf, p_salt);
  update fan set epoch = epoch + 1 where id = p_fan;
  perform consent_log_append(p_fan, null, null, null);
  return coalesce(v_game.ended_at + game_grace(), greatest(v_game.starts_at + game_cap(), v_at + game_grace()));
end $$;

-- An end that was said by mistake is taken back: the sitting counts anew, and whoever sits the game out still does.
create function consent_keep_pauses(p_game bigint, p_session int) returns void
language sql as $$
  update consent_pause set session = p_session, lineage = nextval('consent_grant_id_seq')
  where game_id = p_game and session = p_session - 1
$$;

-- One veto of all partner recipients. Every grant to a partner ends; a later one that names the partner stands. Answers
-- whether this was the first: later ones change nothing.
create function consent_veto_partners(
  p_act uuid, p_fan bigint, p_at timestamptz, p_ciphertext bytea, p_leaf bytea, p_salt bytea
) returns boolean
language plpgsql as $$
declare
  v_at timestamptz := p_at;
begin
  update fan set partners_vetoed_at = v_at, epoch = epoch + 1 where id = p_fan and partners_vetoed_at is null;
  if not found then
    return false;
  end if;
  update consent_grant set ended_at = v_at, end_reason = 'VETOED'
  where fan_id = p_fan and recipient_id is not null and ended_at is null;
  insert into consent_event (act_id, fan_id, action, at) values (p_act, p_fan, 'VETOED', v_at);
  perform ledger_append(p_act, p_fan, p_ciphertext, p_leaf, p_salt);
  perform consent_log_append(p_fan, null, null, null);
  return true;
end $$;
