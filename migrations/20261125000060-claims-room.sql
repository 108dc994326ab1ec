-- Whether there is room for one more: budgets, and limits. All of it is asked with the campaign's book held.

-- What is in use of a campaign's budget now: holds that have expired are not. Cheap enough for a list of campaigns.
create function campaign_used(p_campaigns bigint[])
returns table (campaign_id bigint, claims int, redeemed int, money bigint)
language sql stable as $$
  select b.campaign_id, b.held + b.redeemed - lapsed.held, b.redeemed, b.reserved + b.spent - lapsed.reserved
  from campaign_book b
  cross join lateral (
    select count(*)::int as held, coalesce(sum(c.reserved), 0)::bigint as reserved
    from claim c where c.campaign_id = b.campaign_id and c.state = 'HELD' and c.expires_at <= app_now()
  ) lapsed
  where b.campaign_id = any (p_campaigns)
$$;

-- Whether a campaign gives out claims at an instant.
create function campaign_gives_claims(p_campaign campaign, p_at timestamptz) returns boolean
language sql immutable as $$
  select p_campaign.ended_at is null and not p_campaign.paused
    and p_campaign.valid_from <= p_at and p_at < p_campaign.valid_until
$$;

-- The money that a claim of this offer reserves: an amount off is known beforehand, a percentage is not.
create function claim_reserve(p_campaign campaign, p_discount jsonb) returns bigint
language sql immutable as $$
  select case when p_discount->>'kind' = 'AMOUNT' and p_campaign.budget->'spend' is not null
    then (p_discount->>'amount')::bigint else 0 end
$$;

-- Whether the budget has room for so many slots and so much money more. Where the book is full, holds that have expired are
-- taken out of it first (but p_except, about which it is asked): for good, whoever comes late with one has to find room
-- like everybody else.
create function campaign_has_room(p_campaign campaign, p_slots int, p_money bigint, p_except bigint, p_at timestamptz)
returns boolean
language plpgsql as $$
declare
  v_book campaign_book;
  v_slots int := (p_campaign.budget->>'claims')::int;
  v_money bigint := (p_campaign.budget->'spend'->>'amount')::bigint;
begin
  for attempt in 1 .. 2 loop
    select * into v_book from campaign_book where campaign_id = p_campaign.id;
    if (p_slots <= 0 or v_slots is null or v_book.held + v_book.redeemed + p_slots <= v_slots)
      and (p_money <= 0 or v_money is null or v_book.reserved + v_book.spent + p_money <= v_money) then
      return true;
    end if;
    with lapsed as (
      update claim set state = 'LAPSED'
      where campaign_id = p_campaign.id and state = 'HELD' and expires_at <= p_at and id is distinct from p_except
      returning claim.reserved
    ), sums as (
      select count(*)::int as held, coalesce(sum(reserved), 0)::bigint as reserved from lapsed
    )
    update campaign_book b set held = b.held - sums.held, reserved = b.reserved - sums.reserved
    from sums where b.campaign_id = p_campaign.id and sums.held > 0;
    if not found then
      return false;
    end if;
  end loop;
  return false;
end $$;

-- A claim's turn: the book is held, and what else has to be is taken here. Answers the instant by which it is judged.
-- app_now() is from before the wait, and whoever had the turn meanwhile was judged by a later one.
create function claim_turn(p_campaign campaign) returns timestamptz
language plpgsql as $$
begin
  -- A limit that spans campaigns is counted one claim of the partner after the other.
  perform 1 from claim_limit l join campaign c on c.id = l.campaign_id
  where c.partner_id = p_campaign.partner_id and 'PARTNER' = any (l.per);
  if found then
    perform 1 from partner where id = p_campaign.partner_id for no key update;
  end if;
  -- Any other instant than the database's own has been set, and stands still.
  return case when app_now() = statement_timestamp() then clock_timestamp() else app_now() end;
end $$;

-- The period of a limit in which an instant lies, by the calendar of the venue.
create function limit_period(p_period text, p_venue bigint, p_at timestamptz)
returns table (since timestamptz, until timestamptz)
language sql stable as $$
  select began.at, coalesce(date_add(began.at, began.lasts, v.time_zone), 'infinity')
  from venue v
  cross join lateral (
    select '-infinity'::timestamptz as at, null::interval as lasts where p_period in ('GAME', 'EVER')
    union all
    select date_trunc(lower(p_period), p_at, v.time_zone), ('1 ' || p_period)::interval
    where p_period not in ('GAME', 'EVER')
  ) began
  where v.id = p_venue
$$;

-- Whether one more of an action stays within a campaign's limits and its cap per fan. A claim counts while it is held
-- and once it is redeemed, in the period in which it was made; what has expired unredeemed does not. Of one fan the claims
-- are counted; of all together the redemptions, which outlive their fans. It is asked about an act of p_at, now that it is
-- p_now; p_except is the claim that it is about.
create function within_limits(
  p_action text, p_campaign campaign, p_fan bigint, p_game bigint, p_venue bigint, p_except bigint, p_at timestamptz,
  p_now timestamptz
) returns boolean
language plpgsql as $$
declare
  v_limit claim_limit;
  v_period record;
  v_campaigns bigint[];
  v_count bigint;
begin
  if p_action = 'CLAIM' and p_campaign.cap_per_fan <= (
    select count(*) from claim c
    where c.fan_id = p_fan and c.campaign_id = p_campaign.id and c.id is distinct from p_except
      and (c.state = 'REDEEMED' or c.state = 'HELD' and c.expires_at > p_now)) then
    return false;
  end if;
  for v_limit in select * from claim_limit l where l.campaign_id = p_campaign.id and l.action = p_action loop
    select * into v_period from limit_period(v_limit.period, p_venue, p_at);
    v_campaigns := case when 'PARTNER' = any (v_limit.per)
      then array(select c.id from campaign c where c.partner_id = p_campaign.partner_id)
      else array[p_campaign.id] end;
    if 'FAN' = any (v_limit.per) then
      select count(*) into v_count
      from claim c left join redemption r on r.claim_id = c.id and r.rolled_back_at is null
      where c.fan_id = p_fan and c.campaign_id = any (v_campaigns) and c.id is distinct from p_except
        and case p_action when 'REDEEM' then r.at >= v_period.since and r.at < v_period.until
          else c.claimed_at >= v_period.since and c.claimed_at < v_period.until
            and (c.state = 'REDEEMED' or c.state = 'HELD' and c.expires_at > p_now) end
        and ('VENUE' <> all (v_limit.per) or c.venue_id = p_venue)
        and (v_limit.period <> 'GAME' or c.game_id = p_game);
    else
      select
        (select count(*) from claim c
          where p_action = 'CLAIM' and c.campaign_id = any (v_campaigns) and c.state = 'HELD' and c.expires_at > p_now
            and c.id is distinct from p_except and c.claimed_at >= v_period.since and c.claimed_at < v_period.until
            and ('VENUE' <> all (v_limit.per) or c.venue_id = p_venue)
            and (v_limit.period <> 'GAME' or c.game_id = p_game))
        + (select count(*) from redemption r
          where r.campaign_id = any (v_campaigns) and r.rolled_back_at is null
            and case p_action when 'REDEEM' then r.at >= v_period.since and r.at < v_period.until
              else r.claimed_at >= v_period.since and r.claimed_at < v_period.until end
            and ('VENUE' <> all (v_limit.per) or r.venue_id = p_venue)
            and (v_limit.period <> 'GAME' or r.game_id = p_game))
      into v_count;
    end if;
    if v_count >= v_limit.at_most then
      return false;
    end if;
  end loop;
  return true;
end $$;
