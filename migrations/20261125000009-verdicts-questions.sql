-- The questions that are asked of the rule.

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
