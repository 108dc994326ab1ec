/**
 * Seals an act before it is committed: its entry, leaf and salt, and the receipt that is handed out after the commit.
 * What it needs to know it asks in one query, so that an act stays one call of SQL that waits for nothing.
 */
import { randomUUID } from 'node:crypto';
import { type RawQueryFragment, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import type { Ids } from '../../graphql/ids.ts';
import { describeAct, type LedgerAction, type NamedScope } from './entry.ts';
import { type Receipt, signReceipt } from './receipts.ts';
import type { SealedEntry, Vault } from './sealing.ts';
import type { Signer } from './signing.ts';

export interface Act {
  readonly action: LedgerAction;
  readonly fanId: string;
  readonly scopes: readonly NamedScope[];
  /** Null: the operator. */
  readonly recipientId: string | null;
  readonly gameId: string | null;
  /** Null: the policy that is in effect. */
  readonly policyOrdinal: number | null;
}

export interface SealedAct extends SealedEntry {
  readonly actId: string;
  readonly fanId: string;
  /** The instant of the act, to the millisecond, as its entry says it. */
  readonly at: Date;
  /** Hand it out once the act is committed. */
  readonly receipt: Receipt;
}

interface Known {
  now: Date;
  wrapped: Uint8Array | null;
  version: string | null;
  sha256: string;
  language: string;
  code: string | null;
  name: string;
}

export class Sealer {
  readonly #vault: Vault;
  readonly #signer: Signer;
  readonly #idsFor: (recipientId: string | null) => Ids;

  constructor(vault: Vault, signer: Signer, idsFor: (recipientId: string | null) => Ids) {
    this.#vault = vault;
    this.#signer = signer;
    this.#idsFor = idsFor;
  }

  /** Inside the caller's transaction or outside any; it takes no lock but on a fan's new key. */
  async seal(em: SqlEntityManager, act: Act): Promise<SealedAct> {
    const known = await this.#ask(em, act);
    const wrapped = known.wrapped ?? (await this.#createKey(em, act.fanId));
    const ids = this.#idsFor(act.recipientId);
    const actId = randomUUID();
    const at = new Date(known.now);
    const entry = describeAct({
      actId,
      at,
      action: act.action,
      subject: ids.toGlobal('Fan', act.fanId),
      scopes: act.scopes,
      recipient:
        act.recipientId === null || known.code === null
          ? null
          : { id: ids.toGlobal('Partner', act.recipientId), code: known.code, name: known.name },
      gameId: act.gameId === null ? null : ids.toGlobal('Game', act.gameId),
      policy: known.version === null ? null : { ...known, version: known.version },
    });
    const sealed = this.#vault.seal(entry, act.fanId, wrapped);
    return { ...sealed, actId, fanId: act.fanId, at, receipt: await signReceipt(this.#signer, entry, sealed.salt) };
  }

  async #ask(em: SqlEntityManager, { fanId, recipientId, policyOrdinal }: Act): Promise<Known> {
    const [known] = await em.execute<Known[]>(sql`
      select n.now, k.wrapped, p.version, p.sha256, p.language, r.code, r.name
      from (select app_now() as now) n
      left join fan_key k on k.fan_id = ${fanId}
      left join partner r on r.id = ${recipientId}::bigint
      left join lateral (
        select p.version, p.sha256, p.language from policy p
        where p.ordinal = ${policyOrdinal}::int or (${policyOrdinal}::int is null and p.effective_at <= n.now)
        order by p.ordinal desc limit 1
      ) p on true`);
    return known!;
  }

  /** Whoever comes second takes the key of the first. */
  async #createKey(em: SqlEntityManager, fanId: string): Promise<Uint8Array> {
    await em.execute(sql`
      insert into fan_key (fan_id, wrapped) values (${fanId}, ${bytea(this.#vault.createFanKey(fanId))}::bytea)
      on conflict do nothing`);
    const [row] = await em.execute<{ wrapped: Uint8Array }[]>(sql`select wrapped from fan_key where fan_id = ${fanId}`);
    return row!.wrapped;
  }
}

/** The last arguments of the SQL functions that commit an act: its instant, ciphertext, leaf and salt. */
export const sealedArguments = ({ at, ciphertext, leaf, salt }: SealedAct): RawQueryFragment =>
  sql`${at}::timestamptz, ${bytea(ciphertext)}::bytea, ${bytea(leaf)}::bytea, ${bytea(salt)}::bytea`;

/** Appends the entry of an act that has no SQL function of its own. In the transaction of the act. */
export async function appendEntry(em: SqlEntityManager, act: SealedAct): Promise<void> {
  await em.execute(sql`
    select ledger_append(${act.actId}, ${act.fanId}, ${bytea(act.ciphertext)}::bytea, ${bytea(act.leaf)}::bytea,
      ${bytea(act.salt)}::bytea)`);
}

const bytea = (value: Uint8Array) => `\\x${Buffer.from(value).toString('hex')}`;
