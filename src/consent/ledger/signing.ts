/**
 * The installation's signing key and what it signs: JWS in compact form whose payload is RFC 8785 JSON, with one pinned
 * algorithm, a pinned type for each kind of statement, and the RFC 7638 thumbprint of the key as key id. The issuer is
 * the key itself (RFC 9278), so that a statement names nothing that could change hands.
 */
import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import {
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  exportJWK,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { z } from 'zod';
import { canonicalJson, type Json } from './canonical-json.ts';

/** Ed25519 (RFC 8037), under the name that every JOSE library knows. */
export const ALGORITHM = 'EdDSA';
/** None is `at+jwt`, so none passes as an access token, nor one as another. */
export const RECEIPT_TYPE = 'consent-receipt+jwt';
export const CERTIFICATE_TYPE = 'erasure-certificate+jwt';
export const HEAD_TYPE = 'consent-log-head+jwt';
export type StatementType = typeof RECEIPT_TYPE | typeof CERTIFICATE_TYPE | typeof HEAD_TYPE;

/** The DER prefix of an Ed25519 private key (RFC 8410); the 32 bytes of the seed follow. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

export const issuerOf = (kid: string): string => `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${kid}`;

export class Signer {
  readonly #key: KeyObject;
  readonly kid: string;
  readonly issuer: string;
  readonly jwks: JSONWebKeySet;

  private constructor(key: KeyObject, publicJwk: JWK, kid: string) {
    this.#key = key;
    this.kid = kid;
    this.issuer = issuerOf(kid);
    this.jwks = { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: 'sig' }] };
  }

  /** The same master key gives the same key on every node. */
  static async derive(masterKey: string): Promise<Signer> {
    const seed = Buffer.from(hkdfSync('sha256', masterKey, 'tightrope', 'ledger signature', 32));
    const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
    const { d: _, ...publicJwk } = await exportJWK(key);
    return new Signer(key, publicJwk, await calculateJwkThumbprint(publicJwk, 'sha256'));
  }

  /** Deterministic: the same payload gives the same statement, today and in a year. */
  sign(typ: StatementType, payload: { readonly [name: string]: Json }): Promise<string> {
    return new CompactSign(Buffer.from(canonicalJson(payload)))
      .setProtectedHeader({ alg: ALGORITHM, kid: this.kid, typ })
      .sign(this.#key);
  }
}

/** Why a statement cannot be believed. */
export class StatementError extends Error {}

/** The payload, unparsed beyond JSON. @throws StatementError for any flaw of form, key or signature. */
export async function openStatement(jws: string, typ: StatementType, jwks: JSONWebKeySet): Promise<unknown> {
  const keys = createLocalJWKSet(jwks);
  const { payload, protectedHeader } = await compactVerify(jws, keys, { algorithms: [ALGORITHM] }).catch((error) => {
    throw new StatementError(`the signature does not hold: ${(error as Error).message}`);
  });
  if (protectedHeader.typ !== typ) throw new StatementError(`its type is ${protectedHeader.typ}, not ${typ}`);
  const { kid } = protectedHeader;
  const key = jwks.keys.find((candidate) => candidate.kid === kid);
  if (!kid || !key) throw new StatementError('it names no key, or one that is not in the JWKS');
  if ((await calculateJwkThumbprint(key, 'sha256')) !== kid) {
    throw new StatementError('its key id is not the thumbprint of the key');
  }
  const text = Buffer.from(payload).toString();
  const value = parse(text);
  if (canonicalJson(value) !== text) throw new StatementError('its payload is not canonical (RFC 8785)');
  const { data } = z.looseObject({ iss: z.string() }).safeParse(value);
  if (data?.iss !== issuerOf(kid)) throw new StatementError('its issuer is not the key that signed it');
  return value;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new StatementError('its payload is not JSON');
  }
}
