/** Open streams, over graphql-ws and over SSE, that a test can await frame by frame. */
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Answer } from './server.ts';

export interface OpenStream {
  readonly frames: readonly Answer[];
  /** The first frame from `from` on that fits; fails after `patience` ms, ten seconds by default. */
  waitFor(fits: (frame: Answer) => boolean, from?: number, patience?: number): Promise<Answer>;
  close(): Promise<void>;
  /** As a phone in a tunnel: without a word. What came before was heard. */
  drop(): void;
}

export type OpenStreamOver = (
  url: string,
  token: string | null,
  query: string,
  variables: Record<string, unknown>,
) => Promise<OpenStream>;

const PATIENCE_MS = 10_000;

class Frames implements OpenStream {
  readonly frames: Answer[] = [];
  readonly #close: () => void;
  readonly #drop: () => void;
  readonly #waiting = new Set<() => void>();
  #dropped = false;

  constructor(close: () => void, drop: () => void = close) {
    this.#close = close;
    this.#drop = drop;
  }

  push(frame: Answer): void {
    if (this.#dropped) return;
    this.frames.push(frame);
    for (const wake of this.#waiting) wake();
  }

  async waitFor(fits: (frame: Answer) => boolean, from = 0, patience = PATIENCE_MS): Promise<Answer> {
    const deadline = Date.now() + patience;
    for (;;) {
      const found = this.frames.slice(from).find(fits);
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`No such frame came. Those that did: ${JSON.stringify(this.frames)}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  async close(): Promise<void> {
    this.#close();
  }

  drop(): void {
    this.#dropped = true;
    this.#drop();
  }
}

export const overWebSocket: OpenStreamOver = async (url, token, query, variables) => {
  let socket: WebSocket | undefined;
  const client: Client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
    },
  });
  const stream = new Frames(
    () => void client.dispose(),
    () => socket?.terminate(),
  );
  client.subscribe(
    { query, variables },
    {
      next: (frame) => stream.push(frame as Answer),
      error: (error) => stream.push({ errors: error as Answer['errors'] }),
      complete: () => {},
    },
  );
  return stream;
};

export const overServerSentEvents: OpenStreamOver = async (url, token, query, variables) => {
  const abort = new AbortController();
  const stream = new Frames(() => abort.abort());
  const response = await fetch(url, {
    method: 'POST',
    signal: abort.signal,
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
  void readEvents(response, stream).catch(() => {});
  return stream;
};

async function readEvents(response: Response, stream: Frames): Promise<void> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split('\n\n');
    rest = events.pop()!;
    for (const event of events) {
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data && /^event: next$/m.test(event)) stream.push(JSON.parse(data) as Answer);
    }
  }
}
