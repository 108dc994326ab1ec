/** A contestant's server process: `node main.ts NAME`. */
import { now, serveParent } from '../process/serve.ts';
import type { Peer } from './peer.ts';

const PEERS: Readonly<Record<string, () => Promise<Peer>>> = {
  null: async () => new (await import('./null.ts')).NullPeer(),
  raw: async () => new (await import('./raw.ts')).RawPeer(),
  yoga: async () => new (await import('./yoga.ts')).YogaPeer(),
  mercurius: async () => new (await import('./mercurius.ts')).MercuriusPeer(),
  'graphql-subscriptions': async () => new (await import('./graphql-subscriptions.ts')).GraphQLSubscriptionsPeer(),
  'socket.io': async () => new (await import('./socket-io.ts')).SocketIoPeer(),
};

const peer = await PEERS[process.argv[2]!]!();

serveParent({
  listen: (templates: string[]) => peer.listen(templates),
  publish: (events: number[]) => {
    const at = now();
    peer.publish(events);
    return at;
  },
});
