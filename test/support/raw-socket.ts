/** A graphql-ws socket that keeps every message as the text it came in. */
import WebSocket, { type ClientOptions } from 'ws';

export interface RawStream {
  readonly socket: WebSocket;
  readonly texts: readonly string[];
  /** Resolves when it fits, now or after some message; fails after `patience` ms. */
  heard(fits: () => boolean, patience?: number): Promise<void>;
  send(message: object): void;
}

export async function openRaw(url: string, token: string, options: ClientOptions = {}): Promise<RawStream> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', options);
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data) => {
    texts.push(String(data));
    for (const look of waiting) look();
  });
  const heard = (fits: () => boolean, patience = 10_000) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!fits()) return;
        clearTimeout(late);
        waiting.delete(look);
        resolve();
      };
      const late = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`Not heard. The last was ${texts.at(-1)?.slice(0, 500)}`));
      }, patience);
      waiting.add(look);
      look();
    });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await heard(() => texts.length > 0);
  return { socket, texts, heard, send };
}

/** Subscribes, and waits for the first event. */
export async function listen(raw: RawStream, id: string, query: string, variables: object): Promise<void> {
  raw.send({ id, type: 'subscribe', payload: { query, variables } });
  await raw.heard(() => raw.texts.some((text) => text.startsWith(`{"id":"${id}","type":"next"`)));
}

/** The offers that came, in order. */
export const offersIn = ({ texts }: RawStream): string[] => texts.filter((text) => text.includes('"OfferAnnounced"'));
