drop function consent_erase;
drop trigger fan_key_of_somebody on fan_key;
drop trigger consent_event_of_somebody on consent_event;
drop trigger consent_event_stays on consent_event;
drop trigger consent_event_append_only on consent_event;
create trigger consent_event_append_only before update or delete or truncate on consent_event
for each statement execute function refuse_change();
drop function require_enrolled, refuse_change_while_enrolled;
