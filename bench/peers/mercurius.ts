/** mercurius on Fastify, with its own pub/sub and its own WebSocket transport, compiling what it can (`jit`). */
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import mercurius from 'mercurius';
import type { Templates } from '../live-offers.ts';
import { classIn, type Peer } from './peer.ts';
import { Events, type Listener, SDL, TOPIC } from './schema.ts';

export class MercuriusPeer implements Peer {
  #app!: FastifyInstance;
  #events!: Events;

  async listen(templates: Templates): Promise<number> {
    this.#events = new Events(templates);
    this.#app = fastify();
    await this.#app.register(mercurius, {
      schema: SDL,
      jit: 1,
      resolvers: {
        Subscription: {
          liveOffers: {
            subscribe: (_: unknown, __: unknown, { pubsub }: { pubsub: mercurius.PubSub }) => pubsub.subscribe(TOPIC),
          },
        },
        LiveOfferEvent: { resolveType: ({ __typename }: { __typename: string }) => __typename },
        OfferAnnounced: this.#events.resolvers,
      } as never,
      subscription: {
        context: (_socket: unknown, request: { raw: { url?: string } }): Listener => ({
          consentClass: classIn(request.raw),
        }),
      } as never,
    });
    await this.#app.listen({ port: 0, host: '127.0.0.1' });
    return (this.#app.server.address() as AddressInfo).port;
  }

  publish(events: readonly number[]): void {
    for (const event of events) {
      this.#app.graphql.pubsub.publish({ topic: TOPIC, payload: { [TOPIC]: this.#events.of(event) } });
    }
  }
}
