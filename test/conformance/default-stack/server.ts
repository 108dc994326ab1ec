/**
 * The stack as its own documentation puts it together: graphql-yoga with Pothos and scope-auth, and graphql-ws over
 * Yoga's envelope. Nothing is left out that the documentation asks for, and nothing is done to make it fail.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionArgs } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import { Pool } from 'pg';
import { type WebSocket, WebSocketServer } from 'ws';
import { listenForAnnouncements } from './announcements.ts';
import { type Context, subjectOf } from './context.ts';
import { schema } from './schema.ts';

interface SocketContext {
  connectionParams?: Readonly<Record<string, unknown>>;
}

const connectionString = process.env.DATABASE_URL!;
const pool = new Pool({ connectionString });
pool.on('error', () => {});
await pool.query(`
  create table if not exists consent (subject text, scope text, primary key (subject, scope));
  create table if not exists offer (id bigint generated always as identity primary key, title text not null)`);
await listenForAnnouncements(connectionString);

const yoga = createYoga<SocketContext, Context>({
  schema,
  logging: false,
  context: ({ request, connectionParams }) => ({
    pool,
    subject: subjectOf(connectionParams?.authorization ?? request?.headers.get('authorization')),
  }),
});

const server = createServer(yoga);
useServer<Record<string, unknown>, { socket: WebSocket; request: IncomingMessage }>(
  {
    execute: (args: ExecutionArgs) => (args.rootValue as Rooted).execute(args),
    subscribe: (args: ExecutionArgs) => (args.rootValue as Rooted).subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : (args as never);
    },
  },
  new WebSocketServer({ server, path: yoga.graphqlEndpoint }),
);

server.listen(0, '127.0.0.1', () => {
  console.log(`Ready http://127.0.0.1:${(server.address() as AddressInfo).port}${yoga.graphqlEndpoint}`);
});

interface Rooted {
  execute: (args: ExecutionArgs) => never;
  subscribe: (args: ExecutionArgs) => never;
}
