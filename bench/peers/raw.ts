/** A broadcast with `ws` and nothing else: the frame of each class is made once an event, and sent to each socket. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { renumbered, type Templates } from '../live-offers.ts';
import { classIn, type Peer } from './peer.ts';

export class RawPeer implements Peer {
  readonly #sockets: { socket: WebSocket; consentClass: number }[] = [];
  #templates: Templates = [];

  async listen(templates: Templates): Promise<number> {
    this.#templates = templates;
    const server = createServer();
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    sockets.on('connection', (socket, request) => {
      this.#sockets.push({ socket, consentClass: classIn(request) });
      socket.on('error', () => {});
      // As the handshake of the others: something has been heard, and the subscriber counts.
      socket.once('message', () => socket.send('{"type":"connection_ack"}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  publish(events: readonly number[]): void {
    for (const event of events) {
      const frames = this.#templates.map((template) => Buffer.from(renumbered(template, event)));
      for (const { socket, consentClass } of this.#sockets) socket.send(frames[consentClass]!, { binary: false });
    }
  }
}
