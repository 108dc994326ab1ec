/** A real server on a port of its own, over a database of its own: tests enter through its front door. */
import type { DestinationStream } from 'pino';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { issueDevelopmentToken } from '../../src/identity/development-issuer.ts';
import { freshContext, type MakeEventContext } from '../../src/live/deliver.ts';
import { createLog } from '../../src/log.ts';
import { sowDemo } from '../../src/seed/demo.ts';
import { listen } from '../../src/server.ts';
import { createTestDatabase } from './database.ts';

// biome-ignore lint/suspicious/noExplicitAny: an answer's shape is the test's own business
export type Answer = { data?: any; errors?: { message: string; extensions: { code: string } }[]; extensions?: any };

export interface TestServer {
  readonly url: string;
  readonly databaseUrl: string;
  readonly services: Awaited<ReturnType<typeof createApp>>['services'];
  readonly schema: Awaited<ReturnType<typeof createApp>>['schema'];
  readonly hub: Awaited<ReturnType<typeof createApp>>['hub'];
  /** One operation over HTTP. */
  ask(token: string | null, query: string, variables?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  makeEventContext?: MakeEventContext;
  sharing?: boolean;
  shortcut?: boolean;
  settings?: Record<string, string>;
  /** Share another server's database: a second node. */
  databaseUrl?: string;
  /** Where the log goes, for a test that reads along. */
  log?: DestinationStream;
}

/** Tests ask for more as one viewer than anybody would. Those that mean to be refused say how little there is. */
const PLENTY = {
  COST_PER_MINUTE_ANONYMOUS: '1000000000',
  COST_PER_MINUTE_FAN: '1000000000',
  COST_PER_MINUTE_PARTNER: '1000000000',
  COST_PER_MINUTE_STAFF: '1000000000',
  COST_PER_MINUTE_DEVICE: '1000000000',
  CONNECTIONS_PER_VIEWER: '10000',
};

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.databaseUrl ? null : await createTestDatabase();
  const databaseUrl = options.databaseUrl ?? database!.url;
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'error',
    DRAIN_SECONDS: '0',
    ...PLENTY,
    ...options.settings,
  });
  const log = createLog(config.LOG_LEVEL, options.log);
  const { makeEventContext = freshContext, sharing = makeEventContext === freshContext, shortcut = true } = options;
  const app = await createApp({ config, databaseUrl, log, makeEventContext, sharing, shortcut });
  if (database) await sowDemo(app.services);
  const url = `${await listen(app.server, config)}/graphql`;
  return {
    url,
    databaseUrl,
    services: app.services,
    schema: app.schema,
    hub: app.hub,
    ask: async (token, query, variables) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },
    close: async () => {
      await app.close();
      await database?.drop();
    },
  };
}

export const tokenOf = issueDevelopmentToken;
