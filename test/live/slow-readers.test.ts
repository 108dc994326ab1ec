/** A phone that stops reading costs nothing but itself: the others hear everything, and it resumes complete. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollFan, LIVE_OFFERS, liveGameId, mutate } from '../support/operations.ts';
import { listen, offersIn, openRaw, type RawStream } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const EVENTS = 800;
/** More than the kernel keeps for a socket, all together. */
const BODY_BYTES = 20_000;
const PATIENCE_MS = 45_000;

/** So many offers, announced to everybody who is there, in one commit. */
async function announceMany({ services }: TestServer): Promise<void> {
  await services.orm.em.fork().execute(sql`
    with here as (
      select p.game_id, p.fan_id, m.lineages
      from presence p, lateral consent_mask(array[p.fan_id], null, p.game_id, app_now()) m
    ), campaigns as (
      insert into campaign (partner_id, name, rules, budget, cap_per_fan, valid_from, valid_until, input_hash)
      select (select min(id) from partner), 'Many', '{}', '{}', 1, app_now(), app_now() + interval '1 hour', ''
      from generate_series(1, ${EVENTS}::int) returning id
    ), offers as (
      insert into offer (campaign_id, title, body, discount)
      select id, 'Offer', repeat('x', ${BODY_BYTES}::int), '{"kind":"PERCENT","percent":10}' from campaigns
      returning id, campaign_id
    ), announcements as (
      insert into announcement (campaign_id, offer_id, game_id, reasons, idempotency_key)
      select campaign_id, id, (select min(game_id) from here), '[]', 'once' from offers returning id, offer_id, game_id
    ), deliveries as (
      insert into delivery (announcement_id, offer_id, fan_id, lineages)
      select a.id, a.offer_id, here.fan_id, here.lineages from announcements a, here
    )
    insert into outbox (topic, kind, payload)
    select 'game:' || game_id, 'OFFER_ANNOUNCED',
      jsonb_build_object('announcementId', id::text, 'offerId', offer_id::text)
    from announcements`);
  services.live.wake();
}

const cursorsOf = (raw: RawStream): string[] =>
  offersIn(raw).map((text) => JSON.parse(text).payload.data.liveOffers.cursor);

describe('a slow reader', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const arrive = async () => {
    const { token } = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
    await mutate(server, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    const raw = await openRaw(server.url, token);
    await listen(raw, 'a', LIVE_OFFERS, { gameId });
    return { token, raw };
  };

  it('is closed while the others hear everything, and hears the rest once when it resumes', async () => {
    const [quick, slow] = [await arrive(), await arrive()];
    const closed = new Promise<number>((resolve) => slow.raw.socket.once('close', resolve));
    slow.raw.socket.pause();
    await announceMany(server);
    await quick.raw.heard(() => offersIn(quick.raw).length === EVENTS, PATIENCE_MS);
    await expect.poll(() => openSockets(server.url), { timeout: PATIENCE_MS, interval: 100 }).toBe(1);
    slow.raw.socket.resume();
    // Without a close, if what lay before it did not get through in time.
    expect([4413, 1006]).toContain(await closed);

    const before = cursorsOf(slow.raw);
    expect(before.length).toBeLessThan(EVENTS);
    const again = await openRaw(server.url, slow.token);
    await listen(again, 'b', LIVE_OFFERS, { gameId, after: before.at(-1) ?? null });
    await again.heard(() => offersIn(again).length === EVENTS - before.length, PATIENCE_MS);
    expect([...before, ...cursorsOf(again)]).toEqual(cursorsOf(quick.raw));
    for (const { socket } of [again, quick.raw]) socket.terminate();
  }, 120_000);
});

async function openSockets(url: string): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', url))).text();
  return Number(/^tightrope_open_sockets (\d+)$/m.exec(metrics)?.[1]);
}
