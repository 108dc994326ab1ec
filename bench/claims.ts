/**
 * Claims and redemptions per second, each a whole mutation over HTTP, by 1, 8 and 64 clients who all want the same offer:
 * one campaign, so one book. One in ten comes when all has been claimed, and one code in ten is scanned at two tills at
 * once; who was granted what is compared with the budget and with the database after every round. Embedded PostgreSQL
 * with its default durability, one node, the clients on the same machine.
 */
import { Client } from 'pg';
import { GraphQLClient, type Result } from '../gameday/client.ts';
import { inParallel } from '../gameday/random.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import type { Benchmark } from './benchmark.ts';
import { inWords, type Spread, spread } from './figures.ts';
import { type Ground, layOutGround, PARTNER, SUBJECT } from './ground/ground.ts';
import { Child } from './process/child.ts';

const SERVER = new URL('./peers/ours.ts', import.meta.url);
const CLIENTS = [1, 8, 64];
const FANS = 300;
const ROUNDS = 3;
const HOUR_MS = 3_600_000;
const STAFF = 'bench-staff';

interface Rates {
  readonly claims: number;
  readonly redemptions: number;
  readonly overRedeemed: number;
}

export const run: Benchmark = async (say, { fans = FANS, rounds = ROUNDS }) => {
  const ground = await layOutGround(fans);
  const server = new Child(SERVER, [], { DATABASE_URL: ground.databaseUrl });
  const database = new Client({ connectionString: ground.databaseUrl });
  try {
    await database.connect();
    await database.query('insert into staff (subject, venue_id) select $1, id from venue', [STAFF]);
    const port = await server.ask<number>('listen');
    const stage = new Stage(ground, new GraphQLClient(() => [`http://127.0.0.1:${port}/graphql`]), database, fans);
    await stage.signIn();
    const figures: Record<string, { claims: Spread; redemptions: Spread }> = {};
    let overRedeemed = 0;
    // The first fills memories on all sides, and does not count.
    await stage.play(8);
    for (const clients of CLIENTS) {
      const played: Rates[] = [];
      for (let round = 0; round < rounds; round += 1) played.push(await stage.play(clients));
      const [claims, redemptions] = [played.map((each) => each.claims), played.map((each) => each.redemptions)];
      figures[`by${clients}`] = { claims: spread(claims), redemptions: spread(redemptions) };
      overRedeemed += played.reduce((sum, each) => sum + each.overRedeemed, 0);
      say(
        `${clients} client(s): ${inWords(spread(claims))} claims and ${inWords(spread(redemptions))} redemptions a second`,
      );
    }
    say(`beyond a budget, or a second time: ${overRedeemed}`);
    return { fans, rounds, ...figures, overRedeemed };
  } finally {
    await database.end();
    await server.stop();
    await ground.remove();
  }
};

class Stage {
  readonly #ground: Ground;
  readonly #client: GraphQLClient;
  readonly #database: Client;
  readonly #fans: number;
  readonly #budget: number;
  #tokens: string[] = [];
  #staff = '';
  #partner = '';
  #campaigns = 0;

  constructor(ground: Ground, client: GraphQLClient, database: Client, fans: number) {
    this.#ground = ground;
    this.#client = client;
    this.#database = database;
    this.#fans = fans;
    this.#budget = Math.ceil(fans * 0.9);
  }

  async signIn(): Promise<void> {
    const fans = Array.from({ length: this.#fans }, (_, place) => issueDevelopmentToken('FAN', `${SUBJECT}${place}`));
    this.#tokens = await Promise.all(fans);
    this.#staff = await issueDevelopmentToken('STAFF', STAFF);
    this.#partner = await issueDevelopmentToken('PARTNER', PARTNER);
  }

  /** One campaign, from the first claim to the last redemption. */
  async play(clients: number): Promise<Rates> {
    const { campaignKey, offerId } = await this.#announce();
    const codes: string[] = [];
    const claiming = await seconds(() =>
      inParallel(this.#tokens, clients, async (token) => {
        const { data } = await this.#client.mutate(token, 'claimOffer', { offerId, idempotencyKey: offerId });
        if (data.claim) codes.push(data.claim.code);
        else if (data.code !== 'INVALID_STATE') throw new Error(`claimOffer: ${data.code} ${data.message}`);
      }),
    );
    let redeemed = 0;
    let twice = 0;
    const redeeming = await seconds(() =>
      inParallel([...codes.entries()], clients, async ([place, code]) => {
        const tills = place % 10 === 0 ? ['till-1', 'till-2'] : ['till-1'];
        const scans = tills.map((till) => this.#scan(code, `${till}-${code}`));
        const honoured = (await Promise.all(scans)).filter(({ data }) => data.redemption).length;
        redeemed += honoured;
        twice += Math.max(0, honoured - 1);
      }),
    );
    const overRedeemed = twice + (await this.#beyondBudget(campaignKey, codes.length, redeemed));
    return { claims: codes.length / claiming, redemptions: redeemed / redeeming, overRedeemed };
  }

  #scan(code: string, idempotencyKey: string): Promise<Result> {
    return this.#client.mutate(this.#staff, 'redeemClaim', { code, idempotencyKey });
  }

  async #announce(): Promise<{ campaignKey: string; offerId: string }> {
    this.#campaigns += 1;
    const { data } = await this.#client.must(this.#partner, 'createCampaign', {
      name: `Campaign ${this.#campaigns}`,
      offer: { title: 'Pretzel', body: 'At the Big Concourse, until the last out.', discount: { percentOff: 20 } },
      budget: { claims: this.#budget },
      capPerFan: 1,
      validFrom: new Date(Date.now() - HOUR_MS).toISOString(),
      validUntil: new Date(Date.now() + 12 * HOUR_MS).toISOString(),
    });
    const input = { campaignId: data.campaign.id, gameId: this.#ground.gameId, idempotencyKey: 'once' };
    await this.#client.must(this.#partner, 'announceOffer', input);
    const { rows } = await this.#database.query('select max(id) as key from campaign');
    return { campaignKey: rows[0].key, offerId: data.campaign.offer.id };
  }

  /** @throws Error where what the clients were granted is not what the database holds, or not the whole budget. */
  async #beyondBudget(campaignKey: string, claimed: number, redeemed: number): Promise<number> {
    const { rows } = await this.#database.query(
      `select u.claims, u.redeemed, (select count(*)::int from claim c where c.campaign_id = u.campaign_id) as stored
       from campaign_used(array[$1::bigint]) u`,
      [campaignKey],
    );
    const [used] = rows;
    if (claimed !== used.stored || redeemed !== used.redeemed || used.claims < this.#budget) {
      throw new Error(
        `${claimed} claims and ${redeemed} redemptions were granted, and there are ${JSON.stringify(used)}.`,
      );
    }
    return Math.max(0, used.claims - this.#budget);
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}
