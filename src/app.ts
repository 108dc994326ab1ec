/** Puts the parts together by plain constructors: database, gate, live delivery, schema, transports. No side effects on import. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { Barrier, ConsentGate, isVeto, LeaseKeeper, Ledger, recordVeto } from './consent/index.ts';
import { type Context, createContext, type Services } from './context.ts';
import { connectOrm } from './db/orm.ts';
import { connectRedis } from './db/redis.ts';
import { type Caller, callerOf, createFairness, useFairness } from './fairness/index.ts';
import { usePlannedExecution } from './graphql/execution/index.ts';
import { corsHeaders, corsOptions } from './graphql/http/cors.ts';
import { graphqlRoute } from './graphql/http/route.ts';
import { createIdsFor, Seal } from './graphql/ids.ts';
import { LIMITS, useIntrospection, useLimits } from './graphql/limits.ts';
import { createErrorMask } from './graphql/mask-error.ts';
import { buildSchema } from './graphql/schema.ts';
import { requireLease, useSecondLook } from './graphql/second-look.ts';
import { useVerdicts } from './graphql/verdicts.ts';
import { identify } from './identity/identify.ts';
import { bearerToken, createTokenVerifier, tokenExpired } from './identity/tokens.ts';
import { ANONYMOUS } from './identity/viewer.ts';
import { freshContext, type MakeEventContext, useLiveDelivery } from './live/deliver.ts';
import { Drain } from './live/drain.ts';
import { Live } from './live/index.ts';
import { Hub } from './live/shared/hub.ts';
import { type SocketExtra, serveWebSockets } from './live/websocket.ts';
import { keepPruningPurchases } from './loyalty/index.ts';
import { ClaimQueue, keepPruningEngagement } from './offers/index.ts';
import { createReaders } from './readers.ts';
import { consentLogRoutes } from './web/consent-log.ts';
import { demoTabs } from './web/demo-tabs.ts';
import { gpcRoutes } from './web/gpc.ts';
import { graphiqlRoutes } from './web/graphiql.ts';
import { policyRoutes } from './web/policy-page.ts';
import { probeRoutes } from './web/probes.ts';

export interface App {
  readonly services: Services;
  readonly schema: GraphQLSchema;
  readonly orm: MikroORM;
  /** Null without sharing. */
  readonly hub: Hub | null;
  /** Not yet listening. */
  readonly server: Server;
  /** Drains, as `live/drain.ts` says, and lets go of everything. */
  close(): Promise<void>;
  /** A close under way waits for nobody any more. */
  hurry(): void;
}

export interface AppOptions {
  config: Config;
  databaseUrl: string;
  log: Logger;
  /** For the test that shows why each event has a context of its own. */
  makeEventContext?: MakeEventContext;
  /** For the test that compares what is shared with what is not. */
  sharing?: boolean;
  /** For the test that compares the short way of plain operations with the long one. */
  shortcut?: boolean;
}

const ENDPOINT = '/graphql';

