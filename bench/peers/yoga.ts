/** graphql-yoga with its own pub/sub, on WebSocket through graphql-ws as yoga's documentation wires it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionArgs } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import type { Templates } from '../live-offers.ts';
import { classIn, type Peer } from './peer.ts';
import { Events, type Listener, SDL, TOPIC } from './schema.ts';

export class YogaPeer implements Peer {
  readonly #pubSub = createPubSub<{ [TOPIC]: [event: object] }>();
  #events!: Events;

  async listen(templates: Templates): Promise<number> {
    this.#events = new Events(templates);
    const schema = createSchema({
      typeDefs: SDL,
      resolvers: {
        Subscription: {
          liveOffers: { subscribe: () => this.#pubSub.subscribe(TOPIC), resolve: (event: object) => event },
        },
        LiveOfferEvent: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
        OfferAnnounced: this.#events.resolvers,
      } as never,
    });
    // biome-ignore lint/suspicious/noExplicitAny: as in yoga's documentation
    const yoga = createYoga<any>({
      schema,
      logging: false,
      context: ({ extra }): Listener => ({ consentClass: classIn(extra.request) }),
    });
    const server = createServer(yoga);
    const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint });
    useServer(
      {
        // biome-ignore lint/suspicious/noExplicitAny: as in yoga's documentation
        execute: (args: any) => args.rootValue.execute(args),
        // biome-ignore lint/suspicious/noExplicitAny: as in yoga's documentation
        subscribe: (args: any) => args.rootValue.subscribe(args),
        onSubscribe: async (context, _, params) => {
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
          return errors.length > 0 ? errors : (args as ExecutionArgs);
        },
      },
      sockets,
      0,
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  publish(events: readonly number[]): void {
    for (const event of events) this.#pubSub.publish(TOPIC, this.#events.of(event));
  }
}
