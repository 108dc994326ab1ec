-- After the rule of before has been put back.
drop function contact_skips;
drop function contact_take_turns;
drop function contact_limits;
create or replace function skip_codes() returns text[]
language sql immutable parallel safe as $$
  select array[
    'NOT_PRESENT', 'NOT_IN_ZONE', 'OTHER_TEAM', 'HELD_OUT', 'ALREADY_ANNOUNCED',
    'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_PAUSED', 'CAMPAIGN_ENDED', 'GAME_OVER', 'OTHER_VENUE'
  ]
$$;
drop index announcement_at_index;
drop index announcement_game_id_at_index;
drop table contact_objection;
drop table contact_wish;
drop table contact_policy;
