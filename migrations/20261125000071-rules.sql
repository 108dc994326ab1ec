-- When a campaign may be announced, beside its window: drafts, hours that repeat, and the state of the game.

-- Null: a draft, which nobody hears of.
alter table "campaign" add column "launched_at" timestamptz(6) null;
update "campaign" set "launched_at" = "created_at";

-- The openings of a campaign by the clock of the venue, written down when it is made: each rule of recurrence once, for as
-- long as the campaign runs. A campaign without any is open at all hours.
create table "campaign_opening" (
  "id" bigserial primary key,
  "campaign_id" bigint not null,
  "opens" timestamp(0) not null,
  "closes" timestamp(0) not null
);
create index "campaign_opening_campaign_id_opens_index" on "campaign_opening" ("campaign_id", "opens");
alter table "campaign_opening" add constraint "campaign_opening_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id") on delete cascade;
alter table "campaign_opening" add constraint "campaign_opening_order_check" check (closes > opens);

create or replace function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE',
    'CONTACT_PAUSED', 'CONTACT_PER_GAME', 'CONTACT_PER_HOUR', 'QUIET_AFTER_DISMISSAL', 'LESS_LIKE_THIS',
    'NOT_TARGETED', 'CAMPAIGN_DRAFT', 'OUTSIDE_HOURS', 'OTHER_GAME_STATE',
    'OTHER_TIER', 'TOO_FEW_VISITS', 'STREAK_TOO_SHORT', 'TOO_LITTLE_ENGAGEMENT'
  ]
$$;

-- Whether it is open at the venue of a game; at no game in particular nobody can say that it is not.
create function campaign_is_open(p_campaign bigint, p_game bigint, p_at timestamptz) returns boolean
language sql stable as $$
  select p_game is null
    or not exists (select from campaign_opening o where o.campaign_id = p_campaign)
    or exists (
      select from game g join venue v on v.id = g.venue_id
      join campaign_opening o on o.campaign_id = p_campaign
        and o.opens <= p_at at time zone v.time_zone and o.closes > p_at at time zone v.time_zone
      where g.id = p_game)
$$;

-- What stands in the way of announcing the campaign at p_at, at p_game (null: at no game in particular), whoever is there.
create or replace function campaign_closed(p_campaign bigint, p_game bigint, p_at timestamptz) returns int
language sql stable as $$
  select skip_if('CAMPAIGN_ENDED', c.ended_at is not null or p_at >= c.valid_until)
    | skip_if('CAMPAIGN_DRAFT', c.launched_at is null)
    | skip_if('CAMPAIGN_PAUSED', c.paused)
    | skip_if('CAMPAIGN_NOT_STARTED', p_at < c.valid_from)
    | skip_if('OUTSIDE_HOURS', not campaign_is_open(c.id, g.id, p_at))
    | skip_if('GAME_OVER', g.status not in ('SCHEDULED', 'LIVE'))
    | skip_if('OTHER_GAME_STATE', g.status in ('SCHEDULED', 'LIVE')
        and coalesce(c.rules->'gameStatuses', '[]') <> '[]' and not c.rules->'gameStatuses' @> to_jsonb(g.status))
    | skip_if('OTHER_VENUE', g.id is not null and (
        c.rules->'venueIds' <> '[]' and not c.rules->'venueIds' @> to_jsonb(g.venue_id::text)
        or c.rules->'zoneIds' <> '[]' and campaign_zones(c.id, g.id) = '{}'))
  from campaign c left join game g on g.id = p_game
  where c.id = p_campaign
$$;
