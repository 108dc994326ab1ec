-- Under which lineages a fan who was announced an offer shared their presence with its partner; null: they did not.
alter table "delivery" add column "partner_lineages" bigint[] null;
create index "delivery_announcement_id_id_index" on "delivery" ("announcement_id", "id") where partner_lineages is not null;

create table "engagement" (
  "id" bigserial primary key,
  "announcement_id" bigint not null,
  "offer_id" bigint not null,
  "fan_id" bigint not null,
  "kind" text not null,
  "at" timestamptz(6) not null,
  "lineages" bigint[] not null,
  "partner_lineages" bigint[] null
);
create index "engagement_at_index" on "engagement" ("at");
alter table "engagement" add constraint "engagement_fan_id_offer_id_kind_unique" unique ("fan_id", "offer_id", "kind");
alter table "engagement" add constraint "engagement_kind_check" check ("kind" in ('VIEW', 'CLICK', 'DISMISS'));
alter table "engagement" add constraint "engagement_announcement_id_foreign" foreign key ("announcement_id") references "announcement" ("id");
alter table "engagement" add constraint "engagement_offer_id_foreign" foreign key ("offer_id") references "offer" ("id");
alter table "engagement" add constraint "engagement_fan_id_foreign" foreign key ("fan_id") references "fan" ("id") on delete cascade;

create index "consent_grant_recipient_id_scope_fan_id_index" on "consent_grant" ("recipient_id", "scope", "fan_id")
where ended_at is null and recipient_id is not null;

-- Who of these fans shares a scope with a partner, with the lineages in force towards it. The rule is asked only about
-- those who have granted the partner that scope at all: in a stadium these are few, and nobody else costs anything.
create function consent_sharing(p_fans bigint[], p_scope text, p_partner bigint, p_game bigint, p_at timestamptz)
returns table (fan_id bigint, lineages bigint[])
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  v_candidates bigint[] := array(
    select distinct g.fan_id from consent_grant g
    where g.recipient_id = p_partner and g.scope = p_scope and g.ended_at is null and g.fan_id = any (p_fans));
begin
  if v_candidates = '{}' then
    return;
  end if;
  return query
    select m.fan_id, m.lineages from consent_mask(v_candidates, p_partner, p_game, p_at) m
    where m.mask & (1 << consent_scope_bit(p_scope)) <> 0;
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
