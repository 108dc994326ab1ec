/**
 * Receipts: JWS statements, of type `consent-receipt+jwt`, of one act. A receipt carries the whole entry and its salt,
 * so its holder can compute the leaf and look for it in the public log. It carries neither audience nor expiry nor
 * role, and a type that is not a token's: nobody may take it for an access token. Of an erasure the receipt is called a
 * certificate, of type `erasure-certificate+jwt`: the only copy of what opens that entry is in the fan's hand.
 */
import { decodeProtectedHeader, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { Json } from './canonical-json.ts';
import { Entry } from './entry.ts';
import { leafOf } from './sealing.ts';
import { CERTIFICATE_TYPE, openStatement, RECEIPT_TYPE, type Signer, StatementError } from './signing.ts';

export interface Receipt {
  /** The act's. */
  readonly id: string;
  readonly jws: string;
}

export interface OpenedReceipt {
  readonly entry: Entry;
  /** What stands in the log for it. */
  readonly leaf: Buffer;
}

const ReceiptPayload = z.strictObject({
  iss: z.string(),
  sub: z.string(),
  jti: z.uuid(),
  iat: z.int(),
  salt: z.string().regex(/^[\w-]{43}$/),
  entry: Entry,
});

export async function signReceipt(signer: Signer, entry: Entry, salt: Uint8Array): Promise<Receipt> {
  const jws = await signer.sign(typeOf(entry), {
    iss: signer.issuer,
    ...claimsOf(entry),
    salt: Buffer.from(salt).toString('base64url'),
    entry: entry as unknown as Json,
  });
  return { id: entry.record_id, jws };
}

/** @throws StatementError for a flaw of form or signature, and where type, claims and entry contradict each other. */
export async function openReceipt(jws: string, jwks: JSONWebKeySet): Promise<OpenedReceipt> {
  const type = claimsToBeCertificate(jws) ? CERTIFICATE_TYPE : RECEIPT_TYPE;
  const parsed = ReceiptPayload.safeParse(await openStatement(jws, type, jwks));
  if (!parsed.success) throw new StatementError('it is not a consent receipt');
  const { entry, salt, sub, jti, iat } = parsed.data;
  if (typeOf(entry) !== type) throw new StatementError('its type contradicts its entry');
  const expected = claimsOf(entry);
  if (sub !== expected.sub || jti !== expected.jti || iat !== expected.iat) {
    throw new StatementError('its claims contradict its entry');
  }
  return { entry, leaf: leafOf(Buffer.from(salt, 'base64url'), entry) };
}

const typeOf = ({ event }: Entry) => (event.action === 'ERASED' ? CERTIFICATE_TYPE : RECEIPT_TYPE);

/** What its header says, which is verified afterwards. */
function claimsToBeCertificate(jws: string): boolean {
  try {
    return decodeProtectedHeader(jws).typ === CERTIFICATE_TYPE;
  } catch {
    return false;
  }
}

const claimsOf = (entry: Entry) => ({
  sub: entry.pii_principal_id,
  jti: entry.record_id,
  iat: Math.floor(Date.parse(entry.event.event_time) / 1000),
});
