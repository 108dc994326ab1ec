-- The tables, as the entities declare them; the drift check compares the two.

create table "consent_clock" (
  "id" smallint not null default 1,
  "seq" bigint not null default '0',
  primary key ("id")
);
alter table "consent_clock" add constraint "consent_clock_id_check" check (id = 1);

create table "consent_event" (
  "id" bigserial primary key,
  "act_id" uuid not null,
  "fan_id" bigint not null,
  "action" text not null,
  "scope" text not null,
  "recipient_id" bigint null,
  "duration" text null,
  "game_id" bigint null,
  "expires_at" timestamptz(6) null,
  "policy_ordinal" int null,
  "at" timestamptz(6) not null default app_now()
);
create index "consent_event_fan_id_id_index" on "consent_event" ("fan_id", "id");
alter table "consent_event" add constraint "consent_event_action_check" check ("action" in ('GRANTED', 'WITHDRAWN'));
alter table "consent_event" add constraint "consent_event_scope_check" check ("scope" in ('PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'HISTORY_ATTENDANCE', 'HISTORY_PURCHASE', 'HISTORY_ENGAGEMENT', 'PROFILE', 'PROFILE_PREFERENCES', 'PERSONALIZATION', 'HIGHLIGHTS', 'LOYALTY', 'CONTACT_EMAIL', 'CONTACT_SMS', 'CONTACT_PUSH', 'ANALYTICS'));
alter table "consent_event" add constraint "consent_event_duration_check" check ("duration" in ('STANDING', 'GAME', 'UNTIL'));

create table "consent_grant" (
  "id" bigserial primary key,
  "fan_id" bigint not null,
  "scope" text not null,
  "recipient_id" bigint null,
  "duration" text not null,
  "game_id" bigint null,
  "game_session" int null,
  "expires_at" timestamptz(6) null,
  "policy_ordinal" int not null,
  "lineage" bigint not null,
  "granted_at" timestamptz(6) not null default app_now(),
  "ended_at" timestamptz(6) null,
  "end_reason" text null
);
create index "consent_grant_fan_id_scope_recipient_id_index" on "consent_grant" ("fan_id", "scope", "recipient_id");
alter table "consent_grant" add constraint "consent_grant_scope_check" check ("scope" in ('PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE', 'HISTORY_ATTENDANCE', 'HISTORY_PURCHASE', 'HISTORY_ENGAGEMENT', 'PROFILE', 'PROFILE_PREFERENCES', 'PERSONALIZATION', 'HIGHLIGHTS', 'LOYALTY', 'CONTACT_EMAIL', 'CONTACT_SMS', 'CONTACT_PUSH', 'ANALYTICS'));
alter table "consent_grant" add constraint "consent_grant_duration_check" check ("duration" in ('STANDING', 'GAME', 'UNTIL'));
alter table "consent_grant" add constraint "consent_grant_end_reason_check" check ("end_reason" in ('WITHDRAWN', 'REPLACED'));

create table "consent_log" (
  "seq" bigint not null,
  "fan_id" bigint null,
  "game_id" bigint null,
  "policy_id" bigint null,
  "partner_id" bigint null,
  "at" timestamptz(6) not null default app_now(),
  primary key ("seq")
);

create table "installation" (
  "id" smallint not null default 1,
  "generation" uuid not null default gen_random_uuid(),
  "time_travel" boolean not null default false,
  "outbox_horizon" bigint not null default '0',
  primary key ("id")
);
alter table "installation" add constraint "installation_id_check" check (id = 1);

create table "outbox" (
  "id" bigserial primary key,
  "xid" xid8 not null default pg_current_xact_id(),
  "topic" text not null,
  "kind" text not null,
  "payload" jsonb not null,
  "at" timestamptz(6) not null default app_now()
);
create index "outbox_xid_id_index" on "outbox" ("xid", "id");
create index "outbox_topic_xid_id_index" on "outbox" ("topic", "xid", "id");
create index "outbox_at_index" on "outbox" ("at");

create table "partner" (
  "id" bigserial primary key,
  "code" text not null,
  "name" text not null,
  "created_at" timestamptz(6) not null default app_now()
);
alter table "partner" add constraint "partner_code_unique" unique ("code");

create table "campaign" (
  "id" bigserial primary key,
  "partner_id" bigint not null,
  "name" text not null,
  "rules" jsonb not null,
  "budget" jsonb not null,
  "cap_per_fan" int not null,
  "priority" int not null default 0,
  "holdout_percent" smallint not null default 0,
  "valid_from" timestamptz(6) not null,
  "valid_until" timestamptz(6) not null,
  "paused" boolean not null default false,
  "ended_at" timestamptz(6) null,
  "idempotency_key" text null,
  "input_hash" text not null,
  "created_at" timestamptz(6) not null default app_now()
);
alter table "campaign" add constraint "campaign_partner_id_idempotency_key_unique" unique ("partner_id", "idempotency_key");

create table "offer" (
  "id" bigserial primary key,
  "campaign_id" bigint not null,
  "title" text not null,
  "body" text not null,
  "image_url" text null,
  "discount" jsonb not null
);
alter table "offer" add constraint "offer_campaign_id_unique" unique ("campaign_id");

create table "policy" (
  "id" bigserial primary key,
  "version" text not null,
  "ordinal" int not null,
  "effective_at" timestamptz(6) not null,
  "material_change" boolean not null,
  "language" text not null,
  "text" text not null,
  "sha256" text not null,
  "published_at" timestamptz(6) not null default app_now()
);
alter table "policy" add constraint "policy_version_unique" unique ("version");
alter table "policy" add constraint "policy_ordinal_unique" unique ("ordinal");

create table "team" (
  "id" bigserial primary key,
  "code" text not null,
  "name" text not null
);
alter table "team" add constraint "team_code_unique" unique ("code");

create table "fan" (
  "id" bigserial primary key,
  "subject" text not null,
  "display_name" text null,
  "email" text null,
  "birth_year" smallint null,
  "favorite_team_id" bigint null,
  "jurisdiction" text null,
  "epoch" bigint not null default '1',
  "enrolled_at" timestamptz(6) not null default app_now()
);
alter table "fan" add constraint "fan_subject_unique" unique ("subject");

create table "venue" (
  "id" bigserial primary key,
  "code" text not null,
  "name" text not null,
  "also_known_as" text null,
  "city" text not null,
  "state" text null,
  "latitude" double precision null,
  "longitude" double precision null,
  "capacity" int null,
  "time_zone" text not null
);
alter table "venue" add constraint "venue_code_unique" unique ("code");

create table "staff" (
  "id" bigserial primary key,
  "subject" text not null,
  "venue_id" bigint not null
);
alter table "staff" add constraint "staff_subject_venue_id_unique" unique ("subject", "venue_id");

create table "game" (
  "id" bigserial primary key,
  "source_key" text null,
  "venue_id" bigint not null,
  "home_team_id" bigint null,
  "away_team_id" bigint null,
  "starts_at" timestamptz(6) not null,
  "start_precision" text not null default 'TIME',
  "ended_at" timestamptz(6) null,
  "status" text not null default 'SCHEDULED',
  "session" int not null default 1,
  "game_number" smallint not null default 0,
  "attendance" int null,
  "home_score" smallint null,
  "away_score" smallint null,
  "forfeit" text null,
  "completion" text null,
  "demo" boolean null,
  "replay_of_id" bigint null
);
alter table "game" add constraint "game_source_key_unique" unique ("source_key");
alter table "game" add constraint "game_demo_unique" unique ("demo");
create index "game_starts_at_id_index" on "game" ("starts_at", "id");
create index "game_venue_id_starts_at_index" on "game" ("venue_id", "starts_at");
alter table "game" add constraint "game_start_precision_check" check ("start_precision" in ('DATE', 'TIME'));
alter table "game" add constraint "game_status_check" check ("status" in ('SCHEDULED', 'LIVE', 'FINAL', 'POSTPONED', 'SUSPENDED', 'CANCELED'));

create table "announcement" (
  "id" bigserial primary key,
  "campaign_id" bigint not null,
  "offer_id" bigint not null,
  "game_id" bigint not null,
  "zone_ids" bigint[] not null default '{}',
  "reasons" jsonb not null,
  "idempotency_key" text not null,
  "at" timestamptz(6) not null default app_now()
);
alter table "announcement" add constraint "announcement_campaign_id_idempotency_key_unique" unique ("campaign_id", "idempotency_key");

create table "delivery" (
  "id" bigserial primary key,
  "announcement_id" bigint not null,
  "offer_id" bigint not null,
  "fan_id" bigint not null,
  "lineages" bigint[] not null
);
create index "delivery_announcement_id_fan_id_index" on "delivery" ("announcement_id", "fan_id");
create index "delivery_fan_id_id_index" on "delivery" ("fan_id", "id");
alter table "delivery" add constraint "delivery_offer_id_fan_id_unique" unique ("offer_id", "fan_id");

create table "visit" (
  "id" bigserial primary key,
  "fan_id" bigint not null,
  "game_id" bigint not null,
  "method" text not null,
  "nonce" text not null,
  "arrived_at" timestamptz(6) not null default app_now(),
  "left_at" timestamptz(6) null
);
create index "visit_game_id_index" on "visit" ("game_id");
alter table "visit" add constraint "visit_fan_id_game_id_unique" unique ("fan_id", "game_id");
alter table "visit" add constraint "visit_fan_id_nonce_unique" unique ("fan_id", "nonce");
alter table "visit" add constraint "visit_method_check" check ("method" in ('TICKET', 'ZONE_CODE', 'BEACON', 'MANUAL'));

create table "zone" (
  "id" bigserial primary key,
  "venue_id" bigint not null,
  "code" text not null,
  "name" text not null,
  "kind" text not null
);
alter table "zone" add constraint "zone_venue_id_code_unique" unique ("venue_id", "code");
alter table "zone" add constraint "zone_kind_check" check ("kind" in ('GATE', 'SEATING', 'CONCESSION', 'RESTROOM', 'SHOP', 'CONCOURSE', 'MUSEUM', 'FIRST_AID', 'FAMILY', 'OTHER'));

create table "sensor" (
  "id" bigserial primary key,
  "code" text not null,
  "venue_id" bigint not null,
  "zone_id" bigint null
);
alter table "sensor" add constraint "sensor_code_unique" unique ("code");
alter table "campaign" add constraint "campaign_partner_id_foreign" foreign key ("partner_id") references "partner" ("id");
alter table "offer" add constraint "offer_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id");
alter table "fan" add constraint "fan_favorite_team_id_foreign" foreign key ("favorite_team_id") references "team" ("id") on delete set null;
alter table "staff" add constraint "staff_venue_id_foreign" foreign key ("venue_id") references "venue" ("id");
alter table "game" add constraint "game_venue_id_foreign" foreign key ("venue_id") references "venue" ("id");
alter table "game" add constraint "game_home_team_id_foreign" foreign key ("home_team_id") references "team" ("id") on delete set null;
alter table "game" add constraint "game_away_team_id_foreign" foreign key ("away_team_id") references "team" ("id") on delete set null;
alter table "game" add constraint "game_replay_of_id_foreign" foreign key ("replay_of_id") references "game" ("id") on delete set null;
alter table "announcement" add constraint "announcement_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id");
alter table "announcement" add constraint "announcement_offer_id_foreign" foreign key ("offer_id") references "offer" ("id");
alter table "announcement" add constraint "announcement_game_id_foreign" foreign key ("game_id") references "game" ("id");
alter table "delivery" add constraint "delivery_announcement_id_foreign" foreign key ("announcement_id") references "announcement" ("id");
alter table "delivery" add constraint "delivery_offer_id_foreign" foreign key ("offer_id") references "offer" ("id");
alter table "delivery" add constraint "delivery_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "visit" add constraint "visit_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "visit" add constraint "visit_game_id_foreign" foreign key ("game_id") references "game" ("id");
alter table "zone" add constraint "zone_venue_id_foreign" foreign key ("venue_id") references "venue" ("id");
alter table "sensor" add constraint "sensor_venue_id_foreign" foreign key ("venue_id") references "venue" ("id");
alter table "sensor" add constraint "sensor_zone_id_foreign" foreign key ("zone_id") references "zone" ("id") on delete set null;

insert into installation (id) values (1);
insert into consent_clock (id) values (1);
