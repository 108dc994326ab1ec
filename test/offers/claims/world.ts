/** A game day in small: fans who were announced an offer, staff of the venue, and what the book says. */
import { createCampaign, enrollFan, liveGameId, mutate } from '../../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../../support/server.ts';

export interface Guest {
  readonly token: string;
  readonly subject: string;
}

export interface Used {
  readonly claims: number;
  readonly redeemed: number;
  readonly money: string;
}

export interface GameDay {
  readonly server: TestServer;
  readonly gameId: string;
  readonly staff: string;
  /** Fans who are there and take offers. */
  arrive(count: number): Promise<Guest[]>;
  /** A campaign that has been announced to everybody who is there. */
  offer(more?: Record<string, unknown>, partner?: string): Promise<{ id: string; offerId: string; token: string }>;
  claim(guest: Guest, offerId: string, idempotencyKey?: string): Promise<Result>;
  redeem(code: string, more?: Record<string, unknown>): Promise<Result>;
  rollBack(redemptionId: string, idempotencyKey?: string): Promise<Result>;
  /** What is in use of a campaign's budget, as the database computes it. */
  used(campaignId: string): Promise<Used>;
  /** Makes a claim's hold end now. */
  expire(claimId: string): Promise<void>;
  sql<Row extends object>(statement: string): Promise<Row[]>;
  key(id: string): string;
}

// biome-ignore lint/suspicious/noExplicitAny: a mutation's result, whichever
export type Result = any;

let count = 0;
const next = () => `key-${++count}`;

export async function startGameDay(settings: Record<string, string> = {}): Promise<GameDay> {
  const server = await startTestServer({ settings });
  const gameId = await liveGameId(server);
  const staff = await tokenOf('STAFF', 'demo');
  const { idsFor, orm } = server.services;
  const sql = <Row extends object>(statement: string) => orm.em.fork().execute<Row[]>(statement);
  const key = (id: string) => idsFor(null).parse(id)!.key;
  return {
    server,
    gameId,
    staff,
    sql,
    key,
    arrive: (many) =>
      Promise.all(
        Array.from({ length: many }, async () => {
          const fan = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
          await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
          return fan;
        }),
      ),
    offer: async (more = {}, partner = 'demo-partner') => {
      const campaign = await createCampaign(server, more, partner);
      const input = { campaignId: campaign.id, gameId, idempotencyKey: 'once' };
      const announced = await mutate(server, campaign.token, 'announceOffer', input);
      if (announced.code) throw new Error(announced.message);
      return campaign;
    },
    claim: ({ token }, offerId, idempotencyKey = next()) =>
      mutate(server, token, 'claimOffer', { offerId, idempotencyKey }),
    redeem: (code, more = {}) => mutate(server, staff, 'redeemClaim', { code, idempotencyKey: next(), ...more }),
    rollBack: (redemptionId, idempotencyKey = next()) =>
      mutate(server, staff, 'rollbackRedemption', { redemptionId, idempotencyKey }),
    used: async (campaignId) => {
      const [row] = await sql<Used>(
        `select claims, redeemed, money from campaign_used(array[${key(campaignId)}::bigint])`,
      );
      return row!;
    },
    expire: async (claimId) => {
      await sql(`update claim set expires_at = app_now() where id = ${key(claimId)}`);
    },
  };
}
