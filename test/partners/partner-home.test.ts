/** What a partner sees of its own: its campaigns, and the fans who share something with it, each field by its scope. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gather } from '../support/crowd.ts';
import { createCampaign, enrollFan, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const HOME = `query ($first: Int!, $campaignsAfter: String, $audienceAfter: String) {
  partner {
    id name
    campaigns(first: $first, after: $campaignsAfter) {
      edges { node { id name status offer { id title } } } pageInfo { hasNextPage endCursor } totalCount
    }
    audience(first: $first, after: $audienceAfter) {
      edges { cursor sharedScopes node { id displayName email favoriteTeam { code } currentZone { id } } }
      pageInfo { hasNextPage endCursor } totalCount
    }
  }
}`;

describe("a partner's home", () => {
  let server: TestServer;
  let partnerIds: Record<string, string>;
  beforeAll(async () => {
    server = await startTestServer();
    const { data } = await server.ask(null, '{ partners(first: 10) { edges { node { id code } } } }');
    partnerIds = Object.fromEntries(
      data.partners.edges.map(({ node }: { node: { id: string; code: string } }) => [node.code, node.id]),
    );
  });
  afterAll(() => server.close());

  const home = async (code: string, variables: object = {}) => {
    const { data, errors } = await server.ask(await tokenOf('PARTNER', code), HOME, { first: 100, ...variables });
    if (errors) throw new Error(JSON.stringify(errors));
    return data.partner;
  };
  const shareWith = (fan: { token: string }, code: string, scopes: string[]) =>
    mutate(server, fan.token, 'grantConsent', {
      scopes,
      recipientId: partnerIds[code],
      duration: 'STANDING',
      policyVersion: POLICY,
    });
  const namesIn = ({ audience }: { audience: { edges: { node: { displayName: string } }[] } }) =>
    audience.edges.map(({ node }) => node.displayName);

  it('lists its campaigns in pages, the latest first, and nobody else’s', async () => {
    const made = [];
    for (let n = 0; n < 3; n += 1) made.unshift((await createCampaign(server, {}, 'demo-partner-2')).id);
    const idsOf = ({ campaigns }: { campaigns: { edges: { node: { id: string } }[] } }) =>
      campaigns.edges.map(({ node }) => node.id);
    const first = await home('demo-partner-2', { first: 2 });
    const rest = await home('demo-partner-2', { first: 2, campaignsAfter: first.campaigns.pageInfo.endCursor });
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(made);
    expect([first.name, first.campaigns.totalCount]).toEqual(['Jersey Street Outfitters', 3]);
    expect(idsOf(await home('demo-partner'))).not.toContain(made[0]);
  });

  it('shows only fans who share with it, under ids and cursors of its own, each field by its scope', async () => {
    const code = 'demo-partner-2';
    const [named, team, neither] = [await enrollFan(server), await enrollFan(server), await enrollFan(server)];
    await shareWith(named, code, ['PROFILE', 'PRESENCE_VENUE']);
    await shareWith(named, 'demo-partner-3', ['PROFILE']);
    await shareWith(team, code, ['LOYALTY']);
    await shareWith(neither, code, ['PRESENCE_VENUE']);
    const { audience } = await home(code);
    // PRESENCE_VENUE is not held by the operator: nothing is shared by granting it to the partner alone.
    expect(audience.edges.map(({ sharedScopes }: { sharedScopes: string[] }) => sharedScopes)).toEqual([
      ['PROFILE'],
      ['LOYALTY'],
    ]);
    expect(audience.totalCount).toBe(2);
    const [first, second] = audience.edges;
    expect(first.node).toMatchObject({
      displayName: expect.stringMatching(/^Fan /),
      favoriteTeam: null,
      currentZone: null,
    });
    expect(second.node).toMatchObject({ displayName: null, email: null });
    const [elsewhere] = (await home('demo-partner-3')).audience.edges;
    expect(elsewhere.node.displayName).toBe(first.node.displayName);
    expect([elsewhere.node.id, elsewhere.cursor]).not.toEqual([first.node.id, first.cursor]);
    expect(elsewhere.cursor).not.toBe(first.cursor);
    const foreign = await server.ask(await tokenOf('PARTNER', 'demo-partner-3'), HOME, {
      first: 1,
      audienceAfter: first.cursor,
    });
    expect(foreign.errors![0]!.extensions.code).toBe('BAD_INPUT');
  });

  it('no longer shows a fan who withdraws, from the partner or from the operator', async () => {
    const [one, other] = [await enrollFan(server), await enrollFan(server)];
    for (const fan of [one, other]) await shareWith(fan, 'demo-partner', ['PROFILE']);
    const nameOf = async (fan: { token: string }) =>
      (await server.ask(fan.token, '{ me { displayName } }')).data.me.displayName;
    const names = [await nameOf(one), await nameOf(other)];
    expect(namesIn(await home('demo-partner'))).toEqual(expect.arrayContaining(names));
    await mutate(server, one.token, 'withdrawConsent', {
      scopes: ['PROFILE'],
      recipientId: partnerIds['demo-partner'],
    });
    await mutate(server, other.token, 'withdrawConsent', { scopes: ['PROFILE'] });
    const { audience } = await home('demo-partner');
    for (const name of names) expect(namesIn({ audience })).not.toContain(name);
    expect(audience.totalCount).toBe(audience.edges.length);
  });

  it('pages through a crowd of which some share nothing any more', async () => {
    const keys = await gather(server, 60, { scopes: ['PROFILE'], partner: 'demo-partner-3' });
    const gone = keys.filter((_, place) => place % 3 === 0 || (place > 20 && place < 45));
    await server.services.orm.em.fork().execute(
      `update consent_grant set expires_at = app_now() - interval '1 second'
       where recipient_id is not null and fan_id = any (array[${gone}]::bigint[])`,
    );
    const whole = await home('demo-partner-3');
    const names: string[] = [];
    let after: string | undefined;
    do {
      const { audience } = await home('demo-partner-3', { first: 7, audienceAfter: after });
      names.push(...namesIn({ audience }));
      after = audience.pageInfo.hasNextPage ? audience.pageInfo.endCursor : undefined;
    } while (after);
    expect(names).toEqual(namesIn(whole));
    expect(whole.audience.totalCount).toBe(names.length);
    const backwards = `{ partner { audience(last: 5) { edges { node { displayName } } pageInfo { hasPreviousPage } } } }`;
    const { data } = await server.ask(await tokenOf('PARTNER', 'demo-partner-3'), backwards);
    expect(namesIn(data.partner)).toEqual(names.slice(-5));
  });

  it('is null for everybody else', async () => {
    for (const token of [null, (await enrollFan(server)).token, await tokenOf('STAFF', 'demo')]) {
      expect((await server.ask(token, HOME, { first: 1 })).data.partner).toBeNull();
    }
  });
});
