-- Whom an announcement may reach, by the rules of its campaign and by consent, written once: announcing asks it of
-- everybody (p_fans is null), a preview of one fan.

-- The consent that choosing a fan for this announcement takes, as bits.
create function announcement_scopes(p_announcement bigint) returns int
language sql stable as $$
  select bit_or(1 << consent_scope_bit(s.scope))
  from announcement a
  join campaign c on c.id = a.campaign_id
  cross join lateral unnest(array['PRESENCE_VENUE', 'OFFERS_LIVE']
    || case when a.zone_ids <> '{}' then array['PRESENCE_ZONE'] else '{}' end
    || case when c.rules->'favoriteTeamIds' <> '[]' then array['PROFILE_PREFERENCES', 'PERSONALIZATION'] else '{}' end
  ) as s (scope)
  where a.id = p_announcement
$$;

-- Who is there now (in a named zone, if any is), consents to all that choosing them takes, fits the segment and is not
-- held out; with the lineages of consent in force.
create function announcement_audience(p_announcement bigint, p_fans bigint[])
returns table (fan_id bigint, lineages bigint[])
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  v_announcement announcement;
  v_campaign campaign;
  v_teams bigint[];
  v_mask int := announcement_scopes(p_announcement);
begin
  select * into v_announcement from announcement where id = p_announcement;
  select * into v_campaign from campaign where id = v_announcement.campaign_id;
  v_teams := array(select jsonb_array_elements_text(v_campaign.rules->'favoriteTeamIds')::bigint);
  return query
    select m.fan_id, m.lineages
    from consent_mask(
      (select array_agg(p.fan_id) from presence p
        where p.game_id = v_announcement.game_id and (p_fans is null or p.fan_id = any (p_fans))
          and (v_announcement.zone_ids = '{}' or p.zone_id = any (v_announcement.zone_ids))),
      null, v_announcement.game_id, app_now()) m
    join fan f on f.id = m.fan_id
    where m.mask & v_mask = v_mask
      and (v_teams = '{}' or f.favorite_team_id = any (v_teams))
      and abs(hashint8extended(m.fan_id, v_campaign.id) % 100) >= v_campaign.holdout_percent;
end $$;

-- Which of these announcements reach a fan: what they were told and may still see, under unbroken consent to all that
-- choosing them took; and, of offers they have not had, those whose audience they are in.
create function announcements_reaching(p_fan bigint, p_announcements bigint[]) returns bigint[]
language sql stable as $$
  with asked as (
    select a.id, a.game_id, announcement_scopes(a.id) as scopes, d.announcement_id as told_by, d.lineages as captured
    from announcement a left join delivery d on d.offer_id = a.offer_id and d.fan_id = p_fan
    where a.id = any (p_announcements)
  ), held as materialized (
    select games.game_id, m.mask, m.lineages
    from (select distinct game_id from asked) games
    cross join lateral consent_mask(array[p_fan], null, games.game_id, app_now()) m
  )
  select coalesce(array_agg(asked.id order by asked.id), '{}')
  from asked join held on held.game_id = asked.game_id
  where case
    when held.mask & asked.scopes <> asked.scopes then false
    when asked.told_by is null then exists (select from announcement_audience(asked.id, array[p_fan]))
    when asked.told_by <> asked.id then false
    else not exists (
      select from generate_subscripts(asked.captured, 1) as place
      where asked.scopes & (1 << (place - 1)) <> 0 and asked.captured[place] <> held.lineages[place])
  end
$$;

-- What a fan's grants and withdrawals would change, judged by the rule itself: the change is made, looked at and taken
-- back within this one call, so that no lock outlives it, nothing of it is ever seen by anybody, and no clock, record
-- or log is touched. Grants are staged as standing ones: for how long is not the question here. Where p_game is named
-- the fan is taken to be at it, in an unknown place unless they are known to be there.
create function consent_preview(
  p_fan bigint, p_grant text[], p_withdraw text[], p_recipient bigint, p_game bigint, p_policy int,
  p_announcements bigint[]
) returns table (mask_before int, mask_after int, reached_before bigint[], reached_after bigint[])
language plpgsql as $$
begin
  begin
    if to_regclass('presence_' || p_game) is not null then
      insert into presence (game_id, fan_id) values (p_game, p_fan) on conflict do nothing;
    end if;
    mask_before := (select m.mask from consent_mask(array[p_fan], p_recipient, p_game, app_now()) m);
    reached_before := announcements_reaching(p_fan, p_announcements);

    update consent_grant set ended_at = app_now(), end_reason = 'WITHDRAWN'
    where fan_id = p_fan and scope = any (p_withdraw) and recipient_id is not distinct from p_recipient
      and ended_at is null;
    insert into consent_grant (id, fan_id, scope, recipient_id, duration, policy_ordinal, lineage)
    select s.id, p_fan, s.scope, p_recipient, 'STANDING', p_policy, s.id
    from (select nextval('consent_grant_id_seq') as id, g.scope from unnest(p_grant) as g (scope)) s
    where not exists (
      select from consent_grants_at(array[p_fan], p_game, app_now()) held
      where held.status = 'GRANTED' and held.scope = s.scope and held.recipient_id is not distinct from p_recipient);

    mask_after := (select m.mask from consent_mask(array[p_fan], p_recipient, p_game, app_now()) m);
    reached_after := announcements_reaching(p_fan, p_announcements);
    raise exception 'taken back' using errcode = 'TR001';
  exception when sqlstate 'TR001' then
    null;
  end;
  return next;
end $$;
