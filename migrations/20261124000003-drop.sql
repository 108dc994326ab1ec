drop trigger consent_event_told on consent_event;
drop function tell_consent_changes, consent_preview, announcements_reaching, announcement_audience, announcement_scopes;
