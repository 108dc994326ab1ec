/**
 * Announcements by the hundred, committed before the clock runs: copies of one that was really made, row by row, with
 * every column as the server wrote it but for keys and the title. What is published later is only the outbox's event,
 * so that a benchmark can tell the delivery from the announcing, and put several events into one commit.
 */
import type { Client } from 'pg';

/** What the outbox's event names. */
export interface Copy {
  readonly announcementId: string;
  readonly offerId: string;
  readonly campaignId: string;
}

/** By the titles given, in their order. `original` is an announcement's key. */
export async function copyAnnouncement(client: Client, original: string, titles: readonly string[]): Promise<Copy[]> {
  const { rows } = await client.query('select campaign_id, offer_id from announcement where id = $1', [original]);
  const { campaign_id: campaignId, offer_id: offerId } = rows[0];
  const copies: Copy[] = [];
  await client.query('begin');
  for (const title of titles) {
    const campaign = await copyRows(client, 'campaign', 'id', campaignId, { idempotency_key: title });
    const offer = await copyRows(client, 'offer', 'id', offerId, { campaign_id: campaign, title });
    const announcement = await copyRows(client, 'announcement', 'id', original, {
      campaign_id: campaign,
      offer_id: offer,
      idempotency_key: title,
    });
    await copyRows(client, 'delivery', 'announcement_id', original, { announcement_id: announcement, offer_id: offer });
    copies.push({ announcementId: announcement!, offerId: offer!, campaignId: campaign! });
  }
  await client.query('commit');
  return copies;
}

/** One commit, as late as the last of them: from here on relays may read them. */
export async function publishCopies(client: Client, original: string, copies: readonly Copy[]): Promise<void> {
  const columns = (await columnsOf(client, 'outbox')).filter((name) => !['id', 'xid', 'at', 'payload'].includes(name));
  const names = columns.map((name) => `"${name}"`).join(', ');
  await client.query(
    `insert into outbox (${names}, payload)
     select ${names}, payload
       || jsonb_build_object('announcementId', c.announcement, 'offerId', c.offer, 'campaignId', c.campaign)
     from outbox, unnest($2::text[], $3::text[], $4::text[]) with ordinality as c (announcement, offer, campaign, place)
     where kind = 'OFFER_ANNOUNCED' and payload->>'announcementId' = $1 order by place`,
    [
      original,
      copies.map(({ announcementId }) => announcementId),
      copies.map(({ offerId }) => offerId),
      copies.map(({ campaignId }) => campaignId),
    ],
  );
}

/** Every row whose `by` is that key, with some columns changed. The new row's key, where there is one row. */
async function copyRows(
  client: Client,
  table: string,
  by: string,
  key: string,
  changes: Readonly<Record<string, string | null>>,
): Promise<string | null> {
  const columns = (await columnsOf(client, table)).filter((name) => name !== 'id');
  const values: (string | null)[] = [];
  const selected = columns.map((name) => {
    if (!Object.hasOwn(changes, name)) return `"${name}"`;
    values.push(changes[name]!);
    return `$${values.length + 1}`;
  });
  const names = columns.map((name) => `"${name}"`).join(', ');
  const insert = `insert into ${table} (${names}) select ${selected.join(', ')} from ${table} where ${by} = $1`;
  const { rows } = await client.query(by === 'id' ? `${insert} returning id` : insert, [key, ...values]);
  return rows[0]?.id ?? null;
}

const known = new Map<string, string[]>();

async function columnsOf(client: Client, table: string): Promise<string[]> {
  let columns = known.get(table);
  if (!columns) {
    const { rows } = await client.query(
      `select attname from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
      [table],
    );
    columns = rows.map(({ attname }) => attname);
    known.set(table, columns);
  }
  return columns;
}
