/** Signed heads: a statement of how many entries the log has and which root they hash to. Two of them can be compared. */
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { HEAD_TYPE, openStatement, type Signer, StatementError } from './signing.ts';
import type { Hash } from './tree.ts';

export interface Head {
  readonly size: number;
  readonly root: Hash;
  /** To the second. */
  readonly at: Date;
}

const HeadPayload = z.strictObject({
  iss: z.string(),
  iat: z.int().min(0),
  size: z.int().min(0),
  root: z.string().regex(/^[\w-]{43}$/),
});

export const signHead = (signer: Signer, { size, root, at }: Head): Promise<string> =>
  signer.sign(HEAD_TYPE, {
    iss: signer.issuer,
    iat: Math.floor(at.getTime() / 1000),
    size,
    root: root.toString('base64url'),
  });

/** @throws StatementError. */
export async function openHead(jws: string, jwks: JSONWebKeySet): Promise<Head> {
  const payload = HeadPayload.safeParse(await openStatement(jws, HEAD_TYPE, jwks));
  if (!payload.success) throw new StatementError('it is not a signed head');
  const { iat, size, root } = payload.data;
  return { size, root: Buffer.from(root, 'base64url'), at: new Date(iat * 1000) };
}
