-- What happened in the past is told as of then, by the engine of today.

-- Tells the explicit audience of a campaign of an offer, as announcing does: by the rule, at app_now(), with the lineages in
-- force then. But that they are there is not asked, for nobody says that they were, nor when the game was. Who had not
-- consented yet is not told, whatever they consent to now.
create function tell_targets(p_announcement bigint) returns bigint
language plpgsql as $$
declare
  v_announcement announcement;
  v_scope int := consent_scope_bit('OFFERS_LIVE');
  v_told bigint;
begin
  select * into v_announcement from announcement where id = p_announcement;
  if campaign_closed(v_announcement.campaign_id, v_announcement.game_id, app_now()) & ~skip_if('GAME_OVER', true) <> 0 then
    return 0;
  end if;
  insert into delivery (announcement_id, offer_id, fan_id, lineages)
  select p_announcement, v_announcement.offer_id, v.fan_id, v.lineages
  from campaign_verdicts(v_announcement.campaign_id, v_announcement.game_id, v_announcement.zone_ids,
    array(select t.fan_id from campaign_target t where t.campaign_id = v_announcement.campaign_id), app_now(), true) v
  where v.missing & (1 << v_scope) = 0 and v.skips & ~skip_if('NOT_PRESENT', true) = 0
  on conflict (offer_id, fan_id) do nothing;
  get diagnostics v_told = row_count;
  return v_told;
end $$;

-- Who of these fans had consented to OFFERS_LIVE by app_now() and has not taken it back: they may be written down as
-- targets. Their rows are held, so that a withdrawal comes before, and is seen, or after.
create function targetable(p_fans bigint[]) returns setof bigint
language plpgsql as $$
declare
  v_scope int := consent_scope_bit('OFFERS_LIVE');
begin
  perform 1 from fan f where f.id = any (p_fans) order by f.id for share;
  return query
    select m.fan_id from consent_mask(p_fans, null, null, app_now()) m
    join consent_grant g on g.id = m.lineages[v_scope + 1] and g.granted_at <= app_now()
    where m.mask & (1 << v_scope) <> 0;
end $$;

-- One redemption at p_at, noon of a day long gone or not: claimed and honoured in one call that commits by itself, or, where
-- either is refused, neither. The claim's key names what was redeemed, and goes with the fan; the redemption's names the
-- claim. The same key changes nothing, and answers as before. Outcomes: those of claim_offer and redeem_claim.
create function replay_redemption(
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