export async function createApp({
  config,
  databaseUrl,
  log,
  makeEventContext = freshContext,
  sharing = makeEventContext === freshContext,
  shortcut = true,
}: AppOptions): Promise<App> {
  const orm = await connectOrm(databaseUrl, { transactionSeconds: config.TRANSACTION_SECONDS });
  const redis = config.REDIS_URL ? connectRedis(config.REDIS_URL, log) : null;
  const gate = new ConsentGate(orm);
  const lease = await LeaseKeeper.start(databaseUrl, gate, log);
  const seal = new Seal(config.MASTER_KEY, 'stream');
  const live = await Live.start({ orm, url: databaseUrl, redis, gate, lease, seal, log });
  const verify = createTokenVerifier(config);
  const ledger = await Ledger.start(orm, config.MASTER_KEY, log);
  const stopPruning = [keepPruningEngagement(orm, log), keepPruningPurchases(orm, log)];
  const services: Services = {
    orm,
    gate,
    barrier: new Barrier(orm),
    live,
    ledger,
    readers: createReaders(orm),
    idsFor: createIdsFor(config.MASTER_KEY),
    cursors: new Seal(config.MASTER_KEY, 'page'),
    codes: new Seal(config.MASTER_KEY, 'code'),
    claimCodes: new Seal(config.MASTER_KEY, 'claim code'),
    claimQueue: new ClaimQueue(orm),
    verify,
  };
  const schema = buildSchema();
  const hub = sharing ? new Hub(services) : null;
  const server = createServer();
  const drain = new Drain(server, config.DRAIN_SECONDS);

  const maskError = createErrorMask(log);
  const fairness = createFairness(config, redis);

  const yoga = createYoga<{ extra?: SocketExtra; req: IncomingMessage }, Context & { caller: Caller }>({
    schema,
    graphqlEndpoint: ENDPOINT,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    logging: false,
    cors: corsOptions(config.ALLOWED_ORIGINS),
    maskedErrors: { maskError },
    parserAndValidationCache: { validationCache: false },
    context: async ({ req, extra }) => {
      await requireLease(services);
      const token = extra ? null : bearerToken(req.headers.authorization);
      const claims = extra ? extra.claims : token && (await verify(token));
      // A socket may outlive its token: while the other side has not answered the close, or after the machine has slept.
      if (claims && claims.exp * 1000 <= Date.now()) throw tokenExpired();
      const viewer = claims ? await identify(orm.em.fork(), claims) : ANONYMOUS;
      const vetoes = isVeto(extra ? extra.secGpc : req.headers['sec-gpc']);
      if (vetoes) await recordVeto(services, viewer);
      // Streams on a socket end when it closes, so that clients hear 4403 and not that the stream is complete.
      const context = createContext(services, viewer, claims && !extra ? claims.exp * 1000 : null, vetoes);
      return { ...context, caller: extra?.caller ?? callerOf(claims || null, req, config.TRUSTED_PROXIES) };
    },
    plugins: [
      usePlannedExecution(),
      useVerdicts(),
      useLimits(),
      useIntrospection(config.INTROSPECTION),
      useSecondLook(services),
      useLiveDelivery({ services, makeContext: makeEventContext, maskError, hub }),
      drain.watchSockets(),
      useFairness(fairness),
    ],
  });

  const routes = [
    probeRoutes({ orm, gate, live, drain, sockets: () => sockets.clients.size }),
    policyRoutes(orm, schema),
    gpcRoutes,
    consentLogRoutes(orm, ledger.jwks, log),
    ...(config.GRAPHIQL
      ? [
          graphiqlRoutes({
            endpoint: ENDPOINT,
            tabs: () => demoTabs(services, config),
            onError: (err) => log.warn({ err }, 'GraphiQL could not be shown'),
          }),
        ]
      : []),
  ];
  const shortWay = shortcut
    ? graphqlRoute({ yoga, path: ENDPOINT, maskError, corsHeaders: corsHeaders(config.ALLOWED_ORIGINS) })
    : () => false;
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (routes.some((route) => route(req, res)) || refuseBody(req, res) || shortWay(req, res)) return;
    void yoga(req, res);
  });
  const sockets = serveWebSockets(server, {
    yoga,
    verify,
    path: ENDPOINT,
    allowedOrigins: config.ALLOWED_ORIGINS,
    leaving: () => drain.leaving,
    callerOf: (claims, request) => callerOf(claims, request, config.TRUSTED_PROXIES),
    connections: fairness.connections,
    log,
    onSignedIn: async (claims, { headers }) => {
      if (isVeto(headers['sec-gpc'])) await recordVeto(services, await identify(orm.em.fork(), claims));
    },
  });

  return {
    services,
    schema,
    orm,
    hub,
    server,
    close: async () => {
      for (const stop of stopPruning) stop();
      await drain.leave(sockets);
      await Promise.all([live.close(), ledger.close()]);
      await lease.close();
      redis?.disconnect();
      await orm.close(true);
    },
    hurry: () => drain.hurry(),
  };
}

/** A body without a length could be endless; one that is too long is not read. */
function refuseBody(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.method !== 'POST') return false;
  const length = req.headers['content-length'];
  if (length !== undefined && Number(length) <= LIMITS.messageBytes) return false;
  const status = length === undefined ? 411 : 413;
  const message = length === undefined ? 'Send a Content-Length.' : `A body may have ${LIMITS.messageBytes} bytes.`;
  const errors = [{ message, extensions: { code: 'MESSAGE_SIZE_LIMIT_EXCEEDED' } }];
  res.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ errors }));
  return true;
}
