/** Speaks to a server as any client would: HTTP for operations, graphql-ws or SSE for streams. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { type OpenStream, ServerError, type Transport } from './adapter.ts';

// biome-ignore lint/suspicious/noExplicitAny: an answer's shape is its adapter's business
export type Json = any;

const PATIENCE_MS = 10_000;

/** The data of one operation. @throws ServerError when the server answers with errors, TimeoutError without an answer. */
export async function ask(url: string, token: string | null, query: string, variables: Json = {}): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: headers(token),
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const answer = (await response.json()) as Json;
  if (answer.errors || !answer.data) throw new ServerError(JSON.stringify(answer.errors ?? answer));
  return answer.data;
}

export interface Subscription {
  readonly transport: Transport;
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly variables: Json;
  /** The data of each frame that has any. */
  readonly receive: (data: Json) => void;
  readonly trouble: (message: string) => void;
}

function take(
  { receive, trouble }: Subscription,
  { data, errors }: { data?: Json; errors?: readonly unknown[] },
): void {
  if (errors) trouble(JSON.stringify(errors));
  if (data) receive(data);
}

export async function subscribe(subscription: Subscription): Promise<OpenStream> {
  return subscription.transport === 'SSE' ? overServerSentEvents(subscription) : overWebSocket(subscription);
}

function overWebSocket(subscription: Subscription): OpenStream {
  const { url, token, query, variables, trouble } = subscription;
  let open = true;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${token}` },
  });
  client.subscribe(
    { query, variables },
    {
      next: (frame) => take(subscription, frame),
      error: (error) => open && trouble(String(error)),
      complete: () => open && trouble('the stream ended'),
    },
  );
  return {
    close: () => {
      open = false;
      client.terminate();
    },
  };
}

async function overServerSentEvents(subscription: Subscription): Promise<OpenStream> {
  const { url, token, query, variables, trouble } = subscription;
  const abort = new AbortController();
  const read = async () => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers(token), accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables }),
      signal: abort.signal,
    });
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (rest + chunk).split('\n\n');
      rest = events.pop()!;
      for (const event of events) {
        const json = /^event: next\ndata: (.+)$/m.exec(event)?.[1];
        if (json) take(subscription, JSON.parse(json));
      }
    }
    throw new Error('the stream ended');
  };
  read().catch((error) => {
    if (!abort.signal.aborted) trouble(String(error));
  });
  return { close: () => abort.abort() };
}

const headers = (token: string | null): Record<string, string> => ({
  'content-type': 'application/json',
  ...(token === null ? {} : { authorization: `Bearer ${token}` }),
});
