/**
 * Garbage in any field of any mutation, from any role, is refused with a code, tells nothing of what is inside, and
 * changes nothing. The mutations, their fields and what is garbage in each are derived from the schema, so that a new
 * field is tested from its first day.
 */
import { createClient } from 'graphql-ws';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { NodeType } from '../../src/graphql/ids.ts';
import { ROLES, type Role } from '../../src/identity/viewer.ts';
import { issueMemberCode } from '../../src/loyalty/index.ts';
import { issueRewardCode } from '../../src/loyalty/reward-codes.ts';
import { announce, createCampaign, enrollFan, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { type Case, deriveCases, type World } from './garbage/inputs.ts';

interface Actor {
  readonly role: Role;
  /** On a socket of its own, which is kept open: thousands of requests take a while. */
  ask(query: string, variables: Record<string, unknown>): Promise<Answer>;
  close(): unknown;
}

/** Codes that say that something is wrong on our side, which garbage never is. */
const OUR_FAULT = ['INTERNAL', 'UNAVAILABLE', 'OUTCOME_UNKNOWN', 'INTERNAL_SERVER_ERROR', 'UNEXPECTED'];
/** As PostgreSQL, the driver or JavaScript would put it. */
const INSIDE =
  /unexpected error|syntax for type|violates|duplicate key|out of range for type|byte sequence|relation "|column "|select |insert into|\bat .*\.ts:|undefined|\[object/i;
const AT_ONCE = 8;

describe('garbage', () => {
  let server: TestServer;
  let actors: Actor[];
  let world: World;
  let fanToken: string;
  beforeAll(async () => {
    server = await startTestServer();
    const presence = ['PRESENCE_VENUE', 'PRESENCE_ZONE', 'OFFERS_LIVE'];
    const history = ['HISTORY_ATTENDANCE', 'HISTORY_PURCHASE'];
    const fan = await enrollFan(server, ['PROFILE_PREFERENCES', ...presence, ...history]);
    await mutate(server, fan.token, 'checkIn', { gameId: await liveGameId(server), method: 'TICKET', nonce: 'first' });
    fanToken = fan.token;
    actors = await makeActors(server.url, fanToken);
    world = await makeWorld(server, fan);
  });
  afterAll(async () => {
    for (const actor of actors) actor.close();
    await server.close();
  });

  it('is refused with a code in every field, and changes nothing', async () => {
    const { garbage } = deriveCases(server.schema, world);
    const mutations = Object.keys(server.schema.getMutationType()!.getFields());
    expect(new Set(garbage.map(({ mutation }) => mutation))).toEqual(new Set(mutations));

    // What making the world has sealed has its place in the tree before the tables are compared.
    await server.services.ledger.flush();
    const before = await checksums(server.databaseUrl);
    const { ran, mistakes } = await sendAll(server, actors, garbage, 'refused');
    console.log(`Garbage: ${ran} cases, ${garbage.length} in each of ${actors.length} hands.`);
    expect(mistakes).toEqual([]);
    expect(await checksums(server.databaseUrl)).toEqual(before);
  }, 180_000);

  it('was the only thing wrong: without it somebody is answered', async () => {
    const { plausible } = deriveCases(server.schema, world);
    // After these nothing happens at the game any more.
    const isAnEnd = (name: string) => name.startsWith('end') || name === 'pauseForGame';
    const last = ([name]: [string, unknown]) => (isLeaving(name) ? 2 : isAnEnd(name) ? 1 : 0);
    for (const [mutation, input] of [...plausible].sort((a, b) => last(a) - last(b))) {
      // A guardian, which somebody has become by now, may not leave before the wards have.
      if (isLeaving(mutation)) await freeWards(server);
      const outcomes: string[] = [];
      for (const actor of actors) {
        const { data } = await send(server, actor, { mutation, input });
        outcomes.push(data?.[mutation].__typename);
      }
      expect(outcomes, mutation).toContain(`${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Success`);
    }
  });

  it('is refused in a filter too, written out', async () => {
    const year0 = ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+14:00'].map((from) => `from: "${from}"`);
    for (const garbage of [...year0, 'venueId: ""', 'teamId: ""', `venueId: "${world.ids.Zone}"`]) {
      const answer = await server.ask(null, `{ games(filter: { ${garbage} }) { totalCount } }`);
      expect(
        answer.errors?.map(({ extensions }) => extensions.code),
        garbage,
      ).toSatisfy((codes?: string[]) => codes?.length === 1 && !OUR_FAULT.includes(codes[0]!));
    }
  });

  it('that may be meant is taken or refused, and never fails', async () => {
    // The fan has left, which was plausible, and comes back.
    await mutate(server, fanToken, 'enrollFan', { displayName: 'Again', policyVersion: POLICY });
    const { edges } = deriveCases(server.schema, await makeWorld(server, await enrollFan(server)));
    edges.sort((a, b) => Number(isLeaving(a.mutation)) - Number(isLeaving(b.mutation)));
    const { ran, mistakes } = await sendAll(server, actors, edges, 'taken or refused');
    console.log(`Edges: ${ran} cases, ${edges.length} in each of ${actors.length} hands.`);
    expect(mistakes).toEqual([]);
  }, 180_000);
});

/** After it there is nobody who could do anything else. */
const isLeaving = (mutation: string) => mutation === 'eraseMe';

const freeWards = ({ services }: TestServer) =>
  services.orm.em.fork().execute('update fan set guardian_id = null where guardian_id is not null');

/** In each role, and as a fan who has not enrolled. */
async function makeActors(url: string, fan: string): Promise<Actor[]> {
  const tokens: Record<Role, (string | null)[]> = {
    ANONYMOUS: [null],
    FAN: [fan, await tokenOf('FAN', 'never-enrolled')],
    PARTNER: [await tokenOf('PARTNER', 'demo-partner')],
    STAFF: [await tokenOf('STAFF', 'demo')],
    DEVICE: [await tokenOf('DEVICE', 'demo-sensor')],
  };
  return ROLES.flatMap((role) => tokens[role].map((token) => ({ role, ...connect(url, token) })));
}

function connect(url: string, token: string | null): Omit<Actor, 'role'> {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
  });
  const ask = (query: string, variables: Record<string, unknown>) =>
    new Promise<Answer>((resolve, reject) => {
      client.subscribe(
        { query, variables },
        {
          next: (answer) => resolve(answer as Answer),
          error: (errors) => (Array.isArray(errors) ? resolve({ errors: errors as never }) : reject(errors)),
          complete: () => {},
        },
      );
    });
  return { ask, close: () => client.dispose() };
}

