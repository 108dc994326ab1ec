/** graphql-subscriptions' in-memory pub/sub under graphql-ws with a bare schema. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import type { Templates } from '../live-offers.ts';
import { classIn, type Peer } from './peer.ts';
import { Events, type Listener, SDL, TOPIC } from './schema.ts';

export class GraphQLSubscriptionsPeer implements Peer {
  readonly #pubSub = new PubSub();
  #events!: Events;

  async listen(templates: Templates): Promise<number> {
    this.#events = new Events(templates);
    const schema = createSchema({
      typeDefs: SDL,
      resolvers: {
        Subscription: {
          liveOffers: { subscribe: () => this.#pubSub.asyncIterableIterator(TOPIC), resolve: (event: object) => event },
        },
        LiveOfferEvent: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
        OfferAnnounced: this.#events.resolvers,
      } as never,
    });
    const server = createServer();
    const sockets = new WebSocketServer({ server, path: '/graphql' });
    const context = ({ extra }: { extra: { request: { url?: string } } }): Listener => ({
      consentClass: classIn(extra.request),
    });
    useServer({ schema, context: context as never }, sockets, 0);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  publish(events: readonly number[]): void {
    for (const event of events) void this.#pubSub.publish(TOPIC, this.#events.of(event));
  }
}
