-- One entry of the ledger, in the commit of its act: what may be erased goes into ledger_opening, the rest is for good.
-- An act has one entry; a second one is refused.
create function ledger_append(p_act uuid, p_fan bigint, p_ciphertext bytea, p_leaf bytea, p_salt bytea) returns bigint
language plpgsql as $$
declare
  v_id bigint;
begin
  insert into ledger_entry (ciphertext, leaf) values (p_ciphertext, p_leaf) returning id into v_id;
  insert into ledger_opening (entry_id, act_id, fan_id, salt) values (v_id, p_act, p_fan, p_salt);
  insert into ledger_pending (entry_id) values (v_id);
  return v_id;
end $$;

drop function consent_grant_scopes, consent_withdraw_scopes;

-- One act of granting, with the entry that the caller has sealed for it at p_at. p_durations stands beside p_scopes. A
-- grant that replaces one in force keeps its lineage; any gap starts a new one. The caller has checked that fan, game,
-- recipient and policy exist.
create function consent_grant_scopes(
  p_act uuid, p_fan bigint, p_scopes text[], p_durations text[], p_recipient bigint, p_game bigint,
  p_until timestamptz, p_policy int, p_at timestamptz, p_ciphertext bytea, p_leaf bytea, p_salt bytea
) returns setof consent_grant
language plpgsql as $$
declare
  v_at timestamptz := p_at;
  v_game game;
  v_grant consent_grant;
  v_lineage bigint;
begin
  perform 1 from fan where id = p_fan for no key update;
  select * into v_game from game where id = p_game for share;
  for i in 1 .. coalesce(array_length(p_scopes, 1), 0) loop
    select min(g.lineage) into v_lineage
    from consent_grants_at(array[p_fan], p_game, app_now()) g
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
  perform ledger_append(p_act, p_fan, p_ciphertext, p_leaf, p_salt);
  update fan set epoch = epoch + 1 where id = p_fan;
end $$;

-- One act of withdrawing: every grant of these scopes to this recipient ends, and what must not outlive it goes with
-- it. With p_erase, what the scopes had collected goes too; points already earned never do. The entry was sealed at p_at,
-- before the call, so that nothing is waited for under the clock's lock, which comes last.
create function consent_withdraw_scopes(
  p_act uuid, p_fan bigint, p_scopes text[], p_recipient bigint, p_erase boolean,
  p_at timestamptz, p_ciphertext bytea, p_leaf bytea, p_salt bytea
) returns setof consent_grant
language plpgsql as $$
declare
  v_at timestamptz := p_at;
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
  perform ledger_append(p_act, p_fan, p_ciphertext, p_leaf, p_salt);
  update fan set epoch = epoch + 1 where id = p_fan;
  perform consent_log_append(p_fan, null, null, null);
end $$;
