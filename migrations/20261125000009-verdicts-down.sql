create or replace function announcement_scopes(p_announcement bigint) returns int
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

create or replace function announcement_audience(p_announcement bigint, p_fans bigint[])
returns table (fan_id bigint, lineages bigint[])
language plpgsql stable set plan_cache_mode = force_custom_plan set work_mem = '64MB' set jit = off as $$
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

drop function offer_verdict;
drop function campaign_verdicts;
drop function campaign_closed;
drop function campaign_scopes;
drop function campaign_zones;
drop function campaign_holdout;
drop function is_held_out;
drop function skip_if;
drop function skip_bit;
drop function skip_codes;
