drop function redeem_claim(text, bigint[], text, text, text, bigint, text, timestamptz, text);
-- Staff honour a claim of their venue by its code, once. p_at is when the code was scanned, where that was before this was
-- asked: the claim is judged as it stood then, and a hold that has expired since, if only while its turn was waited for,
-- needs room as a new one would. Money is in minor units; p_total is needed where a percentage goes against a budget. The same key answers with the same redemption.
-- Outcomes: REDEEMED (with the fan, where it is new), NOT_FOUND, KEY_CONFLICT, ALREADY, EXPIRED, LIMIT, SOLD_OUT,
-- TOTAL_NEEDED, CURRENCY.
create function redeem_claim(
  p_code text, p_venues bigint[], p_staff text, p_key text, p_hash text, p_total bigint, p_currency text, p_at timestamptz
) returns table (outcome text, redemption_id bigint, fan_id bigint)
language plpgsql as $$
declare
  v_now timestamptz;
  v_at timestamptz := coalesce(p_at, app_now());
  v_claim claim;
  v_campaign campaign;
  v_discount jsonb;
  v_currency text;
  v_off bigint;
  v_spend bigint;
  v_holds int;
  v_redemption redemption;
begin
  select * into v_claim from claim c where c.code = p_code and c.venue_id = any (p_venues);
  if found then
    perform 1 from fan where id = v_claim.fan_id for no key update;
    perform 1 from campaign_book b where b.campaign_id = v_claim.campaign_id for no key update;
    -- As it stands now that nobody else can change it.
    select * into v_claim from claim c where c.id = v_claim.id;
  end if;
  select * into v_redemption from redemption r where r.redeemed_by = p_staff and r.idempotency_key = p_key;
  if found then
    return query select case when v_redemption.input_hash = p_hash then 'REDEEMED' else 'KEY_CONFLICT' end, v_redemption.id, null::bigint;
    return;
  elsif v_claim.id is null then
    return query select 'NOT_FOUND', null::bigint, null::bigint;
    return;
  elsif v_claim.state = 'REDEEMED' then
    return query select 'ALREADY', null::bigint, null::bigint;
    return;
  -- Who scanned it knows the time to the millisecond.
  elsif v_at < date_trunc('milliseconds', v_claim.claimed_at) or v_at >= v_claim.expires_at then
    return query select 'EXPIRED', null::bigint, null::bigint;
    return;
  end if;

  select * into v_campaign from campaign c where c.id = v_claim.campaign_id;
  v_now := claim_turn(v_campaign);
  select o.discount into v_discount from offer o where o.id = v_claim.offer_id;
  v_currency := coalesce(v_discount->>'currency', v_campaign.budget->'spend'->>'currency', p_currency);
  if p_currency <> v_currency then
    return query select 'CURRENCY', null::bigint, null::bigint;
    return;
  end if;
  v_off := case v_discount->>'kind'
    when 'AMOUNT' then least((v_discount->>'amount')::bigint, p_total)
    when 'PERCENT' then round(p_total * (v_discount->>'percent')::numeric / 100)::bigint end;
  v_spend := case when v_campaign.budget->'spend' is null or v_discount->>'kind' = 'POINTS' then 0 else v_off end;
  if v_spend is null then
    return query select 'TOTAL_NEEDED', null::bigint, null::bigint;
    return;
  end if;
  v_holds := case when v_claim.state = 'HELD' then 1 else 0 end;
  if not within_limits('REDEEM', v_campaign, v_claim.fan_id, v_claim.game_id, v_claim.venue_id, v_claim.id, v_at, v_now)
    or v_claim.expires_at <= v_now and not within_limits('CLAIM', v_campaign, v_claim.fan_id, v_claim.game_id,
      v_claim.venue_id, v_claim.id, v_claim.claimed_at, v_now) then
    return query select 'LIMIT', null::bigint, null::bigint;
    return;
  elsif not campaign_has_room(v_campaign, 1 - v_holds, v_spend - v_holds * v_claim.reserved, v_claim.id, v_now) then
    return query select 'SOLD_OUT', null::bigint, null::bigint;
    return;
  end if;

  insert into redemption (claim_id, campaign_id, offer_id, game_id, venue_id, claimed_at, at, recorded_at, discount,
    currency, spent, redeemed_by, idempotency_key, input_hash)
  values (v_claim.id, v_claim.campaign_id, v_claim.offer_id, v_claim.game_id, v_claim.venue_id, v_claim.claimed_at, v_at,
    v_now, v_off, case when v_off is not null then v_currency end, v_spend, p_staff, p_key, p_hash)
  on conflict (redeemed_by, idempotency_key) do nothing
  returning * into v_redemption;
  if not found then
    return query select 'KEY_CONFLICT', null::bigint, null::bigint;
    return;
  end if;
  update campaign_book b
  set held = held - v_holds, reserved = reserved - v_holds * v_claim.reserved, redeemed = redeemed + 1, spent = spent + v_spend
  where b.campaign_id = v_claim.campaign_id;
  update claim c set state = 'REDEEMED', reserved = 0 where c.id = v_claim.id;
  perform tell_partner_of_claim(v_claim, v_campaign.partner_id, 'REDEEMED', v_at);
  return query select 'REDEEMED', v_redemption.id, v_claim.fan_id;
end $$;
drop function is_taken_on_order, discount_on;
alter table "redemption" drop column "order_id";
alter table "campaign" drop column "stacking_group", drop column "stacking_mode";

-- One redemption at p_at, noon of a day long gone or not: claimed and honoured in one call that commits by itself, or, where
-- either is refused, neither. The claim's key names what was redeemed, and goes with the fan; the redemption's names the
-- claim. The same key changes nothing, and answers as before. Outcomes: those of claim_offer and redeem_claim.
create or replace function replay_redemption(
  p_fan bigint, p_offer bigint, p_venue bigint, p_at timestamptz, p_key text, p_code text, p_staff text
) returns text
language plpgsql as $$
declare
  v_claim record;
  v_outcome text;
  v_xid xid8;
begin
  perform set_config('tightrope.now', p_at::text, true);
  begin
    select c.outcome, c.claim_id into v_claim from claim_offer(p_fan, p_offer, p_key, p_code) c;
    if v_claim.outcome <> 'CLAIMED' then
      return v_claim.outcome;
    end if;
    select r.outcome into v_outcome
    from redeem_claim(p_code, array[p_venue], p_staff, 'import:' || v_claim.claim_id, '', null, null, null) r;
    if v_outcome <> 'REDEEMED' then
      raise exception using errcode = 'TR001';
    end if;
  exception when sqlstate 'TR001' then
    return v_outcome;
  end;
  -- A partner that is told of it is told now: an event of long ago would be buried at once, and others with it.
  v_xid := pg_current_xact_id();
  update outbox o set at = statement_timestamp() where o.xid = v_xid;
  return v_outcome;
end $$;
