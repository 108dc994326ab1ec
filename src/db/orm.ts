/** The one MikroORM configuration: what the server, the commands, the migrations and the tests connect with. */
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { ConsentClock, ConsentEvent, ConsentGrant, ConsentLease, ConsentLog } from '../consent/grant.entity.ts';
import {
  FanKey,
  LedgerEntry,
  LedgerHead,
  LedgerLeaf,
  LedgerNode,
  LedgerOpening,
  LedgerPending,
} from '../consent/ledger/ledger.entity.ts';
import { ConsentPause } from '../consent/pause.entity.ts';
import { Policy } from '../consent/policy.entity.ts';
import { AgeThreshold } from '../fans/age.entity.ts';
import { Fan } from '../fans/fan.entity.ts';
import { Outbox } from '../live/outbox.entity.ts';
import { PointsEntry } from '../loyalty/points.entity.ts';
import { EarningRule, LoyaltyProgram, Tier } from '../loyalty/program.entity.ts';
import { Purchase, PurchaseRefund } from '../loyalty/purchase.entity.ts';
import { Reward, RewardRedemption } from '../loyalty/reward.entity.ts';
import { Announcement, Delivery } from '../offers/announcement.entity.ts';
import { Campaign, Offer } from '../offers/campaign.entity.ts';
import { CampaignOpening } from '../offers/campaign-opening.entity.ts';
import { CampaignTarget } from '../offers/campaign-target.entity.ts';
import { CampaignBook, Claim, ClaimActivity, ClaimLimit } from '../offers/claims/claim.entity.ts';
import { Redemption } from '../offers/claims/redemption.entity.ts';
import { ContactObjection, ContactPolicy, ContactWish } from '../offers/contact/contact.entity.ts';
import { DryRun } from '../offers/dry-run.entity.ts';
import { Engagement } from '../offers/engagement.entity.ts';
import { CampaignFunnel, Holdout, UpliftResult } from '../offers/measuring/measuring.entity.ts';
import { Partner } from '../partners/partner.entity.ts';
import { Sensor, Staff } from '../venues/device.entity.ts';
import { Game, Team } from '../venues/game.entity.ts';
import { Venue, Zone } from '../venues/venue.entity.ts';
import { Visit } from '../visits/visit.entity.ts';
import { Driver } from './driver.ts';
import { Installation } from './installation.entity.ts';
import { takeBackLost } from './lost-connections.ts';
import { migrationsList } from './migrations.ts';

export const ENTITIES = [
  Installation,
  Venue,
  Zone,
  Team,
  Game,
  Staff,
  Sensor,
  Partner,
  AgeThreshold,
  Fan,
  Visit,
  Policy,
  ConsentGrant,
  ConsentEvent,
  ConsentPause,
  ConsentClock,
  ConsentLog,
  ConsentLease,
  FanKey,
  LedgerEntry,
  LedgerOpening,
  LedgerPending,
  LedgerLeaf,
  LedgerNode,
  LedgerHead,
  Campaign,
  Offer,
  CampaignOpening,
  CampaignTarget,
  Announcement,
  Delivery,
  Engagement,
  CampaignBook,
  ClaimLimit,
  Claim,
  Redemption,
  ClaimActivity,
  DryRun,
  ContactPolicy,
  ContactWish,
  ContactObjection,
  Holdout,
  CampaignFunnel,
  UpliftResult,
  PointsEntry,
  LoyaltyProgram,
  Tier,
  EarningRule,
  Purchase,
  PurchaseRefund,
  Reward,
  RewardRedemption,
  Outbox,
];

/** A database that has gone silent without closing the connection would otherwise be waited for without end. */
const QUERY_TIMEOUT_MS = 15_000;

export interface Connections {
  /** Per process. */
  readonly max?: number;
  /** After which PostgreSQL ends a transaction, and its connection. 0, as for migrations and imports: never. */
  readonly transactionSeconds?: number;
}

/** The whole of the URL, with TLS and options of the session: MikroORM by itself takes nothing of it but where to connect. */
function connectionString(url: string, transactionSeconds: number): string {
  const whole = new URL(url);
  if (transactionSeconds > 0) {
    const options = `${whole.searchParams.get('options') ?? ''} -c transaction_timeout=${transactionSeconds}s`;
    whole.searchParams.set('options', options.trim());
  }
  return whole.href;
}

/** Connects lazily: an unreachable database shows at the first query. */
export function connectOrm(url: string, { max = 16, transactionSeconds = 0 }: Connections = {}): Promise<MikroORM> {
  return MikroORM.init(
    defineConfig({
      clientUrl: url,
      driver: Driver,
      entities: ENTITIES,
      extensions: [Migrator],
      pool: { min: 0, max },
      driverOptions: {
        query_timeout: QUERY_TIMEOUT_MS,
        connectionTimeoutMillis: QUERY_TIMEOUT_MS,
        keepAlive: true,
        onPoolCreated: takeBackLost,
        connectionString: connectionString(url, transactionSeconds),
      },
      discovery: { warnWhenNoEntities: false },
      // Presence lives in unlogged partitions and the outbox in partitions, which the schema generator does not know.
      schemaGenerator: {
        disableForeignKeys: false,
        skipTables: [/^presence/, /^outbox_/],
        ignoreTriggers: true,
        ignoreRoutines: true,
      },
      migrations: { migrationsList, snapshot: false, disableForeignKeys: false, transactional: true, silent: true },
    }),
  );
}
