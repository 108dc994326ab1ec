/**
 * What one request, or one event of a stream, works with. It is made anew for every event: nothing in it may outlive a
 * withdrawal of consent.
 */
import type { MikroORM, SqlEntityManager } from '@mikro-orm/postgresql';
import { type ConsentSubject, ConsentView } from './consent/consent-view.ts';
import type { ConsentGate } from './consent/gate.ts';
import type { Barrier, Passed } from './consent/lease/barrier.ts';
import type { Ledger } from './consent/ledger/index.ts';
import { readNow } from './db/sql.ts';
import type { Ids, Seal } from './graphql/ids.ts';
import type { VerifyToken } from './identity/tokens.ts';
import type { Viewer } from './identity/viewer.ts';
import type { Live } from './live/index.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { ClaimQueue } from './offers/claims/claim-queue.ts';
import type { PresenceRow, Readers } from './readers.ts';

/** What lives as long as the process. */
export interface Services {
  readonly orm: MikroORM;
  readonly gate: ConsentGate;
  readonly barrier: Barrier;
  readonly live: Live;
  readonly ledger: Ledger;
  readonly idsFor: (recipientId: string | null) => Ids;
  readonly readers: Readers;
  readonly cursors: Seal;
  /** What fans show at tills and gates. */
  readonly codes: Seal;
  /** Seals the codes of claims for the database. */
  readonly claimCodes: Seal;
  readonly claimQueue: ClaimQueue;
  readonly verify: VerifyToken;
}

export interface Context extends Services {
  readonly viewer: Viewer;
  /** When the viewer's token ends, in milliseconds since 1970: no stream outlives it. */
  readonly expiresAt: number | null;
  /** Whether the request said `Sec-GPC: 1`. */
  readonly vetoesPartners: boolean;
  readonly em: SqlEntityManager;
  readonly ids: Ids;
  readonly consent: ConsentView;
  readonly loaders: Loaders;
  /** Where at a game the subject is now; null: nowhere. */
  readonly presence: (gameId: string, subject: ConsentSubject) => Promise<Pick<PresenceRow, 'zone_id'> | null>;
  /** The instant by which this request or event is judged, asked once. */
  readonly now: () => Promise<Date>;
}

export function createContext(
  services: Services,
  viewer: Viewer,
  expiresAt: number | null = null,
  vetoesPartners = false,
): Context {
  const em = services.orm.em.fork();
  let now: Promise<Date> | null = null;
  return {
    ...services,
    viewer,
    expiresAt,
    vetoesPartners,
    em,
    ids: services.idsFor(viewer.role === 'PARTNER' ? viewer.partnerId : null),
    consent: new ConsentView(services.gate, services.orm, viewer),
    loaders: createLoaders(services.readers),
    presence: (gameId, { fanId }) => services.readers.presence.load({ gameId, fanId }),
    now: () => {
      now ??= readNow(em);
      return now;
    },
  };
}

/** After a commit that gave a fan's consent, or changed where they are: here, and on every node. */
export function consentChanged({ live, consent }: Context, fanId: string): void {
  live.consentChanged(fanId);
  consent.renew();
}

/** After a commit that appended an act: the fan's own feed and the ledger's tree follow it. */
export function actRecorded({ live, ledger }: Pick<Services, 'live' | 'ledger'>): void {
  live.wake();
  ledger.wake();
}

/** After a commit that took consent away and logged it: resolves when it has taken effect on every node. */
export async function consentEnded({ live, consent, barrier }: Context, fanId: string | null = null): Promise<Passed> {
  live.consentEnded(fanId);
  consent.renew();
  return barrier.pass();
}
