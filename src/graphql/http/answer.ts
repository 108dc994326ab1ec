/**
 * An execution's result as an HTTP answer. What an error says of HTTP (`extensions.http`) decides status and headers, and
 * is not shown. Otherwise: in `application/json` everything that is an answer has 200; in `application/graphql-response+json`
 * an answer without data has the status of its error.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { MediaType } from './accept.ts';

interface HttpExtension {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /** That the protocol has a rule for it: in `application/json` that is 200. */
  readonly spec?: boolean;
}

const STATUSES: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

export function answer(
  response: ServerResponse,
  result: ExecutionResult,
  type: MediaType,
  headers: OutgoingHttpHeaders,
): void {
  const { errors } = result;
  const isPlain = errors === undefined || errors.length === 0;
  const said = isPlain ? null : httpOf(errors, type);
  const body = JSON.stringify(isPlain ? result : { ...result, errors: errors.map(outward) });
  const status = said?.status ?? (isPlain || type === 'application/json' || 'data' in result ? 200 : statusOf(errors));
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': length,
    ...headers,
    ...said?.headers,
  });
  // A byte for each letter: then the two encodings are one, and this one is a copy.
  response.end(body, length === body.length ? 'latin1' : 'utf8');
}

/** The greatest status that an error asks for, and all of their headers. */
function httpOf(errors: readonly GraphQLError[], type: MediaType): HttpExtension {
  let status: number | undefined;
  const headers: OutgoingHttpHeaders = {};
  for (const { extensions } of errors) {
    const http = extensions?.http as HttpExtension | undefined;
    if (!http) continue;
    Object.assign(headers, http.headers);
    if (type === 'application/json' && http.spec) continue;
    if (http.status && http.status > (status ?? 0)) status = http.status;
  }
  return { ...(status === undefined ? {} : { status }), headers };
}

const statusOf = (errors: readonly GraphQLError[]): number =>
  Math.max(...errors.map(({ extensions }) => STATUSES[String(extensions?.code)] ?? 400));

function outward(error: unknown): unknown {
  if (!(error instanceof GraphQLError)) return error;
  const { extensions, ...shown } = error.toJSON();
  const { http, unexpected, ...rest } = (extensions ?? {}) as Record<string, unknown>;
  return Object.keys(rest).length > 0 ? { ...shown, extensions: rest } : shown;
}
