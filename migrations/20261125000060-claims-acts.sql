-- Claiming, redeeming and rolling back: each is one call that commits by itself, so that no client is waited for while
-- the book is held, and one whose answer was lost may be asked again under the same key. Locks are taken in one order:
-- the fan, the campaign's book, the partner.

-- Whether an act may be stored under a scope: the write gate for writers that are one call. Holds the fan's row, so that
-- a withdrawal either comes before, and is seen, or after.
create function consent_admits(p_fan bigint, p_game bigint, p_scope text) returns boolean
language plpgsql as $$
begin
  perform 1 from fan where id = p_fan for no key update;
  return coalesce((
    select m.mask & (1 << consent_scope_bit(p_scope)) <> 0 from consent_mask(array[p_fan], null, p_game, app_now()) m
  ), false);
end $$;

-- Writes what the partner is told of a claim, where the fan shares their presence with it now; otherwise nothing.
create function tell_partner_of_claim(p_claim claim, p_partner bigint, p_kind text, p_at timestamptz) returns void
language plpgsql as $$
declare
  v_partner_lineages bigint[] := (
    select s.lineages from consent_sharing(array[p_claim.fan_id], 'PRESENCE_VENUE', p_partner, p_claim.game_id, app_now()) s);
  v_id bigint;
begin
  if v_partner_lineages is null then
    return;
  end if;
  insert into claim_activity (claim_id, fan_id, kind, at, lineages, partner_lineages)
  select p_claim.id, p_claim.fan_id, p_kind, p_at, m.lineages, v_partner_lineages
  from consent_mask(array[p_claim.fan_id], null, p_claim.game_id, app_now()) m
  returning id into v_id;
  insert into outbox (topic, kind, payload)
  values ('partner:' || p_partner, 'OFFER_CLAIMED',
    jsonb_build_object('activityId', v_id::text, 'campaignId', p_claim.campaign_id::text));
end $$;

-- A fan claims an offer that they were announced, under a code that the caller has drawn. The same key answers with the
-- same claim, whatever became of it. Outcomes: CLAIMED, NOT_FOUND, KEY_CONFLICT, CONSENT_REQUIRED, NOT_LIVE, LIMIT,
-- SOLD_OUT; only the first has a claim.
create function claim_offer(p_fan bigint, p_offer bigint, p_key text, p_code text)
returns table (outcome text, claim_id bigint)
language plpgsql as $$
declare
  v_now timestamptz;
  v_told record;
  v_campaign campaign;
  v_reserve bigint;
  v_claim claim;
begin
  perform 1 from fan where id = p_fan for no key update;
  select * into v_claim from claim c where c.fan_id = p_fan and c.idempotency_key = p_key;
  if found then
    return query select case when v_claim.offer_id = p_offer then 'CLAIMED' else 'KEY_CONFLICT' end, v_claim.id;
    return;
  end if;
  select a.campaign_id, a.game_id, g.venue_id, o.discount into v_told
  from delivery d
  join announcement a on a.id = d.announcement_id
  join game g on g.id = a.game_id
  join offer o on o.id = d.offer_id
  where d.offer_id = p_offer and d.fan_id = p_fan;
  if not found then
    return query select 'NOT_FOUND', null::bigint;
    return;
  end if;
  if not consent_admits(p_fan, v_told.game_id, 'OFFERS_LIVE') then
    return query select 'CONSENT_REQUIRED', null::bigint;
    return;
  end if;

  perform 1 from campaign_book b where b.campaign_id = v_told.campaign_id for no key update;
  select * into v_campaign from campaign c where c.id = v_told.campaign_id;
  v_now := claim_turn(v_campaign);
  v_reserve := claim_reserve(v_campaign, v_told.discount);
  if not campaign_gives_claims(v_campaign, v_now) then
    return query select 'NOT_LIVE', null::bigint;
    return;
  elsif not within_limits('CLAIM', v_campaign, p_fan, v_told.game_id, v_told.venue_id, null, v_now, v_now) then
    return query select 'LIMIT', null::bigint;
    return;
  elsif not campaign_has_room(
    v_campaign, 1, case v_told.discount->>'kind' when 'PERCENT' then 1 else v_reserve end, null, v_now) then
    return query select 'SOLD_OUT', null::bigint;
    return;
  end if;

  update campaign_book b set claimed = claimed + 1, held = held + 1, reserved = reserved + v_reserve
  where b.campaign_id = v_campaign.id;
  insert into claim (campaign_id, offer_id, fan_id, game_id, venue_id, code, reserved, idempotency_key, claimed_at, expires_at)
  select v_campaign.id, p_offer, p_fan, v_told.game_id, v_told.venue_id, p_code, v_reserve, p_key, v_now,
    least(v_now + make_interval(secs => b.hold_seconds), v_campaign.valid_until)
  from campaign_book b where b.campaign_id = v_campaign.id
  returning * into v_claim;
  perform tell_partner_of_claim(v_claim, v_campaign.partner_id, 'CLAIMED', v_now);
  return query select 'CLAIMED', v_claim.id;
