/** socket.io with a room per class: the packet is encoded once a room and event. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { renumbered, type Templates } from '../live-offers.ts';
import type { Peer } from './peer.ts';

const DAY_MS = 24 * 3_600_000;

export class SocketIoPeer implements Peer {
  #io!: Server;
  #templates: Templates = [];

  async listen(templates: Templates): Promise<number> {
    this.#templates = templates;
    const server = createServer();
    this.#io = new Server(server, { transports: ['websocket'], serveClient: false, pingInterval: DAY_MS });
    this.#io.on('connection', (socket) => {
      void socket.join(`class:${socket.handshake.query.class}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  publish(events: readonly number[]): void {
    for (const event of events) {
      for (const [consentClass, template] of this.#templates.entries()) {
        this.#io.to(`class:${consentClass}`).emit('offer', JSON.parse(renumbered(template, event)).payload.data);
      }
    }
  }
}
