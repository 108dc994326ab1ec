/**
 * Our own server's process: the whole of it, over PostgreSQL, with tokens, leases and consent. `publish` hands the relay
 * events whose announcements are committed already; announcing for real is a mutation, and comes over HTTP.
 */
import { Client } from 'pg';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { listen } from '../../src/server.ts';
import { type Copy, copyAnnouncement, publishCopies } from '../ground/copies.ts';
import { titleOf } from '../live-offers.ts';
import { now, serveParent } from '../process/serve.ts';

const databaseUrl = process.env.DATABASE_URL!;
const config = readConfig({ NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error' });
const app = await createApp({ config, databaseUrl, log: createLog(config.LOG_LEVEL) });
const client = new Client({ connectionString: databaseUrl, application_name: 'bench' });
await client.connect();
const copies = new Map<number, Copy>();
let original = '';

serveParent({
  listen: async () => Number(new URL(await listen(app.server, config)).port),
  /** Of the announcement with this title; the numbers are those of the events to come. */
  prepare: async ({ like, events: wanted }: { like: number; events: number[] }) => {
    const events = wanted.filter((event) => !copies.has(event));
    const { rows } = await client.query(
      'select a.id from announcement a join offer o on o.id = a.offer_id where o.title = $1',
      [titleOf(like)],
    );
    original = rows[0].id;
    const made = await copyAnnouncement(client, original, events.map(titleOf));
    for (const [place, event] of events.entries()) copies.set(event, made[place]!);
    await client.query('analyze delivery');
  },
  publish: async (events: number[]) => {
    await publishCopies(
      client,
      original,
      events.map((event) => copies.get(event)!),
    );
    const at = now();
    app.services.live.wake();
    return at;
  },
  /** The end of one offer, told so many times in one commit. */
  end: async ({ like, count }: { like: number; count: number }) => {
    await client.query(
      `insert into outbox (topic, kind, payload)
       select 'game:' || a.game_id, 'OFFER_ENDED', jsonb_build_object('offerId', o.id::text, 'reason', 'CAMPAIGN_ENDED')
       from offer o join announcement a on a.offer_id = o.id, generate_series(1, $2::int) where o.title = $1`,
      [titleOf(like), count],
    );
    app.services.live.wake();
  },
  stop: async () => {
    await client.end();
    await app.close();
  },
});
