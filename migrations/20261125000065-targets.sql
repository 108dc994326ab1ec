-- Campaigns with an explicit audience, and the redemptions of the past.

-- A campaign that has one reaches nobody else, not even when nobody of it is left.
alter table "campaign" add column "targeted" boolean not null default false;

create table "campaign_target" (
  "campaign_id" bigint not null,
  "fan_id" bigint not null,
  "at" timestamptz(6) not null default app_now(),
  primary key ("campaign_id", "fan_id")
);
create index "campaign_target_fan_id_index" on "campaign_target" ("fan_id");
alter table "campaign_target" add constraint "campaign_target_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id") on delete cascade;
alter table "campaign_target" add constraint "campaign_target_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;

-- Stored under OFFERS_LIVE: it goes with the delivery that came of it, when the fan erases what that scope had collected.
create function drop_targets_of_deliveries() returns trigger
language plpgsql as $$
begin
  delete from campaign_target t using gone g, offer o
  where o.id = g.offer_id and t.campaign_id = o.campaign_id and t.fan_id = g.fan_id;
  return null;
end $$;
create trigger delivery_gone_from_audience after delete on delivery referencing old table as gone
for each statement execute function drop_targets_of_deliveries();

create or replace function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE',
    'CONTACT_PAUSED', 'CONTACT_PER_GAME', 'CONTACT_PER_HOUR', 'QUIET_AFTER_DISMISSAL', 'LESS_LIKE_THIS',
    'NOT_TARGETED'
  ]
$$;