end $$;

-- Many claims of one offer, one after the other in one commit. The fans are locked first, in order, so that none is waited
-- for while the book is held; one who is locked by somebody else is left out, and answered BUSY.
create function claim_offers(p_offer bigint, p_fans bigint[], p_keys text[], p_codes text[])
returns table (place int, outcome text, claim_id bigint)
language plpgsql as $$
declare
  v_locked bigint[] := array(
    select f.id from fan f where f.id = any (p_fans) order by f.id for no key update skip locked);
begin
  for i in 1 .. cardinality(p_fans) loop
    if p_fans[i] = any (v_locked) then
      return query select i, c.outcome, c.claim_id from claim_offer(p_fans[i], p_offer, p_keys[i], p_codes[i]) c;
    else
      return query select i, 'BUSY', null::bigint;
    end if;
  end loop;
end $$;

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

-- Staff take back a redemption of their venue, once: its money goes back into the budget, and the claim is held again
-- where its hold lasts; otherwise its slot is free. The same key answers with the same redemption. Outcomes: ROLLED_BACK,
-- NOT_FOUND, KEY_CONFLICT, ALREADY.
create function roll_back_redemption(p_redemption bigint, p_venues bigint[], p_staff text, p_key text)
returns table (outcome text, redemption_id bigint)
language plpgsql as $$
declare
  v_now timestamptz := app_now();
  v_redemption redemption;
  v_claim claim;
  v_holds int;
  v_reserve bigint;
begin
  select * into v_redemption from redemption r where r.id = p_redemption and r.venue_id = any (p_venues);
  if not found then
    return query select 'NOT_FOUND', null::bigint;
    return;
  end if;
  perform 1 from fan f join claim c on c.fan_id = f.id where c.id = v_redemption.claim_id for no key update of f;
  perform 1 from campaign_book b where b.campaign_id = v_redemption.campaign_id for no key update;
  select * into v_redemption from redemption r where r.id = p_redemption;
  if v_redemption.rolled_back_at is not null then
    return query select case when v_redemption.rolled_back_by = p_staff and v_redemption.rollback_key = p_key
      then 'ROLLED_BACK' else 'ALREADY' end, v_redemption.id;
    return;
  end if;
  begin
    update redemption r set rolled_back_at = v_now, rolled_back_by = p_staff, rollback_key = p_key where r.id = p_redemption;
  exception when unique_violation then
    return query select 'KEY_CONFLICT', null::bigint;
    return;
  end;
  select * into v_claim from claim c where c.id = v_redemption.claim_id;
  v_holds := case when v_claim.expires_at > v_now then 1 else 0 end;
  -- An amount off is reserved again, but never more than comes back: the rest may have gone to somebody else since.
  v_reserve := case when v_holds = 1 and exists (
    select from offer o where o.id = v_claim.offer_id and o.discount->>'kind' = 'AMOUNT') then v_redemption.spent else 0 end;
  update claim c set state = case when v_holds = 1 then 'HELD' else 'LAPSED' end, reserved = v_reserve where c.id = v_claim.id;
  update campaign_book b
  set redeemed = redeemed - 1, spent = spent - v_redemption.spent, held = held + v_holds, reserved = reserved + v_reserve
  where b.campaign_id = v_redemption.campaign_id;
  return query select 'ROLLED_BACK', v_redemption.id;
end $$;
