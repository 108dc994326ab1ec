drop table presence, outbox, delivery, announcement, offer, campaign, consent_log, consent_clock, consent_event,
  consent_grant, policy, visit, fan, partner, sensor, staff, game, team, zone, venue, installation cascade;
drop function open_presence, close_presence, consent_scope_bit, game_grace, game_cap, consent_grants_at, consent_mask,
  consent_log_append, consent_grant_scopes, consent_withdraw_scopes, consent_forget, forget_game, refuse_change, app_now;
