/**
 * The built-in issuer of development tokens. Its key is a constant that anyone can read, and the configuration refuses
 * it with NODE_ENV=production.
 */
import { importJWK, SignJWT } from 'jose';
import type { Role } from './viewer.ts';

export const DEVELOPMENT_ISSUER = 'https://development.tightrope.invalid';
export const DEVELOPMENT_AUDIENCE = 'tightrope';

const PUBLIC_JWK = {
  kty: 'OKP',
  crv: 'Ed25519',
  alg: 'EdDSA',
  use: 'sig',
  kid: 'development',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
/** The key pair of RFC 8037, appendix A: as public as a key can be. */
const PRIVATE_JWK = { ...PUBLIC_JWK, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' };

export const DEVELOPMENT_JWKS = { keys: [PUBLIC_JWK] };

/** An access token (RFC 9068). `expiresIn` is a span in jose's notation, such as `12h`. */
export async function issueDevelopmentToken(
  role: Exclude<Role, 'ANONYMOUS'>,
  subject: string,
  expiresIn = '12h',
): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: PUBLIC_JWK.kid })
    .setIssuer(DEVELOPMENT_ISSUER)
    .setAudience(DEVELOPMENT_AUDIENCE)
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(await importJWK(PRIVATE_JWK, 'EdDSA'));
}
