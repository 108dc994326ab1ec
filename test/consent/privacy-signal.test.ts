/** Global Privacy Control, over the wire: `Sec-GPC: 1`, exactly, is one veto of all partners. */
import { request } from 'node:http';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { enrollFan, POLICY } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';

type Headers = Record<string, string | string[]>;

/** One operation over node:http, which sends a header twice when it is told to. */
function post(url: string, token: string | null, query: string, headers: Headers, variables = {}): Promise<Answer> {
  const body = JSON.stringify({ query, variables });
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
      },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(JSON.parse(text) as Answer);
      },
    );
    sent.on('error', reject).end(body);
  });
}

/** One operation over a socket whose upgrade carried these headers; without a query only the handshake. */
async function overSocket(url: string, token: string, headers: Headers, query?: string): Promise<void> {
  class Socket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers: headers as never });
    }
  }
  const connectionParams = { authorization: `Bearer ${token}` };
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: Socket, connectionParams, lazy: false });
  await new Promise<void>((resolve) => client.on('connected', () => resolve()));
  if (query) for await (const _ of client.iterate({ query })) break;
  await client.dispose();
}

describe('Sec-GPC', () => {
  let server: TestServer;
  let partnerId: string;
  beforeAll(async () => {
    server = await startTestServer();
    const { data } = await server.ask(null, '{ partners(first: 3) { edges { node { id code } } } }');
    partnerId = data.partners.edges.find(({ node }: { node: { code: string } }) => node.code === 'demo-partner').node
      .id;
  });
  afterAll(() => server.close());

  const query = <T extends object>(statement: string) => server.services.orm.em.fork().execute<T[]>(statement);
  const vetoes = async (subject: string) => {
    const rows = await query(`select e.scope, e.recipient_id from consent_event e join fan f on f.id = e.fan_id
      where f.subject = '${subject}' and e.action = 'VETOED'`);
    return rows.length;
  };
  /** Shares PROFILE with the partner. */
  const sharing = async () => {
    const fan = await enrollFan(server);
    await share(fan.token);
    return fan;
  };
  const share = async (token: string, headers: Headers = {}) => {
    const grant = `mutation ($input: GrantConsentInput!) { grantConsent(input: $input) { __typename } }`;
    const input = { scopes: ['PROFILE'], recipientId: partnerId, policyVersion: POLICY };
    expect((await post(server.url, token, grant, headers, { input })).data.grantConsent.__typename).toBe(
      'GrantConsentSuccess',
    );
  };
  /** The name that the partner sees. */
  const seen = async (subject: string) => {
    const [row] = await query<{ fan: string; partner: string }>(`select f.id as fan, p.id as partner
      from fan f, partner p where f.subject = '${subject}' and p.code = 'demo-partner'`);
    const id = server.services.idsFor(row!.partner).toGlobal('Fan', row!.fan);
    const answer = await server.ask(
      await tokenOf('PARTNER', 'demo-partner'),
      `{ node(id: "${id}") { ... on Fan { displayName } } }`,
    );
    return answer.data.node?.displayName ?? null;
  };
  const whoAmI = '{ me { id } }';

  it('ends what every partner held, once, and leaves the operator what it holds', async () => {
    const { token, subject } = await sharing();
    expect(await seen(subject)).not.toBeNull();
    const [before] = await query<{ epoch: string; seq: string }>(
      `select epoch, seq from fan, consent_clock where subject = '${subject}'`,
    );
    for (let i = 0; i < 3; i += 1) await post(server.url, token, whoAmI, { 'sec-gpc': '1' });
    const [after] = await query<{ epoch: string; seq: string }>(
      `select epoch, seq from fan, consent_clock where subject = '${subject}'`,
    );
    expect(await seen(subject)).toBeNull();
    expect([await vetoes(subject), Number(after!.epoch) - Number(before!.epoch)]).toEqual([1, 1]);
    expect(Number(after!.seq) - Number(before!.seq)).toBe(1);
    const { data } = await server.ask(token, '{ me { displayName consents { scope status } withheld { scope } } }');
    expect(data.me.displayName).not.toBeNull();
    expect(data.me.consents).toContainEqual({ scope: 'PROFILE', status: 'VETOED' });
    expect(data.me.withheld).not.toContainEqual({ scope: 'PROFILE' });
  });

  it('is one veto however many requests say it at once', async () => {
    const { token, subject } = await sharing();
    await Promise.all(Array.from({ length: 8 }, () => post(server.url, token, whoAmI, { 'sec-gpc': '1' })));
    expect(await vetoes(subject)).toBe(1);
  });

  it('gives way to a later grant that names the partner, and does not come back with the next header', async () => {
    const { token, subject } = await sharing();
    await post(server.url, token, whoAmI, { 'sec-gpc': '1' });
    await share(token, { 'sec-gpc': '1' });
    await post(server.url, token, whoAmI, { 'sec-gpc': '1' });
    expect(await seen(subject)).not.toBeNull();
    expect(await vetoes(subject)).toBe(1);
  });

  it('is not asked about again once it is known; and where it cannot be recorded, the request fails', async () => {
    const [known, unknown] = [await sharing(), await sharing()];
    await post(server.url, known.token, whoAmI, { 'sec-gpc': '1' });
    await query('alter function consent_veto_partners rename to not_to_be_found');
    const answers = await Promise.all(
      [known, unknown].map(({ token }) => post(server.url, token, whoAmI, { 'sec-gpc': '1' })),
    );
    await query('alter function not_to_be_found rename to consent_veto_partners');
    expect(answers.map(({ data }) => data?.me ?? null)).toEqual([{ id: expect.any(String) }, null]);
    expect(await vetoes(unknown.subject)).toBe(0);
  });

  it.each([['0'], ['true'], [' '], ['1, 1'], ['01'], [['1', '1']]])('means nothing as %j', async (value) => {
    const { token, subject } = await sharing();
    await post(server.url, token, whoAmI, { 'sec-gpc': value });
    await overSocket(server.url, token, { 'sec-gpc': value }, whoAmI);
    expect([await vetoes(subject), await seen(subject)]).toEqual([0, expect.any(String)]);
  });

  it('is heard on the upgrade of a socket, before any operation', async () => {
    const [silent, speaking] = [await sharing(), await sharing()];
    await overSocket(server.url, silent.token, { 'sec-gpc': '1' });
    await overSocket(server.url, speaking.token, { 'sec-gpc': '1' }, whoAmI);
    for (const { subject } of [silent, speaking]) {
      expect([await vetoes(subject), await seen(subject)]).toEqual([1, null]);
    }
  });

  it('is recorded for one who enrolls with it, over HTTP and over a socket', async () => {
    const enroll = `mutation { enrollFan(input: { displayName: "G", policyVersion: "${POLICY}" }) { __typename } }`;
    const [http, socket] = [await tokenOf('FAN', 'gpc-http'), await tokenOf('FAN', 'gpc-socket')];
    await post(server.url, http, whoAmI, { 'sec-gpc': '1' });
    await post(server.url, http, enroll, { 'sec-gpc': '1' });
    await overSocket(server.url, socket, { 'sec-gpc': '1' }, enroll);
    expect([await vetoes('gpc-http'), await vetoes('gpc-socket')]).toEqual([1, 1]);
  });

  it('says nothing about anybody when a partner or nobody sends it', async () => {
    const { subject } = await sharing();
    await post(server.url, null, whoAmI, { 'sec-gpc': '1' });
    await post(server.url, await tokenOf('PARTNER', 'demo-partner'), whoAmI, { 'sec-gpc': '1' });
    expect(await vetoes(subject)).toBe(0);
  });

  it('is announced under /.well-known', async () => {
    const response = await fetch(new URL('/.well-known/gpc.json', server.url));
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ gpc: true, lastUpdate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
  });
});
