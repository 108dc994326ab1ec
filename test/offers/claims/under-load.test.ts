/**
 * Two nodes of the real server under 64 clients who claim, redeem and roll back at once, hang up before the answer, send
 * twice, and ask again, while connections to the database are killed in the act and answers to commits are lost on the
 * way. Afterwards the books are exact.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCode } from '../../../src/offers/claims/code.ts';
import { type LosingWire, layLosingWire } from '../../support/losing-wire.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../../support/server.ts';
import { holdRow } from './held-row.ts';
import { type GameDay, type Result, startGameDay } from './world.ts';

const CLIENTS = 64;
const FANS = 160;
const BUDGET = 100;
/** What a claim is, and a redemption, and taking it back, on the way to the database. */
const ACTS = /(claim_offers?|redeem_claim|roll_back_redemption)\(/;
const AGAIN = new Set(['UNAVAILABLE', 'OUTCOME_UNKNOWN']);
const SOLD_OUT = {
  __typename: 'ConflictError',
  code: 'INVALID_STATE',
  message: 'All of this offer has been claimed. An expired claim may free one.',
};
const RESULT = '__typename ... on Error { code message }';
const DOCUMENTS = {
  claimOffer: `mutation ($input: ClaimOfferInput!) {
    claimOffer(input: $input) { ${RESULT} ... on ClaimOfferSuccess { claim { id code } } } }`,
  redeemClaim: `mutation ($input: RedeemClaimInput!) {
    redeemClaim(input: $input) { ${RESULT} ... on RedeemClaimSuccess { redemption { id discount { amount } } } } }`,
  rollbackRedemption: `mutation ($input: RollbackRedemptionInput!) {
    rollbackRedemption(input: $input) { ${RESULT} ... on RollbackRedemptionSuccess { redemption { id } } } }`,
};

describe('64 clients at once', () => {
  let day: GameDay;
  let other: TestServer;
  let wire: LosingWire;
  beforeAll(async () => {
    // What it loses it logs, and that is as it should be.
    day = await startGameDay({ LOG_LEVEL: 'silent' });
    wire = await layLosingWire(day.server.databaseUrl);
    other = await startTestServer({ databaseUrl: wire.url, settings: { LOG_LEVEL: 'silent' } });
    await crowd(day);
  });
  afterAll(async () => {
    await other.close();
    await wire.close();
    await day.server.close();
  });

  /** One attempt, which may be hung up on before its answer; null: nobody knows. */
  const attempt = async (token: string, name: keyof typeof DOCUMENTS, input: object): Promise<Result | null> => {
    const abort = new AbortController();
    const timer = Math.random() < 0.15 ? setTimeout(() => abort.abort(), Math.random() * 60) : undefined;
    try {
      const response = await fetch(Math.random() < 0.5 ? day.server.url : other.url, {
        method: 'POST',
        signal: abort.signal,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: DOCUMENTS[name], variables: { input } }),
      });
      const { data, errors } = (await response.json()) as Answer;
      const code = errors?.[0]?.extensions.code ?? data?.[name].code;
      return AGAIN.has(code) ? null : (data?.[name] ?? { code });
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  };
  /** Under one key until somebody knows; now and then twice at once, and once more afterwards. */
  const insist = async (token: string, name: keyof typeof DOCUMENTS, input: object): Promise<Result> => {
    for (;;) {
      const times = Math.random() < 0.2 ? 2 : 1;
      const answers = await Promise.all(Array.from({ length: times }, () => attempt(token, name, input)));
      const known = answers.filter((answer) => answer !== null);
      if (known.length > 0) {
        const again = Math.random() < 0.2 ? await attempt(token, name, input) : null;
        for (const other of [...known, ...(again ? [again] : [])]) expect(other).toEqual(known[0]);
        return known[0];
      }
      await sleep(20);
    }
  };

  /** Both stand before the campaign's book, each on a node of its own, when it is let go. */
  const atOnce = async (campaignId: string, acts: readonly [() => Promise<Answer>, () => Promise<Answer>]) => {
    const book = await holdRow(day.server.databaseUrl, `campaign_book where campaign_id = ${day.key(campaignId)}`);
    const answers = acts.map((act) => act());
    await book.waitedForBy(acts.length);
    await book.release();
    const results = (await Promise.all(answers)).map(({ data }) => Object.values(data)[0] as Result);
    return results.map(({ __typename: type }) => type.replace(/^.*(?=Success)/, '')).sort();
  };
  const asker = (node: TestServer, token: string, name: keyof typeof DOCUMENTS, input: object) => () =>
    node.ask(token, DOCUMENTS[name], { input });

  it('share one last slot, one code and one rollback among two nodes', async () => {
    const [ann, ben] = [await tokenOf('FAN', 'crowd-0'), await tokenOf('FAN', 'crowd-1')];
    const { id, offerId } = await day.offer({ budget: { claims: 1 } });
    const claim = (node: TestServer, token: string) =>
      asker(node, token, 'claimOffer', { offerId, idempotencyKey: 'last' });
    const once = ['ConflictError', 'Success'];
    expect(await atOnce(id, [claim(day.server, ann), claim(other, ben)])).toEqual(once);

    const holds = (await day.claim({ token: ann, subject: '' }, offerId, 'last')).claim;
    const { code } = holds ?? (await day.claim({ token: ben, subject: '' }, offerId, 'last')).claim;
    const redeem = (node: TestServer, idempotencyKey: string) =>
      asker(node, day.staff, 'redeemClaim', { code, idempotencyKey });
    expect(await atOnce(id, [redeem(day.server, 'till-1'), redeem(other, 'till-2')])).toEqual(once);

    const [row] = await day.sql<{ id: string }>(`select id from redemption where campaign_id = ${day.key(id)}`);
    const redemptionId = day.server.services.idsFor(null).toGlobal('Redemption', row!.id);
    const undo = (node: TestServer, idempotencyKey: string) =>
      asker(node, day.staff, 'rollbackRedemption', { redemptionId, idempotencyKey });
    expect(await atOnce(id, [undo(day.server, 'undo-1'), undo(other, 'undo-2')])).toEqual(once);
    expect(await day.used(id)).toEqual({ claims: 1, redeemed: 0, money: '0' });
  });

  it('share the last of the money among two tills', async () => {
    const { id, offerId } = await day.offer({
      budget: { spend: { amount: 100, currency: 'USD' } },
      offer: { title: 'Half off', body: 'At the counter.', discount: { percentOff: 50 } },
    });
    const redeem = async (node: TestServer, fan: string) => {
      const { claim } = await day.claim({ token: await tokenOf('FAN', fan), subject: fan }, offerId);
      const orderTotal = { amount: 150, currency: 'USD' };
      return asker(node, day.staff, 'redeemClaim', { code: claim.code, orderTotal, idempotencyKey: `half ${fan}` });
    };
    const tills = [await redeem(day.server, 'crowd-0'), await redeem(other, 'crowd-1')] as const;
    expect(await atOnce(id, tills)).toEqual(['ConflictError', 'Success']);
    expect(await day.used(id)).toEqual({ claims: 2, redeemed: 1, money: '75' });
  });

  it('claim exactly the budget, and lose nothing that was acknowledged', { timeout: 240_000 }, async () => {
    const { id: campaignId, offerId } = await day.offer({
      budget: { claims: BUDGET, spend: { amount: BUDGET * 500, currency: 'USD' } },
      offer: { title: 'Five off', body: 'At the counter.', discount: { amountOff: { amount: 500, currency: 'USD' } } },
    });
    wire.loseAnswers(ACTS, 0.1);
    const [killer, holder] = await Promise.all([
      killConnections(day.server.databaseUrl),
      holdBook(day.server.databaseUrl, day.key(campaignId)),
    ]);
    const acknowledged = {
      claims: new Map<string, Result>(),
      redeemed: new Set<string>(),
      rolledBack: new Set<string>(),
    };
    let next = 0;
    const client = async () => {
      for (let place = next++; place < FANS; place = next++) {
        const token = await tokenOf('FAN', `crowd-${place}`);
        // Of this fan, and of nobody else: staff have one set of keys for all that they do.
        const key = (what: string) => ({ idempotencyKey: `${what} crowd-${place}` });
        const claimed = await insist(token, 'claimOffer', { offerId, ...key('claim') });
        if (!claimed.claim) {
          expect(claimed).toEqual(SOLD_OUT);
          continue;
        }
        acknowledged.claims.set(`crowd-${place}`, claimed.claim);
        if (place % 4 === 0) continue;
        const order = { amount: 300 + place, currency: 'USD' };
        const scan = { code: claimed.claim.code, orderTotal: order, ...key('redeem') };
        const { redemption } = granted(await insist(day.staff, 'redeemClaim', scan));
        acknowledged.redeemed.add(redemption.id);
        if (place % 4 !== 1) continue;
        const undo = { redemptionId: redemption.id, ...key('undo') };
        granted(await insist(day.staff, 'rollbackRedemption', undo));
        acknowledged.rolledBack.add(redemption.id);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const [killed] = await Promise.all([killer.stop(), holder.stop()]);
    wire.loseAnswers(ACTS, 0);

    const campaign = day.key(campaignId);
    const claims = await day.sql<StoredClaim>(`
      select c.id, f.subject, c.state, c.code, c.reserved from claim c join fan f on f.id = c.fan_id
      where c.campaign_id = ${campaign}`);
    expect(claims).toHaveLength(BUDGET);
    const stored = claims.map(({ subject, id, code }) => [
      subject,
      { id, code: day.server.services.claimCodes.open(code) },
    ]);
    const told = [...acknowledged.claims].map(([subject, { id, code }]) => [
      subject,
      { id: day.key(id), code: readCode(code) },
    ]);
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(told));

    const redemptions = await day.sql<{ id: string; spent: string; rolled_back_at: Date | null }>(
      `select id, spent, rolled_back_at from redemption where campaign_id = ${campaign}`,
    );
    const keys = (ids: Iterable<string>) => [...ids].map(day.key).sort();
    expect(redemptions.map(({ id }) => id).sort()).toEqual(keys(acknowledged.redeemed));
    const undone = redemptions.filter(({ rolled_back_at }) => rolled_back_at !== null);
    expect(undone.map(({ id }) => id).sort()).toEqual(keys(acknowledged.rolledBack));

    const sum = (rows: { spent?: string; reserved?: string }[]) =>
      rows.reduce((total, { spent = 0, reserved = 0 }) => total + Number(spent) + Number(reserved), 0);
    const standing = redemptions.filter(({ rolled_back_at }) => rolled_back_at === null);
    const held = claims.filter(({ state }) => state === 'HELD');
    expect(held.length + standing.length).toBe(BUDGET);
    const [book] = await day.sql(
      `select claimed, held, redeemed, reserved, spent from campaign_book where campaign_id = ${campaign}`,
    );
    expect(book).toEqual({
      claimed: BUDGET,
      held: held.length,
      redeemed: standing.length,
      reserved: String(sum(held)),
      spent: String(sum(standing)),
    });
    const money = String(sum(standing) + sum(held));
    expect(await day.used(campaignId)).toEqual({ claims: BUDGET, redeemed: standing.length, money });
    expect(killed).toBeGreaterThan(0);
    expect(wire.lost).toBeGreaterThan(0);
    console.log(
      `Under load: ${claims.length} claims, ${redemptions.length} redemptions, ${killed} connections killed, ${wire.lost} answers lost.`,
    );
  });
});

interface StoredClaim {
  readonly id: string;
  readonly subject: string;
  readonly state: string;
  readonly code: string;
  readonly reserved: string;
}

/** Of an answer that may be no refusal. */
function granted(result: Result): Result {
  expect(result.__typename).toMatch(/Success$/);
  return result;
}

/** Fans who are there and consent to offers, made in the database: here it is the number that counts. */
async function crowd({ sql }: GameDay): Promise<void> {
  await sql(`insert into fan (subject) select 'crowd-' || n from generate_series(0, ${FANS - 1}) n`);
  await sql(`insert into consent_grant (id, fan_id, scope, duration, policy_ordinal, lineage)
    select g.id, g.fan_id, g.scope, 'STANDING', (select max(ordinal) from policy), g.id
    from (select nextval('consent_grant_id_seq') as id, f.id as fan_id, s.scope
      from fan f cross join unnest(array['PRESENCE_VENUE', 'OFFERS_LIVE']) s (scope) where f.subject like 'crowd-%') g`);
  await sql(`insert into presence (game_id, fan_id)
    select (select id from game where status = 'LIVE' limit 1), id from fan where subject like 'crowd-%'`);
}

interface Trouble {
  /** How often it has happened. */
  stop(): Promise<number>;
}

/** Between two troubles there is time for an act or two: trouble without a pause leaves nobody through, and tests nothing. */
const PAUSE_MS = 100;

/** Again and again, until it is stopped. */
async function trouble(databaseUrl: string, make: (admin: Client) => Promise<number>): Promise<Trouble> {
  const admin = new Client({ connectionString: databaseUrl });
  await admin.connect();
  let [going, times] = [true, 0];
  const work = (async () => {
    while (going) {
      times += await make(admin);
      await sleep(Math.random() * PAUSE_MS);
    }
  })();
  return {
    stop: async () => {
      going = false;
      await work;
      await admin.end();
      return times;
    },
  };
}

/** Ends the connections that are in the midst of a claim or a redemption, one after the other. */
const killConnections = (databaseUrl: string): Promise<Trouble> =>
  trouble(databaseUrl, async (admin) => {
    const { rowCount } = await admin.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
        and query ~ '(claim_offer|redeem_claim|roll_back_redemption)' order by random() limit 1`);
    return rowCount ?? 0;
  });

/** Holds the campaign's book for a moment, as whoever changes the campaign does: all others come to stand before it. */
const holdBook = (databaseUrl: string, campaignKey: string): Promise<Trouble> =>
  trouble(databaseUrl, async (admin) => {
    await admin.query(`begin; select 1 from campaign_book where campaign_id = ${campaignKey} for update;
      select pg_sleep(0.05); commit`);
    return 1;
  });
