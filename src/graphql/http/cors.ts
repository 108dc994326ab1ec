/**
 * Pages of the origins listed may read what the API answers; tokens are theirs to send, and there are no cookies. All
 * others hear nothing: yoga's own list tells them `null`, which is what a frame in a sandbox is called.
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { YogaServerOptions } from 'graphql-yoga';

const METHODS = ['GET', 'POST'];

/** For what yoga answers, preflights among it. */
export function corsOptions(origins: readonly string[]): YogaServerOptions<object, object>['cors'] {
  if (origins.length === 0) return false;
  return (request: Request) => {
    const origin = request.headers.get('origin');
    return origin !== null && origins.includes(origin)
      ? { origin: [origin], methods: METHODS, credentials: false }
      : false;
  };
}

/** The same for what is answered without it. */
export function corsHeaders(origins: readonly string[]) {
  return ({ headers }: IncomingMessage): OutgoingHttpHeaders | null => {
    const { origin } = headers;
    if (origin === undefined || !origins.includes(origin)) return null;
    const asked = headers['access-control-request-headers'];
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': METHODS.join(', '),
      ...(asked === undefined ? {} : { 'access-control-allow-headers': asked, vary: 'Access-Control-Request-Headers' }),
    };
  };
}
