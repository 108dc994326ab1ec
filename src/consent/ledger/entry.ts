/**
 * An entry of the ledger: the record of one act, in the terms of ISO/IEC TS 27560:2023 (consent record information
 * structure; purposes and states as terms of the W3C DPV, https://w3id.org/dpv). One act is one entry, whatever the
 * number of scopes that it names. Its canonical bytes are what the leaf commits to and what the receipt hands out.
 */
import { z } from 'zod';
import { GRANT_DURATIONS, type GrantDuration } from '../grant.entity.ts';
import { CATALOGUE, CONSENT_SCOPES, type ConsentScope } from '../scopes.ts';
import { canonicalJson, type Json } from './canonical-json.ts';

export const SCHEMA_VERSION = 'ISO/IEC TS 27560:2023 tightrope-1';

/** What an act does; each with the DPV's name for the state of consent after it. A later act is one line more. */
export const ACTIONS = {
  GRANTED: 'dpv:ConsentGiven',
  WITHDRAWN: 'dpv:ConsentWithdrawn',
  PAUSED: 'dpv:ConsentInvalidated',
  VETOED: 'dpv:ConsentRefused',
  ERASED: 'dpv:ConsentInvalidated',
} as const;
export type LedgerAction = keyof typeof ACTIONS;
const ACTION_NAMES = Object.keys(ACTIONS) as LedgerAction[];

/** A scope as an act names it; without duration where the act only takes away. */
export interface NamedScope {
  readonly scope: ConsentScope;
  readonly duration: GrantDuration | null;
  /** Null: until withdrawn. */
  readonly until: Date | null;
}

/** All that an entry says, as the ledger's own code knows it. */
export interface EntryFacts {
  readonly actId: string;
  readonly action: LedgerAction;
  /** The fan, under the id by which the recipient knows them: pairwise. */
  readonly subject: string;
  readonly scopes: readonly NamedScope[];
  /** Null: the operator. */
  readonly recipient: { id: string; code: string; name: string } | null;
  /** The game's public id, where the act names one. */
  readonly gameId: string | null;
  /** Null where no policy has been published. */
  readonly policy: { version: string; sha256: string; language: string } | null;
  readonly at: Date;
}

const Instant = z.iso.datetime({ precision: 3 });
export const Entry = z.strictObject({
  schema_version: z.literal(SCHEMA_VERSION),
  record_id: z.uuid(),
  pii_principal_id: z.string().min(1),
  privacy_notice: z
    .strictObject({ version: z.string(), sha256: z.string().regex(/^[0-9a-f]*$/), language: z.string() })
    .nullable(),
  pii_controller: z.literal('operator'),
  recipient: z.strictObject({ party_id: z.string(), party_code: z.string(), party_name: z.string() }).nullable(),
  service: z.strictObject({ game_id: z.string() }).nullable(),
  purposes: z.array(
    z.strictObject({
      scope: z.enum(CONSENT_SCOPES),
      title: z.string(),
      purpose: z.string(),
      lawful_basis: z.literal('dpv:Consent'),
      retention_period: z.string(),
      duration: z.enum(GRANT_DURATIONS).nullable(),
      until: Instant.nullable(),
    }),
  ),
  event: z.strictObject({
    action: z.enum(ACTION_NAMES),
    event_type: z.literal('dpv:ExplicitlyExpressedConsent'),
    event_state: z.enum(Object.values(ACTIONS)),
    event_time: Instant,
  }),
});
export type Entry = z.infer<typeof Entry>;

export const describeAct = (facts: EntryFacts): Entry => ({
  schema_version: SCHEMA_VERSION,
  record_id: facts.actId,
  pii_principal_id: facts.subject,
  privacy_notice: facts.policy && {
    version: facts.policy.version,
    sha256: facts.policy.sha256,
    language: facts.policy.language,
  },
  pii_controller: 'operator',
  recipient: facts.recipient && {
    party_id: facts.recipient.id,
    party_code: facts.recipient.code,
    party_name: facts.recipient.name,
  },
  service: facts.gameId === null ? null : { game_id: facts.gameId },
  purposes: facts.scopes.map(({ scope, duration, until }) => ({
    scope,
    title: CATALOGUE[scope].title,
    purpose: CATALOGUE[scope].purpose,
    lawful_basis: 'dpv:Consent',
    retention_period: CATALOGUE[scope].retention,
    duration,
    until: until?.toISOString() ?? null,
  })),
  event: {
    action: facts.action,
    event_type: 'dpv:ExplicitlyExpressedConsent',
    event_state: ACTIONS[facts.action],
    event_time: facts.at.toISOString(),
  },
});

/** The bytes that the leaf commits to. */
export const entryBytes = (entry: Entry): Buffer => Buffer.from(canonicalJson(entry as unknown as Json));
