-- A fan's changes of consent, told to all their devices: written in the commit of the act, as keys only. Which grant
-- an entry of the record made or ended is looked up when the transaction ends, whatever order the act wrote in. An
-- entry that changed no grant (withdrawing what was never granted, a pause) is not told.
create function tell_consent_changes() returns trigger
language plpgsql as $$
declare
  v_newest bigint := (
    select max(g.id) from consent_grant g
    where g.fan_id = new.fan_id and g.scope = new.scope and g.recipient_id is not distinct from new.recipient_id);
begin
  insert into outbox (topic, kind, payload)
  select 'fan:' || new.fan_id, 'CONSENT_CHANGED',
    jsonb_build_object('eventId', new.id::text, 'grantId', g.id::text)
  from consent_grant g
  where g.fan_id = new.fan_id and case new.action
    when 'GRANTED' then g.id = v_newest
    when 'WITHDRAWN' then g.scope = new.scope and g.recipient_id is not distinct from new.recipient_id
      and g.ended_at = new.at and g.end_reason = 'WITHDRAWN'
    when 'VETOED' then g.ended_at = new.at and g.end_reason = 'VETOED'
    else false
  end
  order by g.id;
  return null;
end $$;

create constraint trigger consent_event_told after insert on consent_event
deferrable initially deferred for each row execute function tell_consent_changes();
