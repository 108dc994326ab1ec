drop function roll_back_redemption, redeem_claim, claim_offers, claim_offer, tell_partner_of_claim, consent_admits;
drop function within_limits, limit_period, claim_turn, campaign_has_room, claim_reserve, campaign_gives_claims, campaign_used;
drop trigger delivery_gone on delivery;
drop trigger campaign_changed on campaign;
drop trigger campaign_book_opened on campaign;
drop table claim_activity, redemption, claim, claim_limit, campaign_book;
drop function open_campaign_book, wait_for_campaign_book, drop_claims_of_deliveries, return_slots;
