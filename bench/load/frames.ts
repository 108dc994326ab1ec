/**
 * WebSocket frames as a server sends them (RFC 6455): cut out of whatever a read brought, without copying what came
 * whole. Nothing is unmasked, for servers do not mask, and nothing is decoded.
 */
export interface FrameReader {
  text(buffer: Buffer, start: number, end: number): void;
  ping(): void;
  closed(code: number): void;
}

const CLOSE = 0x8;
const PING = 0x9;
const TEXT = 0x1;

/** Hands out every whole frame; what is left of the last one, the caller keeps for the next read. */
export function readFrames(buffer: Buffer, length: number, reader: FrameReader): Buffer | null {
  let at = 0;
  while (length - at >= 2) {
    const opcode = buffer[at]! & 0x0f;
    let size = buffer[at + 1]! & 0x7f;
    let start = at + 2;
    if (size === 126) {
      if (length - at < 4) break;
      size = (buffer[at + 2]! << 8) | buffer[at + 3]!;
      start = at + 4;
    } else if (size === 127) {
      if (length - at < 10) break;
      size = buffer.readUInt32BE(at + 6);
      start = at + 10;
    }
    const end = start + size;
    if (end > length) break;
    if (opcode === TEXT) reader.text(buffer, start, end);
    else if (opcode === PING) reader.ping();
    else if (opcode === CLOSE) reader.closed(size >= 2 ? (buffer[start]! << 8) | buffer[start + 1]! : 1005);
    at = end;
  }
  return at === length ? null : Buffer.from(buffer.subarray(at, length));
}

/** One frame as a client sends it. Clients must mask; a mask of zeros is one. */
export function maskedFrame(opcode: number, text = ''): Buffer {
  const payload = Buffer.from(text);
  const short = payload.length < 126;
  const header = Buffer.alloc(short ? 6 : 8);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | (short ? payload.length : 126);
  if (!short) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}
