/**
 * How an entry is sealed. The leaf is HMAC-SHA-256(salt, entry): it binds to the entry and tells nothing about it
 * without the salt. The ciphertext is AES-256-GCM under a key that is derived from the fan's own, bound to its leaf.
 * The fan's key is random and kept wrapped by MASTER_KEY. Salt and key lie outside the ledger: once they are erased, no
 * one can open the entry or guess it, and the tree still verifies.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type Entry, Entry as EntrySchema, entryBytes } from './entry.ts';

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface SealedEntry {
  readonly ciphertext: Buffer;
  /** 32 bytes: the data of a leaf of the tree. */
  readonly leaf: Buffer;
  readonly salt: Buffer;
}

/** It cannot be opened: the key is another, or a byte is not what was written. */
export class SealError extends Error {}

export const leafOf = (salt: Uint8Array, entry: Entry): Buffer =>
  createHmac('sha256', salt).update(entryBytes(entry)).digest();

export class Vault {
  readonly #wrapping: Buffer;

  constructor(masterKey: string) {
    this.#wrapping = derive(masterKey, 'fan key');
  }

  /** A new key for one fan, wrapped: what is stored. The wrapping is bound to the fan. */
  createFanKey(fanId: string): Buffer {
    return encrypt(this.#wrapping, randomBytes(KEY_BYTES), Buffer.from(`fan:${fanId}`));
  }

  seal(entry: Entry, fanId: string, wrappedKey: Uint8Array): SealedEntry {
    const salt = randomBytes(SALT_BYTES);
    const leaf = leafOf(salt, entry);
    return { salt, leaf, ciphertext: encrypt(this.#entryKey(fanId, wrappedKey), entryBytes(entry), leaf) };
  }

  /** @throws SealError unless the ciphertext is the one that was sealed for this fan and leaf. */
  open({ ciphertext, leaf }: Omit<SealedEntry, 'salt'>, fanId: string, wrappedKey: Uint8Array): Entry {
    const text = decrypt(this.#entryKey(fanId, wrappedKey), ciphertext, leaf).toString();
    return EntrySchema.parse(JSON.parse(text));
  }

  #entryKey(fanId: string, wrappedKey: Uint8Array): Buffer {
    return derive(decrypt(this.#wrapping, wrappedKey, Buffer.from(`fan:${fanId}`)), 'ledger entry');
  }
}

const derive = (secret: string | Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, 'tightrope', purpose, KEY_BYTES));

/** IV, tag and ciphertext, one after the other. */
function encrypt(key: Uint8Array, plain: Uint8Array, bound: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bound);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, bound: Uint8Array): Buffer {
  try {
    const tagEnd = IV_BYTES + TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(bound)
      .setAuthTag(sealed.subarray(IV_BYTES, tagEnd));
    return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]);
  } catch {
    throw new SealError('What was sealed cannot be opened with this key.');
  }
}
