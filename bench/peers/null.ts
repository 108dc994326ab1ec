/**
 * No server at all, as far as one can: no WebSocket library, one ready buffer per class, one write per socket. It shows
 * what the load generator can take, and so that it is not what is measured with the others.
 */
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { renumbered, type Templates } from '../live-offers.ts';
import { classIn, type Peer } from './peer.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const ACKNOWLEDGED = '{"type":"connection_ack"}';

export class NullPeer implements Peer {
  readonly #sockets: { socket: Socket; consentClass: number }[] = [];
  #templates: Templates = [];

  async listen(templates: Templates): Promise<number> {
    this.#templates = templates;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (request) => this.#welcome(socket, request.toString('latin1')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  publish(events: readonly number[]): void {
    for (const event of events) {
      const frames = this.#templates.map((template) => frameOf(renumbered(template, event)));
      for (const { socket, consentClass } of this.#sockets) socket.write(frames[consentClass]!);
    }
  }

  #welcome(socket: Socket, request: string): void {
    const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1];
    const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.once('data', () => {
      this.#sockets.push({ socket, consentClass: classIn({ url: request.split(' ', 2)[1]! }) });
      socket.write(frameOf(ACKNOWLEDGED));
      socket.resume();
    });
  }
}

function frameOf(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? Buffer.alloc(2) : Buffer.alloc(4);
  header[0] = 0x81;
  if (payload.length < 126) header[1] = payload.length;
  else {
    header[1] = 126;
    header.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([header, payload]);
}
