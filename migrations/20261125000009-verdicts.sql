-- Why an announcement reaches a fan or does not, written once. `campaign_closed` says what stands in the way of everybody,
-- `campaign_verdicts` what stands in the way of each fan; whoever nothing stands in the way of is the audience.
-- Announcing, a fan's question why not, a preview of consent and a partner's dry run all ask these two.

-- The reasons for skipping, as bits; appended to, never reordered. src/offers/skips.ts says them in words.
create function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE'
  ]
$$;
create function skip_bit(p_code text) returns int
language sql immutable parallel safe as $$
  select array_position(skip_codes(), p_code) - 1
$$;
create function skip_if(p_code text, p_when boolean) returns int
language sql immutable parallel safe as $$
  select case when p_when then 1 << skip_bit(p_code) else 0 end
$$;

-- Whom a campaign keeps from seeing it, to be compared with those who did: by a hash of campaign and fan, so that nobody
-- chooses who, and asking again answers the same.
create function is_held_out(p_campaign bigint, p_fan bigint, p_percent int) returns boolean
language sql immutable parallel safe as $$
  select abs(hashint8extended(p_fan, p_campaign) % 100) < p_percent
$$;
create function campaign_holdout(p_campaign bigint, p_fan bigint) returns boolean
language sql stable as $$
  select is_held_out(c.id, p_fan, c.holdout_percent) from campaign c where c.id = p_campaign
$$;

-- The zones of a campaign at the venue of a game, in their order.
create function campaign_zones(p_campaign bigint, p_game bigint) returns bigint[]
language sql stable as $$
  select coalesce(array_agg(z.id order by z.id), '{}')
  from campaign c join game g on g.id = p_game join zone z on z.venue_id = g.venue_id
  where c.id = p_campaign and c.rules->'zoneIds' @> to_jsonb(z.id::text)
$$;

-- The consent that choosing a fan by these rules takes, as bits.
create function campaign_scopes(p_campaign bigint, p_zones bigint[]) returns int
language sql stable as $$
  select bit_or(1 << consent_scope_bit(s.scope))
  from campaign c
  cross join lateral unnest(array['PRESENCE_VENUE', 'OFFERS_LIVE']
    || case when p_zones <> '{}' then array['PRESENCE_ZONE'] else '{}' end
    || case when c.rules->'favoriteTeamIds' <> '[]' then array['PROFILE_PREFERENCES', 'PERSONALIZATION'] else '{}' end
  ) as s (scope)
  where c.id = p_campaign
$$;

-- What stands in the way of announcing the campaign at p_at, at p_game (null: at no game in particular), whoever is there.
create function campaign_closed(p_campaign bigint, p_game bigint, p_at timestamptz) returns int
language sql stable as $$
  select skip_if('CAMPAIGN_ENDED', c.ended_at is not null or p_at >= c.valid_until)
    | skip_if('CAMPAIGN_PAUSED', c.paused)
    | skip_if('CAMPAIGN_NOT_STARTED', p_at < c.valid_from)
    | skip_if('GAME_OVER', g.status not in ('SCHEDULED', 'LIVE'))
    | skip_if('OTHER_VENUE', g.id is not null and (
        c.rules->'venueIds' <> '[]' and not c.rules->'venueIds' @> to_jsonb(g.venue_id::text)
        or c.rules->'zoneIds' <> '[]' and campaign_zones(c.id, g.id) = '{}'))
  from campaign c left join game g on g.id = p_game
  where c.id = p_campaign
$$;

-- For each fan who is at the game (p_fans is null), or for these fans wherever they are: the lineages of consent in force,
-- the scopes that choosing them takes and they do not grant, as bits, and what else stands in the way, as bits of
-- skip_bit. Without p_all only those of whom nothing stands in the way, and those who would be told but are held out.
-- What is known only under a scope is not judged without it.
create function campaign_verdicts(
  p_campaign bigint, p_game bigint, p_zones bigint[], p_fans bigint[], p_at timestamptz, p_all boolean
) returns table (fan_id bigint, lineages bigint[], missing int, skips int)
language plpgsql stable set plan_cache_mode = force_custom_plan set work_mem = '64MB' set jit = off as $$
declare
  v_campaign campaign;
  v_offer bigint;
  v_teams bigint[];
  v_needs int := campaign_scopes(p_campaign, p_zones);
  v_zone int := 1 << consent_scope_bit('PRESENCE_ZONE');
  v_taste int := (1 << consent_scope_bit('PROFILE_PREFERENCES')) | (1 << consent_scope_bit('PERSONALIZATION'));
  v_held_out int := skip_if('HELD_OUT', true);
begin
  select * into v_campaign from campaign where id = p_campaign;
  select id into v_offer from offer where campaign_id = p_campaign;
  v_teams := array(select jsonb_array_elements_text(v_campaign.rules->'favoriteTeamIds')::bigint);
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
          | skip_if('ALREADY_ANNOUNCED', d.id is not null) as skips
      from person p left join delivery d on d.offer_id = v_offer and d.fan_id = p.fan_id
    ), judged as (
      select m.fan_id, m.lineages, v_needs & ~m.mask as missing,
        case when m.mask & v_zone = 0 then c.skips & ~skip_if('NOT_IN_ZONE', true) else c.skips end
          | skip_if('OTHER_TEAM', v_teams <> '{}' and m.mask & v_taste = v_taste
              and (f.favorite_team_id = any (v_teams)) is not true) as skips
      from consent_mask((select array_agg(c.fan_id) from candidate c where p_all or c.skips & ~v_held_out = 0),
        null, p_game, p_at) m
      join candidate c on c.fan_id = m.fan_id
      join fan f on f.id = m.fan_id
    )
    select j.fan_id, j.lineages, j.missing, j.skips from judged j
    where p_all or j.missing = 0 and j.skips & ~v_held_out = 0;
end $$;

-- Everything about one fan and one offer, at the game where the fan is: as if it were announced now where it was
-- announced last, or else where the campaign says. `missing` and `skips` as above, what concerns everybody included.
create function offer_verdict(p_offer bigint, p_fan bigint, p_at timestamptz)
returns table (game_id bigint, missing int, skips int)
language sql stable as $$
  select here.game_id, v.missing, v.skips | campaign_closed(o.campaign_id, here.game_id, p_at)
  from offer o
  cross join (select max(p.game_id) as game_id from presence p where p.fan_id = p_fan) here
  left join lateral (
    select a.zone_ids from announcement a
    where a.offer_id = o.id and a.game_id = here.game_id order by a.id desc limit 1
  ) latest on true
  cross join lateral campaign_verdicts(o.campaign_id, here.game_id,
    coalesce(latest.zone_ids, campaign_zones(o.campaign_id, here.game_id)), array[p_fan], p_at, true) v
  where o.id = p_offer
$$;

-- What announcing and a preview ask, by announcement.
create or replace function announcement_scopes(p_announcement bigint) returns int
language sql stable as $$
  select campaign_scopes(a.campaign_id, a.zone_ids) from announcement a where a.id = p_announcement
$$;
create or replace function announcement_audience(p_announcement bigint, p_fans bigint[])
returns table (fan_id bigint, lineages bigint[])
language sql stable as $$
  select v.fan_id, v.lineages
  from announcement a
  cross join lateral campaign_verdicts(a.campaign_id, a.game_id, a.zone_ids, p_fans, app_now(), false) v
  where a.id = p_announcement and v.skips = 0
$$;
