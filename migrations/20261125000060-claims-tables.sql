-- The book of a campaign: how many of its slots are held and redeemed, and the money reserved and spent. Every claim,
-- redemption and rollback of the campaign takes its row first, so that they come one after the other. A hold that has
-- expired stays in it until somebody needs the slot: how many are in use is the book less those (campaign_used).
create table "campaign_book" (
  "campaign_id" bigint not null,
  "hold_seconds" int not null default 86400,
  "claimed" int not null default 0,
  "held" int not null default 0,
  "redeemed" int not null default 0,
  "reserved" bigint not null default '0',
  "spent" bigint not null default '0',
  primary key ("campaign_id")
) with (fillfactor = 20);
alter table "campaign_book" add constraint "campaign_book_counts_check" check (claimed >= 0 and held >= 0 and redeemed >= 0 and reserved >= 0 and spent >= 0);
alter table "campaign_book" add constraint "campaign_book_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id") on delete cascade;

create table "claim_limit" (
  "id" bigserial primary key,
  "campaign_id" bigint not null,
  "action" text not null,
  "period" text not null,
  "per" text[] not null,
  "at_most" int not null
);
create index "claim_limit_campaign_id_index" on "claim_limit" ("campaign_id");
alter table "claim_limit" add constraint "claim_limit_action_check" check ("action" in ('CLAIM', 'REDEEM'));
alter table "claim_limit" add constraint "claim_limit_period_check" check ("period" in ('HOUR', 'DAY', 'WEEK', 'MONTH', 'GAME', 'EVER'));
alter table "claim_limit" add constraint "claim_limit_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id");

-- `code` is sealed under the master key: what the table holds is no code. Campaigns, offers, games and venues are never
-- deleted, and no key is looked up while the book is held.
create table "claim" (
  "id" bigserial primary key,
  "campaign_id" bigint not null,
  "offer_id" bigint not null,
  "fan_id" bigint not null,
  "game_id" bigint not null,
  "venue_id" bigint not null,
  "code" text not null,
  "state" text not null default 'HELD',
  "reserved" bigint not null default '0',
  "idempotency_key" text not null,
  "claimed_at" timestamptz(6) not null,
  "expires_at" timestamptz(6) not null
);
alter table "claim" add constraint "claim_code_unique" unique ("code");
alter table "claim" add constraint "claim_fan_id_idempotency_key_unique" unique ("fan_id", "idempotency_key");
create index "claim_fan_id_id_index" on "claim" ("fan_id", "id");
create index "claim_campaign_id_expires_at_index" on "claim" ("campaign_id", "expires_at") where state = 'HELD';
alter table "claim" add constraint "claim_state_check" check ("state" in ('HELD', 'REDEEMED', 'LAPSED'));
alter table "claim" add constraint "claim_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;

-- A redemption outlives its fan: it names no fan, and the claim that does goes with them.
create table "redemption" (
  "id" bigserial primary key,
  "claim_id" bigint null,
  "campaign_id" bigint not null,
  "offer_id" bigint not null,
  "game_id" bigint not null,
  "venue_id" bigint not null,
  "claimed_at" timestamptz(6) not null,
  "at" timestamptz(6) not null,
  "recorded_at" timestamptz(6) not null default app_now(),
  "discount" bigint null,
  "currency" text null,
  "spent" bigint not null default '0',
  "points" int not null default 0,
  "redeemed_by" text not null,
  "idempotency_key" text not null,
  "input_hash" text not null,
  "rolled_back_at" timestamptz(6) null,
  "rolled_back_by" text null,
  "rollback_key" text null
);
alter table "redemption" add constraint "redemption_redeemed_by_idempotency_key_unique" unique ("redeemed_by", "idempotency_key");
alter table "redemption" add constraint "redemption_rolled_back_by_rollback_key_unique" unique ("rolled_back_by", "rollback_key");
create index "redemption_claim_id_index" on "redemption" ("claim_id");
create index "redemption_campaign_id_at_index" on "redemption" ("campaign_id", "at") where rolled_back_at is null;
alter table "redemption" add constraint "redemption_claim_id_foreign" foreign key ("claim_id") references "claim" ("id") on delete set null;

-- What the partner is told of a claim, fan by fan, where the fan shared their presence with it when it happened.
create table "claim_activity" (
  "id" bigserial primary key,
  "claim_id" bigint not null,
  "fan_id" bigint not null,
  "kind" text not null,
  "at" timestamptz(6) not null,
  "lineages" bigint[] not null,
  "partner_lineages" bigint[] not null,
  "xid" xid8 not null default pg_current_xact_id()
);
create index "claim_activity_claim_id_index" on "claim_activity" ("claim_id");
create index "claim_activity_fan_id_index" on "claim_activity" ("fan_id");
alter table "claim_activity" add constraint "claim_activity_kind_check" check ("kind" in ('CLAIMED', 'REDEEMED'));
alter table "claim_activity" add constraint "claim_activity_claim_id_foreign" foreign key ("claim_id") references "claim" ("id") on delete cascade;
alter table "claim_activity" add constraint "claim_activity_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;

-- Every campaign has a book from its first moment on.
create function open_campaign_book() returns trigger
language plpgsql as $$
begin
  insert into campaign_book (campaign_id) values (new.id);
  return null;
end $$;
create trigger campaign_book_opened after insert on campaign for each row execute function open_campaign_book();
insert into campaign_book (campaign_id) select id from campaign;

-- Whoever changes a campaign waits for the claims under way, and those that come after see the change.
create function wait_for_campaign_book() returns trigger
language plpgsql as $$
begin
  perform 1 from campaign_book where campaign_id = new.id for no key update;
  return new;
end $$;
create trigger campaign_changed before update on campaign for each row execute function wait_for_campaign_book();

-- A claim goes with the delivery that it came of: when the fan erases what OFFERS_LIVE has collected, and with the fan.
create function drop_claims_of_deliveries() returns trigger
language plpgsql as $$
begin
  delete from claim c using gone g where c.fan_id = g.fan_id and c.offer_id = g.offer_id;
  return null;
end $$;
create trigger delivery_gone after delete on delivery referencing old table as gone
for each statement execute function drop_claims_of_deliveries();

-- What goes while it is held gives its slot back; what was redeemed stays in the book. Books are taken in order.
create function return_slots() returns trigger
language plpgsql as $$
begin
  perform 1 from campaign_book
  where campaign_id in (select campaign_id from gone where state = 'HELD') order by campaign_id for no key update;
  update campaign_book b set held = b.held - g.held, reserved = b.reserved - g.reserved
  from (select campaign_id, count(*)::int as held, sum(reserved)::bigint as reserved from gone where state = 'HELD' group by 1) g
  where b.campaign_id = g.campaign_id;
  return null;
end $$;
create trigger claim_gone after delete on claim referencing old table as gone
for each statement execute function return_slots();
