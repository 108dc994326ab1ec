/**
 * Ids as clients see them. A public thing has one id for everyone: base64url of `Type:key`. A personal thing's id is
 * sealed with AES-SIV (RFC 5297) under the recipient's key, so that the same fan has another id for each partner and
 * nobody can compare them. Cursors are sealed too: readable by none, the same for all.
 */
import { hkdfSync } from 'node:crypto';
import { aessiv } from '@noble/ciphers/aes.js';
import { InputError } from '../errors.ts';

const PUBLIC_TYPES = [
  'Venue',
  'Zone',
  'Team',
  'Game',
  'Partner',
  'Policy',
  'Campaign',
  'Offer',
  'Announcement',
  'Reward',
] as const;
const PERSONAL_TYPES = [
  'Fan',
  'Visit',
  'Consent',
  'ConsentHistoryEntry',
  'Delivery',
  'Purchase',
  'PointsEntry',
  'RewardRedemption',
  'Claim',
  'Redemption',
] as const;
export type PublicType = (typeof PUBLIC_TYPES)[number];
export type PersonalType = (typeof PERSONAL_TYPES)[number];
export type NodeType = PublicType | PersonalType;

const REFERENCE = new RegExp(`^(${[...PUBLIC_TYPES, ...PERSONAL_TYPES].join('|')}):([1-9][0-9]{0,17})$`);

export interface Reference {
  type: NodeType;
  key: string;
}

/** Base64url as we write it. Node would read past padding, spaces and rubbish, and one thing would have many ids. */
function decode(text: string): Buffer | null {
  if (text.length > 512) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

/** Sealing takes as long as reading a row, and the same things are named again and again. */
const MOST_KNOWN = 10_000;

/** Deterministic authenticated encryption under a key derived from the master key for one purpose. */
export class Seal {
  readonly #key: Uint8Array;
  readonly #known = new Map<string, string>();

  constructor(masterKey: string, purpose: string) {
    this.#key = new Uint8Array(hkdfSync('sha256', masterKey, 'tightrope', purpose, 64));
  }

  seal(text: string): string {
    let sealed = this.#known.get(text);
    if (sealed === undefined) {
      sealed = Buffer.from(aessiv(this.#key).encrypt(Buffer.from(text))).toString('base64url');
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.set(text, sealed);
    }
    return sealed;
  }

  /** Null for whatever this key has not sealed. */
  open(sealed: string): string | null {
    const bytes = decode(sealed);
    if (!bytes) return null;
    try {
      return Buffer.from(aessiv(this.#key).decrypt(bytes)).toString();
    } catch {
      return null;
    }
  }
}

/** The ids of one recipient: the operator's own app (fans, staff), or one partner. */
export class Ids {
  readonly #personal: Seal;

  constructor(masterKey: string, recipientId: string | null) {
    this.#personal = new Seal(masterKey, `id:${recipientId ?? 'operator'}`);
  }

  toGlobal(type: NodeType, key: string): string {
    const reference = `${type}:${key}`;
    return isPersonal(type) ? this.#personal.seal(reference) : Buffer.from(reference).toString('base64url');
  }

  /** Null for malformed, unknown, and sealed for another recipient alike. */
  parse(id: string): Reference | null {
    const opened = REFERENCE.exec(this.#personal.open(id) ?? '');
    if (opened) return reference(opened);
    const plain = REFERENCE.exec(decode(id)?.toString() ?? '');
    return plain && !isPersonal(plain[1] as NodeType) ? reference(plain) : null;
  }

  /** The key of an id that must be of one type. @throws InputError that names the place. */
  key(type: NodeType, id: string, path: string): string {
    const parsed = this.parse(id);
    if (parsed?.type !== type) throw new InputError(`${path} is not the id of a ${type}.`, path);
    return parsed.key;
  }

  /** Of an id that may be left out; an empty one is not left out. */
  keyOrNull(type: NodeType, id: string | null | undefined, path: string): string | null {
    return id === null || id === undefined ? null : this.key(type, id, path);
  }
}

const isPersonal = (type: NodeType) => (PERSONAL_TYPES as readonly string[]).includes(type);
const reference = (match: RegExpExecArray): Reference => ({ type: match[1] as NodeType, key: match[2]! });

/** One `Ids` per recipient, derived once. */
export function createIdsFor(masterKey: string): (recipientId: string | null) => Ids {
  const known = new Map<string | null, Ids>();
  return (recipientId) => {
    const ids = known.get(recipientId) ?? new Ids(masterKey, recipientId);
    known.set(recipientId, ids);
    return ids;
  };
}
