/**
 * Verifies access tokens: signature against the JWKS, pinned algorithms, issuer, audience, type `at+jwt` (so that a
 * consent receipt never passes for a token) and expiry.
 */
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { AccessError, ServiceError } from '../errors.ts';
import { DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER, DEVELOPMENT_JWKS } from './development-issuer.ts';

const ALGORITHMS = ['EdDSA', 'ES256', 'PS256', 'RS256'];

const Claims = z.object({
  sub: z.string().min(1).max(255),
  role: z.enum(['FAN', 'PARTNER', 'STAFF', 'DEVICE']),
  exp: z.number(),
});
export type Claims = z.infer<typeof Claims>;
export type VerifyToken = (token: string) => Promise<Claims>;

/** jose's codes for what is wrong with the keys or with fetching them: no token is to blame for that. */
const KEYS_AT_FAULT = new Set<string>([
  errors.JOSEError.code,
  errors.JWKSInvalid.code,
  errors.JWKSTimeout.code,
  errors.JWKInvalid.code,
]);

/** @throws AccessError UNAUTHENTICATED, or ServiceError UNAVAILABLE when the JWKS cannot be fetched. */
export function createTokenVerifier(config: Config): VerifyToken {
  const keys: JWTVerifyGetKey = config.JWKS_URL
    ? createRemoteJWKSet(new URL(config.JWKS_URL))
    : createLocalJWKSet(DEVELOPMENT_JWKS);
  const options = {
    algorithms: config.JWKS_URL ? ALGORITHMS : ['EdDSA'],
    issuer: config.JWT_ISSUER ?? DEVELOPMENT_ISSUER,
    audience: config.JWT_AUDIENCE ?? DEVELOPMENT_AUDIENCE,
    typ: 'at+jwt',
    requiredClaims: ['sub', 'exp', 'role'],
  };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, options);
      return Claims.parse(payload);
    } catch (error) {
      if (!isTokenAtFault(error)) {
        throw new ServiceError('UNAVAILABLE', 'The keys that verify tokens cannot be reached.');
      }
      if (error instanceof errors.JWTExpired) throw tokenExpired();
      throw new AccessError('UNAUTHENTICATED', 'The token is not valid.');
    }
  };
}

const isTokenAtFault = (error: unknown) =>
  error instanceof z.ZodError || (error instanceof errors.JOSEError && !KEYS_AT_FAULT.has(error.code));

export const tokenExpired = () => new AccessError('UNAUTHENTICATED', 'The token has expired.');

/** The token of `Authorization: Bearer …`; null without one. @throws AccessError for any other scheme. */
export function bearerToken(authorization: unknown): string | null {
  if (authorization === undefined || authorization === null || authorization === '') return null;
  const match = typeof authorization === 'string' ? /^Bearer ([\w.~+/=-]+)$/i.exec(authorization.trim()) : null;
  if (!match) throw new AccessError('UNAUTHENTICATED', 'Authorization must be: Bearer, a space, and the token.');
  return match[1]!;
}
