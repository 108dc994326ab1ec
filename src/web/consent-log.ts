/**
 * What a stranger needs in order to check the ledger: `/.well-known/jwks.json` (the keys that verify receipts and heads)
 * and `/.well-known/consent-log` (signed heads, leaves, proofs of inclusion and consistency). Each answer is JSON that
 * `npm run verify` reads as it is.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { findHead, findHeads, findLeaves, proveConsistency, proveInclusion } from '../consent/ledger/index.ts';
import { CodedError, InputError, NotFoundError } from '../errors.ts';

const LOG = '/.well-known/consent-log';
const JWKS = '/.well-known/jwks.json';

type Answer = (em: SqlEntityManager, query: URLSearchParams) => Promise<object>;

const ANSWERS: Readonly<Record<string, Answer>> = {
  [LOG]: async (em) => ({
    tree: 'RFC 6962',
    hash: 'SHA-256',
    leaf: "HMAC-SHA-256(salt, entry): a receipt's salt, and its entry as RFC 8785 JSON",
    jwks: JWKS,
    heads: `${LOG}/heads?from={size}`,
    leaves: `${LOG}/leaves?from={index}`,
    inclusion: `${LOG}/inclusion?leaf={leaf}&size={size}`,
    consistency: `${LOG}/consistency?from={size}&to={size}`,
    head: await findHead(em),
  }),
  [`${LOG}/heads`]: (em, query) => findHeads(em, readSize(query, 'from') ?? 0),
  [`${LOG}/leaves`]: (em, query) => findLeaves(em, readSize(query, 'from') ?? 0),
  [`${LOG}/inclusion`]: (em, query) => proveInclusion(em, readLeaf(query), readSize(query, 'size')),
  [`${LOG}/consistency`]: (em, query) => proveConsistency(em, readSize(query, 'from') ?? 0, readSize(query, 'to')),
};

export function consentLogRoutes(
  orm: MikroORM,
  jwks: JSONWebKeySet,
  log: Logger,
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const answers: Readonly<Record<string, Answer>> = { ...ANSWERS, [JWKS]: async () => jwks };
  return (req, res) => {
    if (req.method !== 'GET') return false;
    const [path, query] = (req.url ?? '').split('?', 2) as [string, string | undefined];
    const answer = Object.hasOwn(answers, path) && answers[path];
    if (!answer) return false;
    // Public, and the same for everyone: any page may read it.
    const send = (status: number, body: object) =>
      res
        .writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
        .end(JSON.stringify(body));
    const asked = async () => answer(orm.em.fork(), new URLSearchParams(query));
    asked().then(
      (body) => send(200, body),
      (error) => {
        if (!(error instanceof CodedError)) log.error({ err: error }, 'the consent log could not be read');
        if (error instanceof CodedError) send(statusOf(error), { code: error.code, message: error.message });
        else send(500, { code: 'UNAVAILABLE', message: 'The log cannot be read now.' });
      },
    );
    return true;
  };
}

function statusOf(error: CodedError): number {
  if (error instanceof InputError) return 400;
  return error instanceof NotFoundError ? 404 : 503;
}

function readSize(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new InputError(`${name} must be a whole number.`, name);
  return Number(value);
}

function readLeaf(query: URLSearchParams): Buffer {
  const value = query.get('leaf') ?? '';
  if (!/^[\w-]{43}$/.test(value)) throw new InputError('leaf must be 32 bytes in base64url.', 'leaf');
  return Buffer.from(value, 'base64url');
}
