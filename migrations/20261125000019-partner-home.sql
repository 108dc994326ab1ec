-- What a partner sees of its own: the fans who share anything with it, and what an announcement would come to.

-- The fans who share anything with a partner, in the order of their keys, with what they share as bits: those between two
-- keys, the first p_limit of them or the last. The rule judges as many as it takes to fill the page, and no more.
create function partner_audience(
  p_partner bigint, p_after bigint, p_before bigint, p_limit int, p_backwards boolean, p_at timestamptz
) returns table (fan_id bigint, mask int)
language plpgsql stable as $$
declare
  v_after bigint := coalesce(p_after, 0);
  v_before bigint := coalesce(p_before, 9223372036854775807);
  v_sign int := case when p_backwards then -1 else 1 end;
  v_left int := p_limit;
  v_found int;
  v_ids bigint[];
begin
  while v_left > 0 loop
    v_ids := array(
      select g.fan_id from consent_grant g
      where g.recipient_id = p_partner and g.ended_at is null and g.fan_id > v_after and g.fan_id < v_before
      group by g.fan_id order by v_sign * g.fan_id limit p_limit);
    return query
      select m.fan_id, m.mask from consent_mask(v_ids, p_partner, null, p_at) m
      where m.mask <> 0 order by v_sign * m.fan_id limit v_left;
    get diagnostics v_found = row_count;
    v_left := v_left - v_found;
    exit when cardinality(v_ids) < p_limit;
    if p_backwards then
      v_before := v_ids[cardinality(v_ids)];
    else
      v_after := v_ids[cardinality(v_ids)];
    end if;
  end loop;
end $$;

create function partner_audience_size(p_partner bigint, p_at timestamptz) returns int
language sql stable as $$
  select count(*)::int from consent_mask(
    array(select distinct g.fan_id from consent_grant g where g.recipient_id = p_partner and g.ended_at is null),
    p_partner, null, p_at) m
  where m.mask <> 0
$$;

-- Each question and its answer, so that the same question within five minutes gets the same answer, and that there is an
-- end of asking a little differently.
create table "dry_run" (
  "id" bigserial primary key,
  "partner_id" bigint not null,
  "campaign_id" bigint not null,
  "game_id" bigint not null,
  "at" timestamptz(6) null,
  "asked_at" timestamptz(6) not null default app_now(),
  "answer" jsonb not null
);
create index "dry_run_partner_id_game_id_asked_at_index" on "dry_run" ("partner_id", "game_id", "asked_at");
alter table "dry_run" add constraint "dry_run_partner_id_foreign" foreign key ("partner_id") references "partner" ("id");
alter table "dry_run" add constraint "dry_run_campaign_id_foreign" foreign key ("campaign_id") references "campaign" ("id");
alter table "dry_run" add constraint "dry_run_game_id_foreign" foreign key ("game_id") references "game" ("id");

-- How many fans an announcement at p_at would reach (AUDIENCE), and how many it would skip, each counted under one code:
-- CONSENT_OFF before all others, then in the order of skip_bit. While nobody is at the
-- game yet, everyone who consents for it to be told is taken to come, wherever they will be.
create function campaign_rehearsal(p_campaign bigint, p_game bigint, p_at timestamptz)
returns table (code text, fans int, is_foreseen boolean)
language plpgsql stable as $$
declare
  v_foreseen boolean := not exists (select from presence p where p.game_id = p_game);
  v_fans bigint[] := case when v_foreseen then array(
    select distinct g.fan_id from consent_grant g
    where g.scope = 'OFFERS_LIVE' and g.recipient_id is null and g.ended_at is null) end;
  v_zones bigint[] := case when v_foreseen then '{}' else campaign_zones(p_campaign, p_game) end;
  v_absent int := case when v_foreseen then skip_if('NOT_PRESENT', true) else 0 end;
begin
  return query
    select case
        when v.missing <> 0 then 'CONSENT_OFF'
        when v.skips & ~v_absent = 0 then 'AUDIENCE'
        else (
          select s.code from unnest(skip_codes()) with ordinality s (code, place)
          where (v.skips & ~v_absent) & (1 << (s.place::int - 1)) <> 0 order by s.place limit 1)
      end as skipped_by, count(*)::int, v_foreseen
    from campaign_verdicts(p_campaign, p_game, v_zones, v_fans, p_at, true) v
    group by 1;
end $$;
