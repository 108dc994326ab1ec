drop function attendance_streak, loyalty_tier, loyalty_standing, points_earn_by_rules, earning_period, loyalty_season;
drop function points_give_back, points_spend_held, points_hold, points_take_back, points_lots_of, points_earn,
  points_settle, points_take, points_append, points_lock, points_balance, points_lots, consent_held;
alter table visit drop column proven_at;
drop table reward_redemption, reward, purchase_refund, purchase, earning_rule, tier, loyalty_program, points_entry;
drop function points_stay, points_entry_adds_up;
