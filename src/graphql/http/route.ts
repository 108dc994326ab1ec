/**
 * The short way for plain operations: a query or mutation by POST in JSON, or a query by GET, answered in JSON. It runs
 * yoga's own pipeline (`getEnveloped`), so that every plugin and limit holds, and spares the request and response
 * objects around it. All else goes the long way: streams, other media types, and whatever is refused before it is
 * executed, so that it is refused in one place.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import type { YogaServerInstance } from 'graphql-yoga';
import { type MediaType, mediaTypeFor } from './accept.ts';
import { answer } from './answer.ts';
import { readBody } from './body.ts';
import { withBody } from './handover.ts';
import { isJson, type OperationRequest, readAddress, readJson } from './operation-request.ts';
import { RequestView } from './request-view.ts';

// biome-ignore lint/suspicious/noExplicitAny: yoga's context types are not of interest at the edge
type Yoga = YogaServerInstance<any, any>;

export interface GraphQLRouteOptions {
  readonly yoga: Yoga;
  readonly path: string;
  readonly maskError: (error: unknown) => Error;
  /** For the pages that may read answers; null for all others. */
  readonly corsHeaders: (request: IncomingMessage) => OutgoingHttpHeaders | null;
}

/** False for what is not its business. The length of a body has been looked at before. */
export function graphqlRoute(options: GraphQLRouteOptions) {
  const { yoga, path } = options;
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method, url, headers } = request;
    const type = mediaTypeFor(headers.accept);
    if (!type) return false;
    if (method === 'GET' && url!.startsWith(`${path}?`)) {
      try {
        const operation = readAddress(url!);
        if (!operation) return false;
        void execute(options, request, response, operation, type, request);
      } catch (error) {
        answer(response, { errors: [error as GraphQLError] }, type, options.corsHeaders(request) ?? {});
      }
      return true;
    }
    if (method !== 'POST' || url !== path || !isJson(request) || headers['content-encoding']) return false;
    readBody(request, (body) => {
      const operation = readJson(body);
      if (operation) void execute(options, request, response, operation, type, body);
      else void yoga(withBody(request, body), response);
    });
    return true;
  };
}

async function execute(
  { yoga, maskError, corsHeaders }: GraphQLRouteOptions,
  request: IncomingMessage,
  response: ServerResponse,
  params: OperationRequest,
  type: MediaType,
  sent: Buffer | IncomingMessage,
): Promise<void> {
  const enveloped = yoga.getEnveloped({ req: request, res: response, request: new RequestView(request), params });
  const { schema } = enveloped;
  const document = admit(enveloped, params);
  const operation = document && getOperationAST(document, params.operationName);
  if (!operation || !mayRun(operation.operation, request)) {
    void yoga(Buffer.isBuffer(sent) ? withBody(request, sent) : sent, response);
    return;
  }
  let result: ExecutionResult;
  try {
    const contextValue = await enveloped.contextFactory();
    const { variables: variableValues, operationName } = params;
    result = (await enveloped.execute({
      schema,
      document,
      contextValue,
      variableValues,
      operationName,
    })) as ExecutionResult;
  } catch (error) {
    const masked = maskError(error);
    result = { errors: [masked instanceof GraphQLError ? masked : new GraphQLError(masked.message)] };
  }
  answer(response, result, type, corsHeaders(request) ?? {});
}

/** The document, parsed and valid; null for any other, which the long way knows how to refuse. */
function admit({ schema, parse, validate }: ReturnType<Yoga['getEnveloped']>, { query }: OperationRequest) {
  try {
    const document = parse(query);
    return validate(schema, document).length === 0 ? document : null;
  } catch {
    return null;
  }
}

const mayRun = (operation: OperationTypeNode, { method }: IncomingMessage): boolean =>
  operation === OperationTypeNode.QUERY || (operation === OperationTypeNode.MUTATION && method === 'POST');
