-- What the rule needs beside grants: pauses, the veto, wards, and the ages of consent.

create table "consent_pause" (
  "fan_id" bigint not null,
  "game_id" bigint not null,
  "session" int not null,
  "lineage" bigint not null,
  "at" timestamptz(6) not null default app_now(),
  primary key ("fan_id", "game_id")
);

-- A pause and a veto concern every scope, so their events name none.
alter table "consent_event" alter column "scope" drop not null;
alter table "consent_event" drop constraint "consent_event_action_check";
alter table "consent_event" add constraint "consent_event_action_check" check ("action" in ('GRANTED', 'WITHDRAWN', 'PAUSED', 'VETOED'));
alter table "consent_grant" drop constraint "consent_grant_end_reason_check";
alter table "consent_grant" add constraint "consent_grant_end_reason_check" check ("end_reason" in ('WITHDRAWN', 'REPLACED', 'VETOED'));

create table "age_threshold" (
  "jurisdiction" text not null,
  "years" smallint not null,
  "source" text not null,
  primary key ("jurisdiction")
);

alter table "fan" alter column "subject" drop not null;
alter table "fan" add column "guardian_id" bigint null, add column "ward_key" text null,
  add column "minor_until" timestamptz(6) null, add column "partners_vetoed_at" timestamptz(6) null;
alter table "fan" add constraint "fan_guardian_id_ward_key_unique" unique ("guardian_id", "ward_key");
alter table "fan" add constraint "fan_guardian_id_foreign" foreign key ("guardian_id") references "fan" ("id") on delete set null;
