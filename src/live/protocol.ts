/**
 * The protocol of graphql-ws on the sockets of `ws`. The adapter that comes with it holds the bytes and the text of a
 * message for as long as what the message asked for is open, and timers and functions for each socket, which is a good part
 * of what an idle subscription would cost.
 */
import type { IncomingMessage } from 'node:http';
import { CloseCode, makeServer, type ServerOptions, type WebSocket as Spoken } from 'graphql-ws';
import type { Logger } from 'pino';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import { Deadlines } from './deadlines.ts';

const PING_EVERY_MS = 12_000;
/** For `connection_init`. */
const GREETED_WITHIN_MS = 10_000;

interface OfSocket {
  readonly socket: WebSocket;
}

interface ProtocolOptions<Extra extends OfSocket> extends ServerOptions<Record<string, unknown>, Extra> {
  /** What is known of a socket from the start. */
  readonly meet: (socket: WebSocket, request: IncomingMessage) => Extra;
  readonly log: Logger;
}

export function speakProtocol<Extra extends OfSocket>(
  sockets: WebSocketServer,
  { meet, log, onConnect, ...options }: ProtocolOptions<Extra>,
): void {
  const strangers = new Deadlines<WebSocket>(GREETED_WITHIN_MS, (socket) =>
    socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
  );
  /** Those that have not answered the last ping. */
  const silent = new Set<WebSocket>();
  const pings = new Deadlines<WebSocket>(PING_EVERY_MS, (socket) => {
    if (silent.has(socket)) return socket.terminate();
    silent.add(socket);
    socket.ping();
    pings.add(socket);
  });
  const server = makeServer<Record<string, unknown>, Extra>({
    ...options,
    connectionInitWaitTimeout: 0,
    onConnect: (context) => {
      strangers.delete(context.extra.socket);
      return onConnect?.(context);
    },
  });
  // Each for all sockets.
  const answered = function (this: WebSocket) {
    silent.delete(this);
  };
  const broken = () => {};

  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const side = new ServerSide(socket, log);
    const closed = server.opened(side, meet(socket, request));
    strangers.add(socket);
    pings.add(socket);
    socket.on('message', (data) => side.hear(data));
    socket.on('pong', answered);
    // `ws` has closed it already, with the code that says why.
    socket.on('error', broken);
    socket.on('close', (code, reason) => {
      strangers.delete(socket);
      pings.delete(socket);
      silent.delete(socket);
      void closed(code, String(reason));
    });
  });
}

/** One socket, as graphql-ws asks for it. */
class ServerSide implements Spoken {
  readonly #socket: WebSocket;
  readonly #log: Logger;
  #listener: Parameters<Spoken['onMessage']>[0] = async () => {};

  constructor(socket: WebSocket, log: Logger) {
    this.#socket = socket;
    this.#log = log;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== this.#socket.OPEN) return resolve();
      this.#socket.send(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  onMessage(listener: Parameters<Spoken['onMessage']>[0]): void {
    this.#listener = listener;
  }

  hear(data: RawData): void {
    this.#listener(readMessage(data)).catch((err: unknown) => {
      this.#log.error({ err }, 'a message could not be handled');
      this.#socket.close(CloseCode.InternalServerError, 'Internal server error');
    });
  }
}

/** An object, which graphql-ws takes as well as its text. What is none it refuses itself. */
function readMessage(data: RawData): string {
  const text = String(data);
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' ? (message as string & object) : text;
  } catch {
    return text;
  }
}
