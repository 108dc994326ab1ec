/** How one subscribes with each contestant: what is sent in answer to what, until events come. */
import { LIVE_OFFERS, SUBSCRIPTION_ID } from '../live-offers.ts';

export type ProtocolName = 'graphql' | 'raw' | 'socket.io';

export interface Protocol {
  path(consentClass: number): string;
  readonly subprotocol: string | null;
  /** Sent when the socket is open. */
  opening(token: string | null): string | null;
  /** What is sent in answer to a text that is no event; null: nothing. `done`: from now on it is subscribed. */
  answer(text: string, gameId: string, after: string | null): { send: string | null; done: boolean };
}

const nothing = { send: null, done: false } as const;

export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  raw: {
    path: (consentClass) => `/?class=${consentClass}`,
    subprotocol: null,
    opening: () => 'hello',
    answer: (text) => (text.includes('connection_ack') ? { send: null, done: true } : nothing),
  },
  graphql: {
    path: (consentClass) => `/graphql?class=${consentClass}`,
    subprotocol: 'graphql-transport-ws',
    opening: (token) =>
      JSON.stringify({
        type: 'connection_init',
        ...(token ? { payload: { authorization: `Bearer ${token}` } } : {}),
      }),
    answer: (text, gameId, after) => {
      if (text.startsWith('{"type":"connection_ack"')) {
        const payload = { query: LIVE_OFFERS, variables: { gameId, after } };
        return { send: JSON.stringify({ id: SUBSCRIPTION_ID, type: 'subscribe', payload }), done: true };
      }
      if (text.includes('"errors"') || text.includes('"type":"error"')) throw new Error(text);
      return nothing;
    },
  },
  'socket.io': {
    path: (consentClass) => `/socket.io/?EIO=4&transport=websocket&class=${consentClass}`,
    subprotocol: null,
    opening: () => null,
    answer: (text) => {
      if (text.startsWith('0')) return { send: '40', done: false };
      if (text === '2') return { send: '3', done: false };
      return text.startsWith('40') ? { send: null, done: true } : nothing;
    },
  },
};
