/** A request whose body was read already, for whoever wants to read it once more. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

export function withBody({ method, url, headers, socket }: IncomingMessage, body: Buffer): IncomingMessage {
  const again = Readable.from(body.length > 0 ? [body] : [], { objectMode: false });
  return Object.assign(again, { method, url, headers, socket }) as unknown as IncomingMessage;
}
