/**
 * Messages of graphql-ws as bytes on the wire, for many sockets: each differs from the others of its class only in the
 * subscription's id, which is copied into a scratch that all with an id of that length share.
 *
 * The frame is that of RFC 6455, section 5.2: one unfragmented, unmasked text frame a message.
 */

import type { ExecutionResult } from 'graphql';
import { MessageType, stringifyMessage } from 'graphql-ws';

const BEFORE_ID = Buffer.from('{"id":');
const TEXT_FRAME = 0x81;

/** A subscription's id as it stands in a message, quotes included. */
export const idBytes = (id: string): Buffer => Buffer.from(JSON.stringify(id));

/** What follows the id in the message that carries a result, as graphql-ws itself writes it. */
export function messageTail(result: ExecutionResult): Buffer {
  const message = stringifyMessage({ id: '-', type: MessageType.Next, payload: { ...result } as never });
  return Buffer.from(message.slice('{"id":"-"'.length));
}

interface Scratch {
  readonly bytes: Buffer;
  readonly idsAt: readonly number[];
}

/** One or more messages, sent in one write. */
export class Frames {
  readonly #tails: readonly Buffer[];
  readonly #scratches = new Map<number, Scratch>();

  constructor(tails: readonly Buffer[]) {
    this.#tails = tails;
  }

  /** The bytes for a subscription; good until the next call with an id of the same length. */
  of(id: Buffer): Buffer {
    let scratch = this.#scratches.get(id.length);
    if (!scratch) {
      scratch = this.#lay(id.length);
      this.#scratches.set(id.length, scratch);
    }
    for (const at of scratch.idsAt) scratch.bytes.set(id, at);
    return scratch.bytes;
  }

  /** Somebody still holds the bytes: the next call gets others. */
  abandon(id: Buffer): void {
    this.#scratches.delete(id.length);
  }

  /** The messages without their frames, for a socket that frames by itself. */
  *messages(id: Buffer): Iterable<Buffer> {
    for (const tail of this.#tails) yield Buffer.concat([BEFORE_ID, id, tail]);
  }

  #lay(idLength: number): Scratch {
    const idsAt: number[] = [];
    const parts: Buffer[] = [];
    let at = 0;
    for (const tail of this.#tails) {
      const header = frameHeader(BEFORE_ID.length + idLength + tail.length);
      idsAt.push(at + header.length + BEFORE_ID.length);
      parts.push(header, BEFORE_ID, Buffer.alloc(idLength), tail);
      at += header.length + BEFORE_ID.length + idLength + tail.length;
    }
    // Of its own memory, not of a pool: a socket may hold on to it.
    const bytes = Buffer.allocUnsafeSlow(at);
    Buffer.concat(parts, at).copy(bytes);
    return { bytes, idsAt };
  }
}

function frameHeader(length: number): Buffer {
  if (length < 126) return Buffer.from([TEXT_FRAME, length]);
  if (length < 65_536) return Buffer.from([TEXT_FRAME, 126, length >> 8, length & 0xff]);
  const header = Buffer.alloc(10);
  header[0] = TEXT_FRAME;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
