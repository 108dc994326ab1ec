-- Whom a campaign is for, by what they consent to have looked at: each part of a segment carries the scopes that it reads.

-- The consent that choosing a fan by these rules takes, as bits.
create or replace function campaign_scopes(p_campaign bigint, p_zones bigint[]) returns int
language sql stable as $$
  select bit_or(1 << consent_scope_bit(s.scope))
  from campaign c
  cross join lateral unnest(array['PRESENCE_VENUE', 'OFFERS_LIVE']
    || case when p_zones <> '{}' then array['PRESENCE_ZONE'] else '{}' end
    || case when c.rules->'favoriteTeamIds' <> '[]' then array['PROFILE_PREFERENCES', 'PERSONALIZATION'] else '{}' end
    || case when coalesce(c.rules->'tierCodes', '[]') <> '[]' then array['LOYALTY', 'PERSONALIZATION'] else '{}' end
    || case when c.rules ? 'visits' or c.rules ? 'streak' then array['HISTORY_ATTENDANCE', 'PERSONALIZATION'] else '{}' end
    || case when c.rules ? 'engagements' then array['HISTORY_ENGAGEMENT', 'PERSONALIZATION'] else '{}' end
  ) as s (scope)
  where c.id = p_campaign
$$;

-- How often a fan did something with this partner's offers since then.
create function engagements_with(p_fan bigint, p_partner bigint, p_kind text, p_since timestamptz) returns bigint
language sql stable as $$
  select count(*)
  from engagement e join offer o on o.id = e.offer_id join campaign c on c.id = o.campaign_id
  where e.fan_id = p_fan and c.partner_id = p_partner and e.kind = p_kind and e.at > p_since
$$;

-- For each fan who is at the game (p_fans is null), or for these fans wherever they are: the lineages of consent in force,
-- the scopes that choosing them takes and they do not grant, as bits, and what else stands in the way, as bits of
-- skip_bit. Without p_all only those of whom nothing stands in the way, and those who would be told but are held out.
-- What is known only under a scope is not judged without it.
create or replace function campaign_verdicts(
  p_campaign bigint, p_game bigint, p_zones bigint[], p_fans bigint[], p_at timestamptz, p_all boolean
) returns table (fan_id bigint, lineages bigint[], missing int, skips int)
language plpgsql stable set plan_cache_mode = force_custom_plan set work_mem = '64MB' set jit = off as $$
declare
  v_campaign campaign;
  v_offer bigint;
  v_teams bigint[];
  v_tiers text[];
  v_visits int;
  v_since timestamptz;
  v_streak int;
  v_acts int;
  v_needs int := campaign_scopes(p_campaign, p_zones);
  v_zone int := 1 << consent_scope_bit('PRESENCE_ZONE');
  v_personal int := 1 << consent_scope_bit('PERSONALIZATION');
  v_taste int := v_personal | (1 << consent_scope_bit('PROFILE_PREFERENCES'));
  v_standing int := v_personal | (1 << consent_scope_bit('LOYALTY'));
  v_attendance int := v_personal | (1 << consent_scope_bit('HISTORY_ATTENDANCE'));
  v_engagement int := v_personal | (1 << consent_scope_bit('HISTORY_ENGAGEMENT'));
  v_held_out int := skip_if('HELD_OUT', true);
begin
  select * into v_campaign from campaign where id = p_campaign;
  select id into v_offer from offer where campaign_id = p_campaign;
  v_teams := array(select jsonb_array_elements_text(v_campaign.rules->'favoriteTeamIds')::bigint);
  v_tiers := array(select jsonb_array_elements_text(v_campaign.rules->'tierCodes'));
  v_visits := (v_campaign.rules#>>'{visits,atLeast}')::int;
  v_since := p_at - make_interval(days => (v_campaign.rules#>>'{visits,withinDays}')::int);
  v_streak := (v_campaign.rules->>'streak')::int;
  v_acts := (v_campaign.rules#>>'{engagements,atLeast}')::int;
  return query
    with person as (
      select p.fan_id, p.zone_id, true as is_there from presence p where p_fans is null and p.game_id = p_game
      union all
      select f.id, p.zone_id, p.fan_id is not null
      from unnest(p_fans) f (id) left join presence p on p.game_id = p_game and p.fan_id = f.id
    ), candidate as materialized (
      select p.fan_id,
        skip_if('NOT_PRESENT', not p.is_there)
          | skip_if('NOT_IN_ZONE', p.is_there and p_zones <> '{}' and (p.zone_id = any (p_zones)) is not true)
          | skip_if('HELD_OUT', is_held_out(p_campaign, p.fan_id, v_campaign.holdout_percent))
          | skip_if('ALREADY_ANNOUNCED', d.id is not null)
          | skip_if('NOT_TARGETED', v_campaign.targeted and t.fan_id is null)
          | coalesce(s.skips, 0) as skips
      from person p
      left join delivery d on d.offer_id = v_offer and d.fan_id = p.fan_id
      left join campaign_target t on v_campaign.targeted and t.campaign_id = p_campaign and t.fan_id = p.fan_id
      left join contact_skips(p_campaign, p_game, p_fans, p_at) s on s.fan_id = p.fan_id
    ), judged as (
      select m.fan_id, m.lineages, v_needs & ~m.mask as missing,
        case when m.mask & v_zone = 0 then c.skips & ~skip_if('NOT_IN_ZONE', true) else c.skips end
          | skip_if('OTHER_TEAM', v_teams <> '{}' and m.mask & v_taste = v_taste
              and (f.favorite_team_id = any (v_teams)) is not true)
          | skip_if('OTHER_TIER', v_tiers <> '{}' and m.mask & v_standing = v_standing
              and (l.code = any (v_tiers)) is not true)
          | case when v_visits is null or m.mask & v_attendance <> v_attendance then 0 else
              skip_if('TOO_FEW_VISITS', v_visits > (
                select count(*) from visit v
                where v.fan_id = m.fan_id and v.arrived_at > v_since and v.arrived_at <= p_at)) end
          | case when v_streak is null or p_game is null or m.mask & v_attendance <> v_attendance then 0 else
              skip_if('STREAK_TOO_SHORT', v_streak > attendance_streak(m.fan_id, p_game)) end
          | case when v_acts is null or m.mask & v_engagement <> v_engagement then 0 else
              skip_if('TOO_LITTLE_ENGAGEMENT', v_acts > engagements_with(m.fan_id, v_campaign.partner_id,
                v_campaign.rules#>>'{engagements,kind}',
                p_at - make_interval(days => (v_campaign.rules#>>'{engagements,withinDays}')::int))) end as skips
      from consent_mask((select array_agg(c.fan_id) from candidate c where p_all or c.skips & ~v_held_out = 0),
        null, p_game, p_at) m
      join candidate c on c.fan_id = m.fan_id
      join fan f on f.id = m.fan_id
      left join loyalty_standing(
        (select array_agg(c.fan_id) from candidate c where v_tiers <> '{}'), p_at) l on l.fan_id = m.fan_id
    )
    select j.fan_id, j.lineages, j.missing, j.skips from judged j
    where p_all or j.missing = 0 and j.skips & ~v_held_out = 0;
end $$;
