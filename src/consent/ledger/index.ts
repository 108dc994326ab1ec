/**
 * The ledger of consent, as the rest of the server sees it. An act is sealed (`sealer.seal`), its entry appended in the
 * act's own commit (by the act's SQL function, or `appendEntry`), then the sequencer is woken and the receipt handed out:
 *
 *     const sealed = await ledger.sealer.seal(em, { action: 'PAUSED', fanId, scopes: [], … });
 *     await appendEntry(em, sealed);              // or sealedArguments(sealed) as arguments of an SQL function
 *     …commit…
 *     ledger.wake();                              // and answer with sealed.receipt
 */
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { createIdsFor } from '../../graphql/ids.ts';
import { checkFan, findReceipts, type LedgerCheck } from './fan-ledger.service.ts';
import type { Receipt } from './receipts.ts';
import { Sealer } from './sealer.ts';
import { Vault } from './sealing.ts';
import { Sequencer } from './sequencer.ts';
import { Signer } from './signing.ts';

export type { LedgerAction, NamedScope } from './entry.ts';
export type { LedgerCheck } from './fan-ledger.service.ts';
export { findHead, findHeads, findLeaves, proveConsistency, proveInclusion } from './log.service.ts';
export type { Receipt } from './receipts.ts';
export { type Act, appendEntry, type SealedAct, type Sealer, sealedArguments } from './sealer.ts';

export class Ledger {
  readonly #vault: Vault;
  readonly #signer: Signer;
  readonly #sequencer: Sequencer;
  readonly sealer: Sealer;

  private constructor(orm: MikroORM, vault: Vault, signer: Signer, sealer: Sealer, log: Logger) {
    this.#vault = vault;
    this.#signer = signer;
    this.sealer = sealer;
    this.#sequencer = new Sequencer(orm, signer, log);
  }

  /** Derives the keys and starts the sequencer. */
  static async start(orm: MikroORM, masterKey: string, log: Logger): Promise<Ledger> {
    const [vault, signer] = [new Vault(masterKey), await Signer.derive(masterKey)];
    const ledger = new Ledger(orm, vault, signer, new Sealer(vault, signer, createIdsFor(masterKey)), log);
    ledger.#sequencer.start();
    return ledger;
  }

  /** The public keys that verify receipts and heads. */
  get jwks(): JSONWebKeySet {
    return this.#signer.jwks;
  }

  /** After a commit that appended an entry. */
  wake(): void {
    this.#sequencer.wake();
  }

  /** Resolves when every entry committed before the call is in the tree. @throws ServiceError UNAVAILABLE. */
  flush(): Promise<void> {
    return this.#sequencer.flush();
  }

  /** A fan's receipts again, by act. */
  findReceipts(em: SqlEntityManager, fanId: string, actIds: readonly string[]): Promise<Map<string, Receipt>> {
    return findReceipts(em, { vault: this.#vault, signer: this.#signer }, fanId, actIds);
  }

  /** Whether all that the ledger holds of a fan still holds. */
  check(em: SqlEntityManager, fanId: string): Promise<LedgerCheck> {
    return checkFan(em, { vault: this.#vault, jwks: this.jwks }, fanId, () => this.flush());
  }

  close(): Promise<void> {
    return this.#sequencer.close();
  }
}

/** What seals acts without a server around it: for commands, tests and benchmarks. */
export async function createSealer(masterKey: string): Promise<Sealer> {
  return new Sealer(new Vault(masterKey), await Signer.derive(masterKey), createIdsFor(masterKey));
}
