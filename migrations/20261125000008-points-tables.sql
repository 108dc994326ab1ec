-- The tables of points, purchases, tiers and rewards, as the entities declare them; the drift check compares the two.

-- Which way each kind moves points, and whether it names a lot.
create function points_entry_adds_up(p_kind text, p_points int, p_lot bigint, p_waived int) returns boolean
language sql immutable as $$
  select case
    when p_kind in ('EARNED', 'RELEASED', 'RESTORED') then p_points > 0 and p_lot is not null
    when p_kind in ('HELD', 'SPENT', 'REVERSED') then p_points < 0 and p_lot is not null
    when p_kind = 'OWED' then p_points < 0 and p_lot is null
    when p_kind = 'SETTLED' then p_points <> 0 and (p_points < 0) = (p_lot is not null)
    else p_points = 0 and p_waived > 0
  end
$$;

create table "points_entry" (
  "id" bigserial primary key,
  "fan_id" bigint not null,
  "seq" int not null,
  "kind" text not null,
  "points" int not null,
  "balance" int not null,
  "lot_id" bigint null,
  "undoes_id" bigint null,
  "waived" int not null default 0,
  "source" text not null,
  "reference" text not null,
  "rule_code" text not null default '',
  "confirmed_at" timestamptz(6) null,
  "life_days" int null,
  "at" timestamptz(6) not null default app_now()
);
create index "points_entry_fan_id_source_reference_index" on "points_entry" ("fan_id", "source", "reference");
create unique index "points_entry_source_reference_rule_code_unique" on "points_entry" ("source", "reference", "rule_code") where kind = 'EARNED';
alter table "points_entry" add constraint "points_entry_fan_id_seq_unique" unique ("fan_id", "seq");
alter table "points_entry" add constraint "points_entry_kind_check" check ("kind" in ('EARNED', 'HELD', 'RELEASED', 'SPENT', 'RESTORED', 'REVERSED', 'OWED', 'SETTLED', 'WAIVED'));
alter table "points_entry" add constraint "points_entry_source_check" check ("source" in ('ATTENDANCE', 'STREAK', 'PURCHASE', 'OFFER', 'ENGAGEMENT', 'REWARD'));
alter table "points_entry" add constraint "points_entry_sign_check" check (points_entry_adds_up(kind, points, lot_id, waived));

create table "loyalty_program" (
  "id" smallint not null default 1,
  "refund_policy" text not null default 'WITHIN_BALANCE',
  "qualification" text not null default 'ROLLING',
  "qualification_days" int not null default 365,
  "season_month" smallint not null default 1,
  "season_day" smallint not null default 1,
  "time_zone" text not null default 'UTC',
  "life_days" int null default 730,
  primary key ("id")
);
alter table "loyalty_program" add constraint "loyalty_program_id_check" check (id = 1);
alter table "loyalty_program" add constraint "loyalty_program_refund_policy_check" check ("refund_policy" in ('ONLY_PENDING', 'WITHIN_BALANCE', 'ALLOW_NEGATIVE'));
alter table "loyalty_program" add constraint "loyalty_program_qualification_check" check ("qualification" in ('ROLLING', 'SEASON'));
alter table "loyalty_program" add constraint "loyalty_program_season_month_check" check (season_month >= 1 and season_month <= 12);
alter table "loyalty_program" add constraint "loyalty_program_season_day_check" check (season_day >= 1 and season_day <= 28);

create table "tier" (
  "id" bigserial primary key,
  "code" text not null,
  "name" text not null,
  "points" int not null
);
alter table "tier" add constraint "tier_code_unique" unique ("code");
alter table "tier" add constraint "tier_points_unique" unique ("points");
alter table "tier" add constraint "tier_points_check" check (points >= 0);

create table "earning_rule" (
  "id" bigserial primary key,
  "code" text not null,
  "source" text not null,
  "action" text null,
  "points" int not null,
  "per_amount" int null,
  "currency" text null,
  "every" int null,
  "cap_points" int null,
  "cap_period" text null,
  "pending_days" int not null default 0,
  "life_days" int null,
  "active_from" timestamptz(6) null,
  "active_until" timestamptz(6) null
);
alter table "earning_rule" add constraint "earning_rule_code_unique" unique ("code");
alter table "earning_rule" add constraint "earning_rule_source_check" check ("source" in ('ATTENDANCE', 'STREAK', 'PURCHASE', 'ENGAGEMENT'));
alter table "earning_rule" add constraint "earning_rule_points_check" check (points > 0);
alter table "earning_rule" add constraint "earning_rule_per_amount_check" check (per_amount > 0);
alter table "earning_rule" add constraint "earning_rule_every_check" check (every > 0);
alter table "earning_rule" add constraint "earning_rule_cap_period_check" check ("cap_period" in ('DAY', 'WEEK', 'MONTH', 'YEAR', 'SEASON', 'EVER'));
alter table "earning_rule" add constraint "earning_rule_cap_check" check ((cap_points is null) = (cap_period is null));
alter table "earning_rule" add constraint "earning_rule_pending_days_check" check (pending_days >= 0);
alter table "earning_rule" add constraint "earning_rule_life_days_check" check (life_days > pending_days);

