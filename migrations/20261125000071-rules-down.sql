-- After the rule of before has been put back.
drop function engagements_with;
-- Whom a campaign may be announced to, without segments but the favorite team.
create or replace function campaign_scopes(p_campaign bigint, p_zones bigint[]) returns int
language sql stable as $$
  select bit_or(1 << consent_scope_bit(s.scope))
  from campaign c
  cross join lateral unnest(array['PRESENCE_VENUE', 'OFFERS_LIVE']
    || case when p_zones <> '{}' then array['PRESENCE_ZONE'] else '{}' end
    || case when c.rules->'favoriteTeamIds' <> '[]' then array['PROFILE_PREFERENCES', 'PERSONALIZATION'] else '{}' end
  ) as s (scope)
  where c.id = p_campaign
$$;
create or replace function campaign_closed(p_campaign bigint, p_game bigint, p_at timestamptz) returns int
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
create or replace function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE',
    'CONTACT_PAUSED', 'CONTACT_PER_GAME', 'CONTACT_PER_HOUR', 'QUIET_AFTER_DISMISSAL', 'LESS_LIKE_THIS',
    'NOT_TARGETED'
  ]
$$;
drop function campaign_is_open;
drop table campaign_opening;
-- A draft would be told to somebody: it is ended.
update campaign set ended_at = app_now() where launched_at is null and ended_at is null;
alter table campaign drop column launched_at;
