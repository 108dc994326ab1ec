-- The age from which one consents for oneself, as data. The operator may set another; '*' stands for everywhere else.
insert into age_threshold (jurisdiction, years, source) values
  ('*', 16, 'GDPR Art. 8(1), where no other age is known'),
  ('AT', 14, 'DSG s. 4(4)'),
  ('BE', 13, 'Act of 30 July 2018, Art. 7'),
  ('BG', 14, 'Personal Data Protection Act, Art. 25c'),
  ('CY', 14, 'Law 125(I)/2018, s. 8'),
  ('CZ', 15, 'Act 110/2019, s. 7'),
  ('DE', 16, 'GDPR Art. 8(1)'),
  ('DK', 15, 'Databeskyttelsesloven s. 6, as amended with effect from 2024'),
  ('EE', 13, 'Isikuandmete kaitse seadus s. 8'),
  ('ES', 14, 'Ley Orgánica 3/2018, Art. 7'),
  ('FI', 13, 'Tietosuojalaki 1050/2018, s. 5'),
  ('FR', 15, 'Loi Informatique et Libertés, Art. 45'),
  ('GB', 13, 'Data Protection Act 2018, s. 9'),
  ('GR', 15, 'Law 4624/2019, Art. 21'),
  ('HR', 16, 'GDPR Art. 8(1)'),
  ('HU', 16, 'GDPR Art. 8(1)'),
  ('IE', 16, 'Data Protection Act 2018, s. 31'),
  ('IS', 13, 'Act 90/2018, Art. 10'),
  ('IT', 14, 'D.Lgs. 196/2003, Art. 2-quinquies'),
  ('LT', 14, 'Law on Legal Protection of Personal Data, Art. 6'),
  ('LU', 16, 'GDPR Art. 8(1)'),
  ('LV', 13, 'Personal Data Processing Law, s. 33'),
  ('MT', 13, 'Subsidiary Legislation 586.11'),
  ('NL', 16, 'UAVG Art. 5'),
  ('NO', 13, 'Personopplysningsloven s. 5'),
  ('PL', 16, 'GDPR Art. 8(1)'),
  ('PT', 13, 'Lei 58/2019, Art. 16'),
  ('RO', 16, 'GDPR Art. 8(1)'),
  ('SE', 13, 'Lag 2018:218, ch. 2 s. 4'),
  ('SI', 15, 'ZVOP-2, Art. 8'),
  ('SK', 16, 'GDPR Art. 8(1)'),
  ('US', 13, 'COPPA Rule, 16 CFR 312.2');

-- The age in a jurisdiction (ISO 3166): its own, else its country's, else the one for everywhere else.
create function age_of_consent(p_jurisdiction text) returns int
language sql stable as $$
  select years from age_threshold
  where jurisdiction in (p_jurisdiction, split_part(p_jurisdiction, '-', 1), '*')
  order by length(jurisdiction) desc limit 1
$$;

-- Only the year of birth is known, so the reading that protects: one is of age when the year in which one turns that
-- age is over, everywhere on Earth (UTC-12). No year of birth declares adulthood.
create function minor_until(p_birth_year int, p_jurisdiction text) returns timestamptz
language sql stable as $$
  select make_timestamptz(p_birth_year + age_of_consent(p_jurisdiction) + 1, 1, 1, 12, 0, 0, 'UTC')
$$;

-- It follows the year of birth and outlives it: a child whose profile is erased is still a child.
create function fan_comes_of_age() returns trigger
language plpgsql as $$
begin
  if new.birth_year is not null then
    new.minor_until := minor_until(new.birth_year, new.jurisdiction);
  end if;
  return new;
end $$;
create trigger fan_comes_of_age before insert or update of birth_year, jurisdiction on fan
for each row execute function fan_comes_of_age();

update fan set minor_until = minor_until(birth_year, jurisdiction) where birth_year is not null;

-- Sets an age, and applies it: where it makes minors of fans, what they gave to partners ends, so that it does not come
-- back by itself when they are of age.
create function set_age_of_consent(p_jurisdiction text, p_years int, p_source text) returns void
language plpgsql as $$
declare
  v_at timestamptz := app_now();
begin
  insert into age_threshold (jurisdiction, years, source) values (p_jurisdiction, p_years, p_source)
  on conflict (jurisdiction) do update set years = excluded.years, source = excluded.source;
  update fan set minor_until = minor_until(birth_year, jurisdiction), epoch = epoch + 1
  where birth_year is not null and minor_until is distinct from minor_until(birth_year, jurisdiction);
  with ended as (
    update consent_grant g set ended_at = v_at, end_reason = 'WITHDRAWN'
    from fan f
    where f.id = g.fan_id and f.minor_until > v_at and g.recipient_id is not null and g.ended_at is null
    returning g.fan_id, g.scope, g.recipient_id
  ), acts as (
    select fan_id, gen_random_uuid() as act_id from (select distinct fan_id from ended) fans
  )
  insert into consent_event (act_id, fan_id, action, scope, recipient_id, at)
  select distinct acts.act_id, ended.fan_id, 'WITHDRAWN', ended.scope, ended.recipient_id, v_at
  from ended join acts using (fan_id);
  perform consent_log_append(null, null, null, null);
end $$;
