/** The graphql-transport-ws protocol spoken by hand: every message as it came, and how the server hung up. */
import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import type { Answer } from './server.ts';

export interface Message {
  readonly type: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a payload's shape is the test's own business
  readonly payload?: any;
}

export interface Conversation {
  readonly messages: readonly Message[];
  /** Fails when the server did not take the upgrade. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Resolves once a message of that type has come, or fails when the server hangs up before. */
  heard(type: string, id?: string): Promise<Message>;
  subscribe(id: string, query: string, variables?: object): void;
  /** Nothing that comes is read any more, not even a close. */
  stopReading(): void;
  close(): void;
}

/** Sends `connection_init` with this payload as soon as the socket is open. */
export function converse(url: string, payload: unknown): Conversation {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  const messages: Message[] = [];
  const listeners = new Set<() => void>();
  let hungUp = false;
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload }));
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    changed();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code, reason) => {
      hungUp = true;
      changed();
      resolve({ code, reason: String(reason) });
    });
  });
  return {
    messages,
    closed,
    heard: (type, id) =>
      new Promise((resolve, reject) => {
        const listener = () => {
          const found = messages.find((message) => message.type === type && message.id === id);
          if (!found && !hungUp) return;
          listeners.delete(listener);
          if (found) resolve(found);
          else reject(new Error(`Hung up without ${type}, having said ${JSON.stringify(messages)}`));
        };
        listeners.add(listener);
        listener();
      }),
    subscribe: (id, query, variables) => send({ id, type: 'subscribe', payload: { query, variables } }),
    stopReading: () => socket.pause(),
    close: () => socket.close(),
  };
}

/** One operation on a socket of its own: its answer, or the code with which the server hung up before it. */
export async function askOverSocket(
  url: string,
  payload: unknown,
  query: string,
  variables?: object,
): Promise<Answer | { closed: number }> {
  const conversation = converse(url, payload);
  const acknowledged = conversation.heard('connection_ack');
  const ended = conversation.closed.then(({ code }) => ({ closed: code }));
  const answered = acknowledged.then(async () => {
    conversation.subscribe('1', query, variables);
    const answer = await Promise.any([conversation.heard('next', '1'), conversation.heard('error', '1')]);
    return answer.type === 'next' ? (answer.payload as Answer) : ({ errors: answer.payload } as Answer);
  });
  try {
    return await answered.catch(() => ended);
  } finally {
    conversation.close();
  }
}

/** What the server answers to an upgrade with these headers: 101, or the refusal's status. */
export function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  return new Promise((resolve, reject) => {
    socket.on('upgrade', ({ statusCode }: IncomingMessage) => {
      resolve(statusCode!);
      socket.on('open', () => socket.close());
    });
    socket.on('unexpected-response', (request, { statusCode }: IncomingMessage) => {
      resolve(statusCode!);
      request.destroy();
    });
    socket.on('error', reject);
  });
}
