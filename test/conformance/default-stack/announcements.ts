/** Yoga's pub/sub, carried between nodes by LISTEN/NOTIFY: every node publishes to its own what it is notified of. */
import { createPubSub } from 'graphql-yoga';
import { Client } from 'pg';

export interface OfferAnnounced {
  readonly offerId: string;
  readonly reason: string;
}

export const CHANNEL = 'offer_announced';
const RECONNECT_MS = 1_000;

export const pubSub = createPubSub<{ offerAnnounced: [OfferAnnounced] }>();

/** Listens, and again after each loss of the connection. */
export async function listenForAnnouncements(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  const again = () => setTimeout(() => void listenForAnnouncements(connectionString), RECONNECT_MS);
  client.on('error', () => {});
  client.on('notification', ({ payload }) => pubSub.publish('offerAnnounced', JSON.parse(payload!)));
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    client.once('end', again);
  } catch {
    client.end().catch(() => {});
    again();
  }
}
