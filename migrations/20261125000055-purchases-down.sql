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
