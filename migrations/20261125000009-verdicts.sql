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
