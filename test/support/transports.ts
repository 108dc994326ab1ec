/** The same request over each transport, and its first answer: what holds on one must hold on all. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Answer } from './server.ts';

export interface Request {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
}

export type Ask = (url: string, request: Request, token?: string) => Promise<Answer>;

const post = (url: string, accept: string, request: Request, token?: string, signal?: AbortSignal) =>
  fetch(url, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(request),
    ...(signal ? { signal } : {}),
  });

const overHttp: Ask = async (url, request, token) =>
  (await (await post(url, 'application/json', request, token)).json()) as Answer;

const overServerSentEvents: Ask = async (url, request, token) => {
  const abort = new AbortController();
  const response = await post(url, 'text/event-stream', request, token, abort.signal);
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const event = /^event: next\ndata: (.+)\n\n/m.exec(text);
    if (!event) continue;
    abort.abort();
    return JSON.parse(event[1]!) as Answer;
  }
  throw new Error(`No event came, only: ${text}`);
};

const overWebSocket: Ask = (url, request, token) => {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
  });
  return new Promise<Answer>((resolve, reject) => {
    client.subscribe(request as never, {
      next: (answer) => resolve(answer as Answer),
      error: (error) => (Array.isArray(error) ? resolve({ errors: error as never }) : reject(error)),
      complete: () => reject(new Error('It ended without an answer.')),
    });
  }).finally(() => client.dispose());
};

export const TRANSPORTS = { HTTP: overHttp, SSE: overServerSentEvents, WebSocket: overWebSocket } as const;

/** A socket of graphql-transport-ws spoken to by hand, in bytes if need be. It has been acknowledged. */
export interface RawSocket {
  send(message: object | string): void;
  /** The first message that fits, now or later; fails when the server hangs up before. */
  heard(fits: (message: Heard) => boolean): Promise<Heard>;
  readonly messages: readonly Heard[];
  readonly closed: Promise<number>;
  close(): void;
}
export interface Heard {
  type: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a payload's shape is the test's own business
  payload?: any;
}

export async function openSocket(url: string, token?: string): Promise<RawSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  const messages: Heard[] = [];
  const waiting = new Set<() => void>();
  const closed = new Promise<number>((resolve, reject) => {
    socket.on('close', resolve);
    socket.on('error', reject);
  });
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)) as Heard);
    for (const look of waiting) look();
  });
  const heard = (fits: (message: Heard) => boolean) =>
    new Promise<Heard>((resolve, reject) => {
      const look = () => {
        const found = messages.find(fits);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      closed.then((code) => reject(new Error(`Hung up with ${code}`)), reject);
    });
  const send = (message: object | string) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  socket.on('open', () =>
    send({ type: 'connection_init', payload: token ? { authorization: `Bearer ${token}` } : {} }),
  );
  await heard(({ type }) => type === 'connection_ack');
  return { send, heard, messages, closed, close: () => socket.close() };
}
