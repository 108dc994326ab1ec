/**
 * The WebSocket edge: graphql-ws over yoga's own pipeline, so that limits, masking and door two hold as on HTTP. The
 * token comes with `connection_init`; a bad or expired one closes the socket with 4403, which clients may recover from.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { handleProtocols, type SubscribePayload } from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { AccessError } from '../errors.ts';
import type { Caller } from '../fairness/caller.ts';
import type { Connections } from '../fairness/connections.ts';
import { LIMITS } from '../graphql/limits.ts';
import { bearerToken, type Claims, type VerifyToken } from '../identity/tokens.ts';
import { LONGEST_TIMER_MS } from './mapped-stream.ts';
import { speakProtocol } from './protocol.ts';
import type { Carrier } from './shared/hub.ts';
import { NOTHING, type Operation, SocketOperations, SocketStream } from './socket-operations.ts';
import { formatErrors, throwRefusal } from './socket-refusal.ts';

export interface SocketExtra extends Record<PropertyKey, unknown> {
  readonly socket: WebSocket;
  /** Null once it is known who asks. */
  request: IncomingMessage | null;
  readonly secGpc: string | string[] | undefined;
  claims?: Claims | null;
  caller?: Caller;
  expiry?: NodeJS.Timeout;
  operations?: SocketOperations;
}

interface WebSocketOptions {
  // biome-ignore lint/suspicious/noExplicitAny: yoga's context types are not of interest at the edge
  yoga: YogaServerInstance<any, any>;
  verify: VerifyToken;
  path: string;
  allowedOrigins: readonly string[];
  /** Whether this node takes no more sockets. */
  leaving: () => boolean;
  callerOf: (claims: Claims | null, request: IncomingMessage) => Caller;
  connections: Connections;
  /** Called once a socket, with the upgrade request, before the first operation. */
  onSignedIn: (claims: Claims, request: IncomingMessage) => Promise<void>;
  log: Logger;
}

const FORBIDDEN = 4403;
/** Clients may try again when another of theirs has closed; 4429 would tell them never to. */
const TOO_MANY_CONNECTIONS = 4420;
const TRY_AGAIN_LATER = 1013;

/** Attaches to a server; what it returns holds the open sockets. */
export function serveWebSockets(server: Server, options: WebSocketOptions): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.messageBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  speakProtocol<SocketExtra>(sockets, {
    meet: (socket, request) => ({ socket, request, secGpc: request.headers['sec-gpc'] }),
    log: options.log,
    onConnect: async (context) => {
      const { extra } = context;
      const { socket, request } = extra;
      extra.request = null;
      try {
        const token = takeToken(context);
        extra.claims = token === null ? null : await options.verify(token);
      } catch (error) {
        if (!(error instanceof AccessError)) socket.close(TRY_AGAIN_LATER, 'Tokens cannot be verified now');
        return false;
      }
      if (socket.readyState === socket.CLOSED) return false;
      extra.caller = options.callerOf(extra.claims, request!);
      if (!options.connections.admit(extra.caller, socket)) {
        socket.close(TOO_MANY_CONNECTIONS, 'Too many connections');
        return false;
      }
      if (extra.claims) {
        await options.onSignedIn(extra.claims, request!);
        const left = Math.min(extra.claims.exp * 1000 - Date.now(), LONGEST_TIMER_MS);
        extra.expiry = setTimeout(() => socket.close(FORBIDDEN, 'The token has expired'), left);
      }
      return true;
    },
    onDisconnect: ({ extra }) => clearTimeout(extra.expiry),
    onClose: ({ extra }) => extra.operations?.closeAll(),
    onSubscribe: async ({ extra }, id, params) => {
      extra.operations ??= new SocketOperations(LIMITS.subscriptionsPerSocket);
      const operation = extra.operations.begin(id);
      if (!operation) {
        const message = `A socket may hold ${LIMITS.subscriptionsPerSocket} operations at once.`;
        return [coded('SUBSCRIPTION_LIMIT_EXCEEDED', message)];
      }
      const prepared = await prepare(options.yoga, extra, operation, params);
      if (!Array.isArray(prepared)) return prepared;
      operation.refused();
      return operation.superseded ? standIn(operation) : prepared;
    },
    onError: (_context, _id, _payload, errors) => formatErrors(errors),
    execute: start,
    subscribe: start,
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== options.path) return refuse(socket, '404 Not Found');
    if (options.leaving()) return refuse(socket, '503 Service Unavailable');
    if (!originAllowed(request, options.allowedOrigins)) return refuse(socket, '403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request));
  });
  return sockets;
}

/** What is to be executed, or the errors that say why nothing is. */
async function prepare(
  yoga: WebSocketOptions['yoga'],
  extra: SocketExtra,
  operation: Operation,
  params: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const carrier: Carrier = { socket: extra.socket, id: operation.id };
  const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({ extra, carrier, params });
  try {
    const document = parse(params.query);
    // graphql-ws keeps the message as long as the operation: one text does for all who ask for the same.
    if (document.loc) Object.assign(params, { query: document.loc.source.body });
    const errors = validate(schema, document);
    if (errors.length > 0) return errors;
    const { operationName, variables: variableValues } = params;
    const asked = getOperationAST(document, operationName)?.operation;
    if (!asked) return [coded('OPERATION_RESOLUTION_FAILURE', 'Could not determine what operation to execute.')];
    const contextValue = await contextFactory();
    const run = asked === OperationTypeNode.SUBSCRIPTION ? subscribe : execute;
    const rootValue = operation.prepare(async () => {
      const outcome = await run({ schema, document, operationName, variableValues, contextValue });
      return throwRefusal(outcome instanceof SocketStream ? outcome.results : outcome);
    });
    return { document, operationName, rootValue } as never;
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** Its client is told nothing: by now the id stands for another operation. */
const standIn = (operation: Operation): ExecutionArgs =>
  ({ document: NOTHING, rootValue: operation.prepare(async () => ({ data: null })) }) as never;

const start = ({ rootValue }: ExecutionArgs) => (rootValue as Operation).start() as Promise<never>;

/** It is read once, and not kept. */
function takeToken(context: { readonly connectionParams?: Readonly<Record<string, unknown>> }): string | null {
  const { authorization, Authorization } = context.connectionParams ?? {};
  Object.assign(context, { connectionParams: undefined });
  return bearerToken(authorization ?? Authorization);
}

const coded = (code: string, message: string) => new GraphQLError(message, { extensions: { code } });

/** Other sites' pages may not open sockets here: browsers send no preflight for them, so the Origin is all there is. */
function originAllowed({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
