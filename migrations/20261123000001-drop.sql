drop function consent_grant_scopes, consent_withdraw_scopes, consent_forget, consent_log_append, consent_mask,
  consent_grants_at, consent_scope_bit, forget_game, open_presence, close_presence, game_grace, game_cap;
drop table presence, outbox, delivery, announcement, offer, campaign, consent_log, consent_clock, consent_event,
  consent_grant, policy, visit, fan, partner, sensor, staff, game, team, zone, venue, installation cascade;
drop function refuse_change, app_now;
