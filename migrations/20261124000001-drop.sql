-- Back to acts without a ledger: the two functions as they were, and nothing of the rest.
drop function consent_grant_scopes, consent_withdraw_scopes, ledger_append;
drop table ledger_head, ledger_node, ledger_leaf, ledger_pending, fan_key, ledger_opening, ledger_entry;

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
