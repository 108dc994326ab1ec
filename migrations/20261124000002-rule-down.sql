-- Back to the rule of the first migration. Pauses, vetoes and wards' keys have no place in it and are lost.
drop trigger consent_grant_lineage on consent_grant;
drop trigger fan_comes_of_age on fan;

-- Each grant that was not replaced by another, and what it is worth at p_at in the context of p_game (null: the game
-- the fan is at now, else any). `until` is its next boundary: cap, end of its game plus grace, a material policy.
create or replace function consent_grants_at(p_fans bigint[], p_game bigint, p_at timestamptz)
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
create or replace function consent_mask(p_fans bigint[], p_recipient bigint, p_game bigint, p_at timestamptz)
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

drop function consent_pauses_at, consent_pause_game, consent_keep_pauses, consent_veto_partners, consent_grant_lineage,
  game_goes_on, set_age_of_consent, fan_comes_of_age, minor_until, age_of_consent;
drop table age_threshold, consent_pause;

alter table "fan" drop constraint "fan_guardian_id_foreign";
alter table "fan" drop constraint "fan_guardian_id_ward_key_unique";
alter table "fan" drop column "guardian_id", drop column "ward_key", drop column "minor_until", drop column "partners_vetoed_at";
update "fan" set "subject" = 'ward:' || gen_random_uuid() where "subject" is null;
alter table "fan" alter column "subject" set not null;

update "consent_grant" set "end_reason" = 'WITHDRAWN' where "end_reason" = 'VETOED';
alter table "consent_grant" drop constraint "consent_grant_end_reason_check";
alter table "consent_grant" add constraint "consent_grant_end_reason_check" check ("end_reason" in ('WITHDRAWN', 'REPLACED'));
alter table "consent_event" disable trigger consent_event_append_only;
delete from "consent_event" where "action" in ('PAUSED', 'VETOED');
alter table "consent_event" enable trigger consent_event_append_only;
alter table "consent_event" drop constraint "consent_event_action_check";
alter table "consent_event" add constraint "consent_event_action_check" check ("action" in ('GRANTED', 'WITHDRAWN'));
alter table "consent_event" alter column "scope" set not null;
