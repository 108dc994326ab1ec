/** What a client asks, as GraphQL over HTTP sends it: read where it is well-formed, and null where it is not. */
import type { IncomingMessage } from 'node:http';
import { GraphQLError } from 'graphql';

export interface OperationRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
  readonly extensions?: Readonly<Record<string, unknown>> | null;
}

const PARAMETERS = new Set(['query', 'variables', 'operationName', 'extensions']);

export function readJson(body: Buffer): OperationRequest | null {
  try {
    const request = JSON.parse(body.toString('utf8'));
    return isWellFormed(request) ? request : null;
  } catch {
    return null;
  }
}

/** Of an address with a query: `/graphql?query=…`. @throws GraphQLError for variables or extensions that are no JSON. */
export function readAddress(url: string): OperationRequest | null {
  const given = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const request = {
    query: given.get('query') || undefined,
    variables: parseJson(given, 'variables'),
    operationName: given.get('operationName') || undefined,
    extensions: parseJson(given, 'extensions'),
  };
  return isWellFormed(request) ? request : null;
}

function parseJson(given: URLSearchParams, name: string): unknown {
  const text = given.get(name);
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    const extensions = { code: 'BAD_REQUEST', http: { status: 400 } };
    throw new GraphQLError(`The parameter "${name}" is no JSON.`, { extensions });
  }
}

export const isJson = ({ headers }: IncomingMessage): boolean => {
  const type = headers['content-type'];
  return (type === 'application/json' || type?.startsWith('application/json;')) === true;
};

function isWellFormed(request: unknown): request is OperationRequest {
  if (!isObject(request)) return false;
  for (const name in request) if (!PARAMETERS.has(name)) return false;
  const { query, variables, operationName, extensions } = request;
  return (
    typeof query === 'string' &&
    isObjectOrNothing(variables) &&
    (isNothing(operationName) || typeof operationName === 'string') &&
    isObjectOrNothing(extensions)
  );
}

const isNothing = (value: unknown) => value === undefined || value === null;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isObjectOrNothing = (value: unknown) => isNothing(value) || isObject(value);
