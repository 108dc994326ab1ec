-- After the rule of before has been put back.
drop function replay_redemption, targetable, tell_targets;
create or replace function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE',
    'CONTACT_PAUSED', 'CONTACT_PER_GAME', 'CONTACT_PER_HOUR', 'QUIET_AFTER_DISMISSAL', 'LESS_LIKE_THIS'
  ]
$$;
drop trigger delivery_gone_from_audience on delivery;
drop function drop_targets_of_deliveries;
drop table campaign_target;
alter table campaign drop column targeted;
