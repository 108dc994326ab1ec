/**
 * Global Privacy Control: `Sec-GPC: 1` is one veto of all partner recipients. It goes the way of a withdrawal, once;
 * every later signal is answered from what is known of the fan. A later grant that names the partner prevails.
 */
import { sql } from '@mikro-orm/postgresql';
import { actRecorded, type Services } from '../context.ts';
import { sayIfUnknown } from '../db/outcome.ts';
import type { Viewer } from '../identity/viewer.ts';
import { sealedArguments } from './ledger/index.ts';

/** The value of the header as it was sent: `1` and nothing else; a header sent twice arrives as `1, 1`. */
export const isVeto = (secGpc: string | readonly string[] | null | undefined): boolean => secGpc === '1';

/** Records the veto of an enrolled fan, where it is not known yet. */
export async function recordVeto(services: Services, viewer: Viewer): Promise<void> {
  if (viewer.role !== 'FAN' || viewer.fanId === null || viewer.partnersVetoed) return;
  const { orm, live, barrier, ledger } = services;
  const { fanId } = viewer;
  const em = orm.em.fork();
  const act = { action: 'VETOED', fanId, gameId: null, scopes: [], recipientId: null, policyOrdinal: null } as const;
  const sealed = await ledger.sealer.seal(em, act);
  const [row] = await em
    .execute<{ first: boolean }[]>(
      sql`select consent_veto_partners(${sealed.actId}, ${fanId}, ${sealedArguments(sealed)}) as first`,
    )
    .catch(sayIfUnknown);
  viewer.partnersVetoed = true;
  if (!row!.first) return;
  actRecorded(services);
  live.consentEnded(fanId);
  await barrier.pass();
}
