/** Speaks to the server as any client would: HTTP for operations, graphql-ws or SSE for streams. */
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { LIVE_OFFERS, MUTATIONS, type MutationName } from './documents.ts';

// biome-ignore lint/suspicious/noExplicitAny: what the server answers is judged, not believed
export type Json = any;

export interface Result {
  readonly sent: number;
  readonly returned: number;
  readonly data: Json;
}

/** Whatever a stream receives, as it is received. */
export type Receive = (frame: Json) => void;

export interface OpenStream {
  close(): void;
}

export class GraphQLClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws Error for anything but data. */
  async ask(token: string | null, query: string, variables: Record<string, unknown>): Promise<Result> {
    const sent = performance.now();
    const response = await fetch(this.url, {
      method: 'POST',
      headers: headers(token),
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as Json;
    if (!answer.data) throw new Error(`The server answered ${response.status}: ${JSON.stringify(answer.errors)}`);
    return { sent, returned: performance.now(), data: answer.data };
  }

  /** The member of the result union, whichever it is. */
  async mutate(token: string, name: MutationName, input: Record<string, unknown>): Promise<Result> {
    const result = await this.ask(token, MUTATIONS[name], { input });
    return { ...result, data: result.data[name] };
  }

  /** @throws Error where the outcome is not success. */
  async must(token: string, name: MutationName, input: Record<string, unknown>): Promise<Result> {
    const result = await this.mutate(token, name, input);
    if (result.data.code) throw new Error(`${name}: ${result.data.code} ${result.data.message}`);
    return result;
  }

  openWebSocket(token: string, variables: Record<string, unknown>, receive: Receive): OpenStream {
    const client: Client = createClient({
      url: this.url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${token}` },
    });
    const failed = (error: unknown) => receive({ errors: [{ message: String(error) }] });
    client.subscribe({ query: LIVE_OFFERS, variables }, { next: receive, error: failed, complete: () => {} });
    return { close: () => client.terminate() };
  }

  openServerSentEvents(token: string, variables: Record<string, unknown>, receive: Receive): OpenStream {
    const abort = new AbortController();
    const read = async () => {
      const response = await fetch(this.url, {
        method: 'POST',
        signal: abort.signal,
        headers: { ...headers(token), accept: 'text/event-stream' },
        body: JSON.stringify({ query: LIVE_OFFERS, variables }),
      });
      let rest = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop()!;
        for (const event of events) {
          const data = /^event: next\ndata: (.+)$/m.exec(event)?.[1];
          if (data) receive(JSON.parse(data));
        }
      }
    };
    read().catch((error: Error) => {
      if (error.name !== 'AbortError') receive({ errors: [{ message: String(error) }] });
    });
    return { close: () => abort.abort() };
  }
}

const headers = (token: string | null): Record<string, string> => ({
  'content-type': 'application/json',
  ...(token ? { authorization: `Bearer ${token}` } : {}),
});
