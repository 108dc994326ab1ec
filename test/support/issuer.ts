/** An identity provider of one's own: tokens signed with keys made for the test, and a JWKS over HTTP to verify them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';

type Header = Record<string, unknown>;
type Claims = Record<string, unknown>;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
  readonly publicPem: string;
}

export interface Issuer {
  /** The environment of a server that trusts it. */
  readonly settings: Record<string, string>;
  /** How often its keys were asked for. */
  readonly asked: number;
  publish(...keys: SigningKey[]): void;
  /** Instead of its keys, from now on; null: its keys again. */
  answerWith(answer: { status: number; body: string } | null): void;
  /** Good for an hour, but for what is given; undefined leaves a claim or a header out. */
  sign(key: SigningKey, claims: Claims, header?: Header): Promise<string>;
  close(): Promise<void>;
}

const AUDIENCE = 'the-club';

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) };
}

export async function startIssuer(...keys: SigningKey[]): Promise<Issuer> {
  let [published, asked, instead]: [SigningKey[], number, { status: number; body: string } | null] = [keys, 0, null];
  const server = createServer((_, res) => {
    asked += 1;
    const body = JSON.stringify({ keys: published.map(({ publicJwk }) => publicJwk) });
    res.writeHead(instead?.status ?? 200, { 'content-type': 'application/json' }).end(instead?.body ?? body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    settings: { JWKS_URL: `${url}/jwks`, JWT_ISSUER: url, JWT_AUDIENCE: AUDIENCE },
    get asked() {
      return asked;
    },
    publish: (...more) => {
      published = more;
    },
    answerWith: (answer) => {
      instead = answer;
    },
    sign: (key, claims, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: url, aud: AUDIENCE, iat: now, exp: now + 3600, ...claims })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
        .sign(key.privateKey);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