async function makeWorld(server: TestServer, { subject }: { subject: string }): Promise<World> {
  const { idsFor, orm, codes } = server.services;
  const key = async (statement: string) => {
    const [row] = await orm.em.fork().execute<{ id: string }[]>(statement);
    return row!.id;
  };
  const campaign = await createCampaign(server);
  const others = await createCampaign(server, {}, 'demo-partner-2');
  // So that the fan was told of the offer, and has something to do with it.
  const gameId = await liveGameId(server);
  await mutate(server, campaign.token, 'announceOffer', { campaignId: campaign.id, gameId, idempotencyKey: 'world' });
  // So that staff have a code to honour, and a redemption to take back.
  const { token: taker } = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE']);
  await mutate(server, taker, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
  const claim = async () => {
    const input = { offerId: await announce(server, gameId), idempotencyKey: crypto.randomUUID() };
    return (await mutate(server, taker, 'claimOffer', input)).claim as { id: string; code: string };
  };
  const [held, honoured] = [await claim(), await claim()];
  const { redemption } = await mutate(server, await tokenOf('STAFF', 'demo'), 'redeemClaim', {
    code: honoured.code,
    idempotencyKey: crypto.randomUUID(),
  });
  const partnerId = await key(`select id from partner where code = 'demo-partner'`);
  const otherFan = await key(`select id from fan where subject = 'blake'`);
  const fan = await key(`select id from fan where subject = '${subject}'`);
  const reward = await key(`insert into reward (code, title, points) values ('${subject}', 'Reward', 1) returning id`);
  const till = `values (${fan}, (select min(id) from venue), 100, 'USD', 'world', '${subject}')`;
  const purchase = await key(
    `insert into purchase (fan_id, venue_id, total, currency, till, idempotency_key) ${till} returning id`,
  );
  await key(`select points_earn(${fan}, 'OFFER', 'world:${subject}', '', 10, 0, null) as id`);
  const issued = await key(`insert into reward_redemption (fan_id, reward_id, points, idempotency_key)
    values (${fan}, ${reward}, 1, 'world') returning id`);
  await key(`select points_hold(${fan}, 'REWARD', 'reward:${issued}', 1) as id`);
  await key(`update reward set issued = 1 where id = ${reward} returning id`);
  const global = async (type: NodeType, statement: string) => idsFor(null).toGlobal(type, await key(statement));
  const ids: Record<NodeType, string> = {
    Venue: await global('Venue', `select id from venue limit 1`),
    Zone: await global('Zone', `select id from zone limit 1`),
    Team: await global('Team', `select id from team limit 1`),
    Game: gameId,
    Partner: idsFor(null).toGlobal('Partner', partnerId),
    Policy: await global('Policy', `select id from policy limit 1`),
    Campaign: campaign.id,
    Offer: campaign.offerId,
    Announcement: idsFor(null).toGlobal('Announcement', '1'),
    Fan: idsFor(null).toGlobal('Fan', otherFan),
    Visit: await global('Visit', `select id from visit where fan_id = ${otherFan} limit 1`),
    Consent: await global('Consent', `select id from consent_grant where fan_id = ${otherFan} limit 1`),
    ConsentHistoryEntry: await global(
      'ConsentHistoryEntry',
      `select id from consent_event where fan_id = ${otherFan} limit 1`,
    ),
    Delivery: idsFor(null).toGlobal('Delivery', '1'),
    Reward: idsFor(null).toGlobal('Reward', reward),
    Purchase: idsFor(null).toGlobal('Purchase', purchase),
    PointsEntry: idsFor(null).toGlobal('PointsEntry', '1'),
    RewardRedemption: idsFor(null).toGlobal('RewardRedemption', issued),
    Claim: held.id,
    Redemption: redemption.id,
  };
  const forged = (text: string) => Buffer.from(text).toString('base64url');
  return {
    ids,
    strangers: (type) => [
      ...['999999999999999999', '9999999999999999999', '0', '-1', '01', '1 ', '1e3', ''].map((id) =>
        forged(`${type}:${id}`),
      ),
      ...(type === 'Campaign' ? [others.id] : []),
      idsFor(partnerId).toGlobal('Fan', otherFan),
      forged(`Fan:${otherFan}`),
    ],
    plausible: {
      // Another one each minute.
      get fanCode() {
        return issueMemberCode(codes, fan, new Date()).code;
      },
      total: 100,
      rewardCode: issueRewardCode(codes, issued),
      action: 'CLAIM',
      amount: 100,
      atLeast: 1,
      atMost: 10,
      birthYear: new Date().getUTCFullYear() - 10,
      body: 'At the counter.',
      capPerFan: 1,
      confirm: 'ERASE',
      code: held.code,
      currency: 'USD',
      displayName: 'Fan',
      duration: 'STANDING',
      holdMinutes: 60,
      idempotencyKey: 'once',
      kind: 'VIEW',
      method: 'TICKET',
      name: 'Campaign',
      nonce: 'gate',
      paused: false,
      per: ['FAN'],
      percentOff: 10,
      period: 'DAY',
      group: 'Group',
      mode: 'HIGHEST',
      openFor: 'PT1H',
      orderId: 'order',
      pointsBonus: 10,
      recurrence: 'FREQ=DAILY',
      start: new Date().toISOString().slice(0, 19),
      streak: 2,
      tiers: ['MEMBER'],
      withinDays: 30,
      policyVersion: POLICY,
      scopes: ['HIGHLIGHTS'],
      status: 'LIVE',
      title: 'Offer',
      validFrom: new Date(Date.now() - 60_000).toISOString(),
      validUntil: new Date(Date.now() + 3_600_000).toISOString(),
    },
    words: new Set(['body', 'displayName', 'group', 'idempotencyKey', 'name', 'nonce', 'orderId', 'title']),
  };
}

async function send(server: TestServer, { ask }: Actor, { mutation, input }: Pick<Case, 'mutation' | 'input'>) {
  const type = server.schema.getMutationType()!.getFields()[mutation]!.args[0]!.type;
  const query = `mutation ($input: ${type}) { ${mutation}(input: $input) { __typename ... on Error { code message } } }`;
  return ask(query, { input });
}

/** Every case in every actor's hands; a line for each that did not end as it should. */
async function sendAll(
  server: TestServer,
  actors: readonly Actor[],
  cases: readonly Case[],
  wanted: 'refused' | 'taken or refused',
): Promise<{ ran: number; mistakes: string[] }> {
  const work = actors.flatMap((actor) => cases.map((one) => ({ actor, one })));
  const mistakes: string[] = [];
  let next = 0;
  const worker = async () => {
    for (let item = work[next++]; item; item = work[next++]) {
      const { actor, one } = item;
      const answer = await send(server, actor, one);
      const mistake = judge(answer, one.mutation, wanted);
      if (mistake)
        mistakes.push(
          `${actor.role} ${one.mutation} ${one.path} = ${JSON.stringify(one.value)?.slice(0, 60)}: ${mistake}`,
        );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { ran: work.length, mistakes };
}

/** Null: as it should be. */
function judge({ data, errors }: Answer, mutation: string, wanted: 'refused' | 'taken or refused'): string | null {
  const result = data?.[mutation];
  const told = [
    ...(errors ?? []).map(({ message, extensions }) => ({ code: extensions?.code, message })),
    ...(result?.code ? [{ code: result.code, message: result.message }] : []),
  ];
  const bad = told.find(({ code, message }) => !code || OUR_FAULT.includes(code) || INSIDE.test(message));
  if (bad) return `${bad.code} ${bad.message}`.slice(0, 200);
  if (told.length === 0 && wanted === 'refused') return `taken: ${result?.__typename}`;
  return told.length === 0 && !result ? 'no answer' : null;
}

/** Of the rows of each table. */
/** Of every table but the one in which the nodes' hearts beat. */
async function checksums(databaseUrl: string): Promise<Record<string, string>> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(`
    select quote_ident(c.relname) as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and c.relname <> 'consent_lease' order by 1`);
  const sums: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ sum: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from ${name} t`,
    );
    sums[name] = rows[0]!.sum;
  }
  await client.end();
  return sums;
}
