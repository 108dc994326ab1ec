-- What became of a campaign, in numbers of which none is about somebody.

-- Who would have been told, had the campaign not kept them from it; when first. Nobody but the fan is told who.
create table "holdout" (
  "campaign_id" bigint not null,
  "fan_id" bigint not null,
  "at" timestamptz(6) not null default app_now(),
  primary key ("campaign_id", "fan_id")
);
alter table "holdout" add constraint "holdout_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;
create index "holdout_fan_id_index" on "holdout" ("fan_id");

-- The numbers as they were counted last. `settled`: counted after the end, exactly.
create table "campaign_funnel" (
  "campaign_id" bigint not null,
  "counted_at" timestamptz(6) not null,
  "settled" boolean not null,
  "announced" int not null,
  "viewed" int not null,
  "clicked" int not null,
  "claimed" int not null,
  "redeemed" int not null,
  "claims_used" int not null,
  "money_used" bigint not null,
  primary key ("campaign_id")
);
alter table "campaign_funnel" add constraint "campaign_funnel_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id");

-- Counted once, after the end, and never again: who asks twice learns no more.
create table "campaign_uplift_result" (
  "campaign_id" bigint not null,
  "counted_at" timestamptz(6) not null,
  "told" int not null,
  "told_buying" int not null,
  "held_out" int not null,
  "held_out_buying" int not null,
  primary key ("campaign_id")
);
alter table "campaign_uplift_result" add constraint "campaign_uplift_result_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id");

-- The numbers of a campaign now. What fans did with offers counts while HISTORY_ENGAGEMENT is in force, and only then.
create function campaign_count(p_campaign bigint, p_settled boolean) returns campaign_funnel
language plpgsql stable as $$
declare
  v_offer bigint := (select id from offer where campaign_id = p_campaign);
  v_row campaign_funnel;
begin
  v_row.campaign_id := p_campaign;
  v_row.counted_at := app_now();
  v_row.settled := p_settled;
  select count(*) into v_row.announced from delivery where offer_id = v_offer;
  select count(*) filter (where e.kind = 'VIEW'), count(*) filter (where e.kind = 'CLICK')
  into v_row.viewed, v_row.clicked
  from engagement e
  where e.offer_id = v_offer and e.kind in ('VIEW', 'CLICK') and e.fan_id in (
    select m.fan_id from consent_mask(
      array(select distinct o.fan_id from engagement o where o.offer_id = v_offer), null, null, app_now()) m
    where m.mask & (1 << consent_scope_bit('HISTORY_ENGAGEMENT')) <> 0);
  v_row.claimed := 0;
  v_row.redeemed := 0;
  v_row.claims_used := 0;
  v_row.money_used := 0;
  if to_regclass('campaign_book') is not null then
    select b.claimed, b.redeemed into v_row.claimed, v_row.redeemed from campaign_book b where b.campaign_id = p_campaign;
    select u.claims, u.money into v_row.claims_used, v_row.money_used from campaign_used(array[p_campaign]) u;
  end if;
  return v_row;
end $$;

-- The numbers as they were counted at most five minutes ago, and at any rate once after the end.
create function campaign_funnel_at(p_campaign bigint) returns campaign_funnel
language plpgsql as $$
declare
  v_row campaign_funnel;
  v_ended boolean := (select ended_at is not null or app_now() >= valid_until from campaign where id = p_campaign);
begin
  select * into v_row from campaign_funnel where campaign_id = p_campaign;
  if v_row.counted_at > app_now() - interval '5 minutes' and (v_row.settled or not v_ended) then
    return v_row;
  end if;
  insert into campaign_funnel select (campaign_count(p_campaign, v_ended)).*
  on conflict (campaign_id) do update set counted_at = excluded.counted_at, settled = excluded.settled,
    announced = excluded.announced, viewed = excluded.viewed, clicked = excluded.clicked, claimed = excluded.claimed,
    redeemed = excluded.redeemed, claims_used = excluded.claims_used, money_used = excluded.money_used
  returning * into v_row;
  return v_row;
end $$;

-- How many of those told, and of those held out, bought something from then until the campaign's end: of fans whose
-- ANALYTICS and HISTORY_PURCHASE are in force. A purchase that was refunded whole is none. Null until the end.
create function campaign_uplift(p_campaign bigint) returns campaign_uplift_result
language plpgsql as $$
declare
  v_campaign campaign;
  v_end timestamptz;
  v_needs int := (1 << consent_scope_bit('ANALYTICS')) | (1 << consent_scope_bit('HISTORY_PURCHASE'));
  v_row campaign_uplift_result;
begin
  select * into v_row from campaign_uplift_result where campaign_id = p_campaign;
  if found then
    return v_row;
  end if;
  select * into v_campaign from campaign where id = p_campaign;
  v_end := least(v_campaign.ended_at, v_campaign.valid_until);
  if v_end > app_now() then
    return null;
  end if;
  with compared as materialized (
    select d.fan_id, a.at as since, true as is_told
    from offer o join delivery d on d.offer_id = o.id join announcement a on a.id = d.announcement_id
    where o.campaign_id = p_campaign
    union all
    select h.fan_id, h.at, false from holdout h where h.campaign_id = p_campaign
  ), counted as (
    select c.is_told, exists (
      select from purchase p
      where p.fan_id = c.fan_id and p.at >= c.since and p.at < v_end
        and p.total > (select coalesce(sum(r.amount), 0) from purchase_refund r where r.purchase_id = p.id)) as is_buying
    from consent_mask((select array_agg(distinct c.fan_id) from compared c), null, null, app_now()) m
    join compared c on c.fan_id = m.fan_id
    where m.mask & v_needs = v_needs
  )
  insert into campaign_uplift_result
  select p_campaign, app_now(), count(*) filter (where is_told), count(*) filter (where is_told and is_buying),
    count(*) filter (where not is_told), count(*) filter (where not is_told and is_buying)
  from counted
  on conflict (campaign_id) do update set counted_at = campaign_uplift_result.counted_at
  returning * into v_row;
  return v_row;
end $$;

-- Presence never outlives its scope. The rest stays, unseen, until the fan asks for its erasure.
create or replace function consent_forget(p_fan bigint, p_scopes text[], p_erase boolean) returns void
language plpgsql as $$
begin
  if 'PRESENCE_VENUE' = any (p_scopes) then
    delete from presence where fan_id = p_fan;
  elsif 'PRESENCE_ZONE' = any (p_scopes) then
    update presence set zone_id = null where fan_id = p_fan;
  end if;
  if not p_erase then
    return;
  end if;
  if 'HISTORY_ATTENDANCE' = any (p_scopes) then
    delete from visit v using game g where v.fan_id = p_fan and g.id = v.game_id and g.ended_at is not null;
  end if;
  if 'OFFERS_LIVE' = any (p_scopes) then
    delete from delivery where fan_id = p_fan;
    delete from holdout where fan_id = p_fan;
  end if;
  if 'HISTORY_ENGAGEMENT' = any (p_scopes) then
    delete from engagement where fan_id = p_fan;
  end if;
  if 'PROFILE' = any (p_scopes) then
    update fan set display_name = null, email = null, birth_year = null where id = p_fan;
  end if;
  if 'PROFILE_PREFERENCES' = any (p_scopes) then
    update fan set favorite_team_id = null where id = p_fan;
  end if;
end $$;