create table "purchase" (
  "id" bigserial primary key,
  "fan_id" bigint not null,
  "venue_id" bigint not null,
  "total" int not null,
  "currency" text not null,
  "till" text not null,
  "idempotency_key" text not null,
  "at" timestamptz(6) not null default app_now()
);
create index "purchase_fan_id_at_index" on "purchase" ("fan_id", "at");
alter table "purchase" add constraint "purchase_till_idempotency_key_unique" unique ("till", "idempotency_key");
alter table "purchase" add constraint "purchase_total_check" check (total > 0);

create table "purchase_refund" (
  "id" bigserial primary key,
  "purchase_id" bigint not null,
  "fan_id" bigint not null,
  "amount" int not null,
  "points_taken" int not null,
  "till" text not null,
  "idempotency_key" text not null,
  "at" timestamptz(6) not null default app_now()
);
create index "purchase_refund_purchase_id_index" on "purchase_refund" ("purchase_id");
alter table "purchase_refund" add constraint "purchase_refund_till_idempotency_key_unique" unique ("till", "idempotency_key");
alter table "purchase_refund" add constraint "purchase_refund_amount_check" check (amount > 0);

create table "reward" (
  "id" bigserial primary key,
  "code" text not null,
  "title" text not null,
  "points" int not null,
  "stock" int null,
  "issued" int not null default 0,
  "available_from" timestamptz(6) not null default app_now(),
  "available_until" timestamptz(6) null
);
alter table "reward" add constraint "reward_code_unique" unique ("code");
alter table "reward" add constraint "reward_points_check" check (points > 0);
alter table "reward" add constraint "reward_stock_check" check (issued >= 0 and issued <= stock);

create table "reward_redemption" (
  "id" bigserial primary key,
  "fan_id" bigint not null,
  "reward_id" bigint not null,
  "points" int not null,
  "idempotency_key" text not null,
  "issued_at" timestamptz(6) not null default app_now(),
  "redeemed_at" timestamptz(6) null,
  "redeemed_by" text null,
  "redeemed_key" text null,
  "returned_at" timestamptz(6) null,
  "returned_by" text null,
  "returned_key" text null
);
alter table "reward_redemption" add constraint "reward_redemption_fan_id_idempotency_key_unique" unique ("fan_id", "idempotency_key");
alter table "reward_redemption" add constraint "reward_redemption_redeemed_by_redeemed_key_unique" unique ("redeemed_by", "redeemed_key");
alter table "reward_redemption" add constraint "reward_redemption_returned_by_returned_key_unique" unique ("returned_by", "returned_key");

-- When staff or a gate saw the fan arrive; null: only the fan says so, and that earns nothing.
alter table "visit" add column "proven_at" timestamptz(6) null;

alter table "points_entry" add constraint "points_entry_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "purchase" add constraint "purchase_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "purchase" add constraint "purchase_venue_id_foreign" foreign key ("venue_id") references "venue" ("id");
alter table "purchase_refund" add constraint "purchase_refund_purchase_id_foreign" foreign key ("purchase_id") references "purchase" ("id") on delete cascade;
alter table "purchase_refund" add constraint "purchase_refund_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "reward_redemption" add constraint "reward_redemption_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
alter table "reward_redemption" add constraint "reward_redemption_reward_id_foreign" foreign key ("reward_id") references "reward" ("id");

-- A program without tiers of its own has this one, which everybody is in.
insert into "loyalty_program" ("id") values (1);
insert into "tier" ("code", "name", "points") values ('MEMBER', 'Member', 0);

-- Append-only while there is somebody whose points they are; erasing the fan takes the entries along.
create function points_stay() returns trigger
language plpgsql as $$
begin
  perform 1 from fan where id = old.fan_id;
  if found then
    raise exception 'points_entry is append-only' using errcode = 'restrict_violation';
  end if;
  return old;
end $$;
create trigger points_entry_append_only before update or truncate on points_entry
for each statement execute function refuse_change();
create trigger points_entry_stays before delete on points_entry
for each row execute function points_stay();
