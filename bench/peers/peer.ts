/**
 * A contestant's server: it listens, and sends events to whoever has subscribed. Who a subscriber is, and so which class
 * of fan, stands in the query of the address (`?class=3`), where no contestant spends time on it.
 */
import type { IncomingMessage } from 'node:http';
import type { Templates } from '../live-offers.ts';

export interface Peer {
  /** Resolves with the port. */
  listen(templates: Templates): Promise<number>;
  /** Sends these events to all subscribers, begun within this one tick. */
  publish(events: readonly number[]): void;
}

export const classIn = ({ url }: Pick<IncomingMessage, 'url'>): number =>
  Number(new URLSearchParams(url?.split('?')[1]).get('class') ?? 0);
