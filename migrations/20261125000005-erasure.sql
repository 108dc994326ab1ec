-- Erasing a fan. What hangs on the fan's key goes with the row, by its foreign keys; what is of consent goes here.

-- The record of acts stays append-only while there is somebody whose record it is, and goes with them.
create function refuse_change_while_enrolled() returns trigger
language plpgsql as $$
begin
  perform 1 from fan where id = old.fan_id;
  if found then
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
  end if;
  return old;
end $$;

drop trigger consent_event_append_only on consent_event;
create trigger consent_event_append_only before update or truncate on consent_event
for each statement execute function refuse_change();
create trigger consent_event_stays before delete on consent_event
for each row execute function refuse_change_while_enrolled();

-- An act that was under way when the fan was erased comes to nothing, whatever it had read before.
create function require_enrolled() returns trigger
language plpgsql as $$
begin
  perform 1 from fan where id = new.fan_id;
  if not found then
    raise exception 'the fan has been erased' using errcode = 'no_data_found';
  end if;
  return new;
end $$;
create trigger consent_event_of_somebody before insert on consent_event
for each row execute function require_enrolled();
create trigger fan_key_of_somebody before insert on fan_key
for each row execute function require_enrolled();

-- One act of erasing. Its entry, sealed at p_at, is the last that the ledger has of this fan; what opens it and those
-- before it is destroyed in the same commit, so that they mean nothing and the tree still verifies. The log entry comes
-- last. Answers GONE where there is nobody, and HAS_WARDS, changing nothing, while others depend on this fan.
create function consent_erase(
  p_act uuid, p_fan bigint, p_at timestamptz, p_ciphertext bytea, p_leaf bytea, p_salt bytea
) returns text
language plpgsql as $$
begin
  perform 1 from fan where id = p_fan for update;
  if not found then
    return 'GONE';
  end if;
  perform 1 from fan where guardian_id = p_fan and (minor_until > p_at or subject is null);
  if found then
    return 'HAS_WARDS';
  end if;
  perform ledger_append(p_act, p_fan, p_ciphertext, p_leaf, p_salt);
  delete from ledger_opening where fan_id = p_fan;
  delete from fan_key where fan_id = p_fan;
  delete from presence where fan_id = p_fan;
  delete from consent_grant where fan_id = p_fan;
  delete from consent_pause where fan_id = p_fan;
  delete from outbox where topic = 'fan:' || p_fan;
  delete from fan where id = p_fan;
  delete from consent_event where fan_id = p_fan;
  perform consent_log_append(p_fan, null, null, null);
  return 'ERASED';
end $$;
