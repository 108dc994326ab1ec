/** The ways to ask: POST, GET, and one operation over a WebSocket. Streams are opened as any client opens them. */
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Answer } from '../support/server.ts';
import type { LeakDocument } from './documents.ts';

export interface Question {
  readonly url: string;
  readonly token: string | null;
  readonly document: Pick<LeakDocument, 'text' | 'operationName' | 'kind' | 'shape'>;
  readonly variables: Readonly<Record<string, string | null>>;
}

export type Transport = 'POST' | 'GET' | 'graphql-ws';

/** A GET changes nothing, so it takes queries; one shape suffices to know that it passes the same doors. */
export const transportsFor = ({ kind, shape }: LeakDocument): Transport[] =>
  kind === 'query' && shape === 'plain' ? ['POST', 'GET', 'graphql-ws'] : ['POST', 'graphql-ws'];

export class Transports {
  readonly #clients = new Map<string, Client>();

  /** The whole answer as it came. */
  ask(transport: Transport, question: Question): Promise<Answer> {
    return transport === 'graphql-ws' ? this.#overSocket(question) : overHttp(transport, question);
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    for (const client of clients) await client.dispose();
  }

  async #overSocket({ url, token, document, variables }: Question): Promise<Answer> {
    const name = `${url} ${token}`;
    const client =
      this.#clients.get(name) ??
      createClient({
        url: url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        lazyCloseTimeout: 60_000,
        connectionParams: token ? { authorization: `Bearer ${token}` } : {},
      });
    this.#clients.set(name, client);
    return new Promise((resolve, reject) => {
      let answer: Answer | null = null;
      client.subscribe(
        { query: document.text, variables, operationName: document.operationName },
        {
          next: (result) => {
            answer = result as Answer;
          },
          error: (error) => (Array.isArray(error) ? resolve({ errors: error as Answer['errors'] }) : reject(error)),
          complete: () => (answer ? resolve(answer) : reject(new Error('The operation ended without an answer.'))),
        },
      );
    });
  }
}

async function overHttp(method: 'POST' | 'GET', { url, token, document, variables }: Question): Promise<Answer> {
  const body = { query: document.text, operationName: document.operationName, variables };
  const headers = { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const parameters = new URLSearchParams({ ...body, variables: JSON.stringify(variables) });
  const response =
    method === 'GET'
      ? await fetch(`${url}?${parameters}`, { headers })
      : await fetch(url, {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
  return (await response.json()) as Answer;
}
