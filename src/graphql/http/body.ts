/** The body of a request, of a length that was looked at before. */
import type { IncomingMessage } from 'node:http';

/** `then` is not called when the client goes away before it has sent everything. */
export function readBody(request: IncomingMessage, then: (body: Buffer) => void): void {
  let first: Buffer | null = null;
  let more: Buffer[] | null = null;
  request.on('data', (chunk: Buffer) => {
    if (!first) first = chunk;
    else if (more) more.push(chunk);
    else more = [first, chunk];
  });
  request.on('end', () => then(more ? Buffer.concat(more) : (first ?? Buffer.alloc(0))));
}
