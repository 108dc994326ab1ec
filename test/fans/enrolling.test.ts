/** Enrolling, and what fans say about themselves: stored only under the scope it needs. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const ME = `{ me {
  id displayName email birthYear favoriteTeam { code }
  consents { scope status policyVersion recipient { __typename } }
  withheld { scope reason }
} }`;

describe('a fan who enrolls', () => {
  let server: TestServer;
  let teamId: string;
  beforeAll(async () => {
    server = await startTestServer();
    const { data } = await server.ask(null, '{ teams(first: 1) { edges { node { id code } } } }');
    teamId = data.teams.edges[0].node.id;
  });
  afterAll(() => server.close());

  const me = async (token: string) => (await server.ask(token, ME)).data.me;

  it('grants PROFILE and LOYALTY to the operator, and nothing else', async () => {
    const token = await tokenOf('FAN', 'ada');
    const { fan } = await mutate(server, token, 'enrollFan', {
      displayName: 'Ada',
      email: 'ada@example.com',
      birthYear: 1990,
      policyVersion: POLICY,
    });
    expect(fan.displayName).toBe('Ada');
    const ada = await me(token);
    expect(ada).toMatchObject({ displayName: 'Ada', email: 'ada@example.com', birthYear: 1990, favoriteTeam: null });
    expect(ada.consents).toEqual(
      ['PROFILE', 'LOYALTY'].map((scope) => ({
        scope,
        status: 'GRANTED',
        policyVersion: POLICY,
        recipient: { __typename: 'Operator' },
      })),
    );
    expect(ada.withheld).toHaveLength(13);
    expect(ada.withheld[0]).toEqual({ scope: 'PRESENCE_VENUE', reason: 'NEVER_ASKED' });
  });

  it('keeps the favorite team only when asked for by name', async () => {
    const [without, withIt] = [await tokenOf('FAN', 'bo'), await tokenOf('FAN', 'cy')];
    const input = { displayName: 'Fan', favoriteTeamId: teamId, policyVersion: POLICY };
    const refused = await mutate(server, without, 'enrollFan', input);
    expect(refused).toMatchObject({ __typename: 'ConsentError', code: 'CONSENT_REQUIRED' });
    expect(await me(without)).toBeNull();
    await mutate(server, withIt, 'enrollFan', { ...input, alsoGrant: ['PROFILE_PREFERENCES'] });
    expect((await me(withIt)).favoriteTeam).not.toBeNull();
  });

  it('is refused a second time, under an old policy, and below the age of consent, and leaves nothing behind', async () => {
    const token = await tokenOf('FAN', 'di');
    const enroll = (more: object) =>
      mutate(server, token, 'enrollFan', { displayName: 'Di', policyVersion: POLICY, ...more });
    const year = new Date().getFullYear();
    expect((await enroll({ policyVersion: '1999-1' })).code).toBe('POLICY_OUTDATED');
    expect((await enroll({ birthYear: year - 12, jurisdiction: 'US' })).code).toBe('GUARDIAN_REQUIRED');
    expect((await enroll({ birthYear: year - 15 })).code).toBe('GUARDIAN_REQUIRED');
    expect((await enroll({ alsoGrant: ['OFFERS_LIVE'] })).code).toBe('BAD_INPUT');
    expect((await enroll({ displayName: ' ' })).code).toBe('BAD_INPUT');
    expect((await enroll({ jurisdiction: 'Narnia' })).code).toBe('BAD_INPUT');
    expect(await me(token)).toBeNull();
    expect((await enroll({ birthYear: year - 15, jurisdiction: 'US' })).__typename).toBe('EnrollFanSuccess');
    expect((await enroll({})).code).toBe('ALREADY_ENROLLED');
  });

  it('is enrolled once when two phones try at once', async () => {
    const token = await tokenOf('FAN', 'ed');
    const input = { displayName: 'Ed', policyVersion: POLICY };
    const results = await Promise.all(Array.from({ length: 6 }, () => mutate(server, token, 'enrollFan', input)));
    expect(results.filter((result) => result.__typename === 'EnrollFanSuccess')).toHaveLength(1);
    expect(results.filter((result) => result.code === 'ALREADY_ENROLLED')).toHaveLength(5);
  });

  it('changes and removes what was said, and is refused where the scope is withdrawn', async () => {
    const token = await tokenOf('FAN', 'flo');
    await mutate(server, token, 'enrollFan', { displayName: 'Flo', email: 'f@example.com', policyVersion: POLICY });
    await mutate(server, token, 'updateMe', { displayName: 'Florence' });
    expect(await me(token)).toMatchObject({ displayName: 'Florence', email: 'f@example.com' });
    await mutate(server, token, 'updateMe', { email: null });
    expect(await me(token)).toMatchObject({ displayName: 'Florence', email: null });
    expect((await mutate(server, token, 'updateMe', { favoriteTeamId: teamId })).code).toBe('CONSENT_REQUIRED');
    await mutate(server, token, 'withdrawConsent', { scopes: ['PROFILE'] });
    expect((await mutate(server, token, 'updateMe', { displayName: 'F' })).code).toBe('CONSENT_REQUIRED');
    const flo = await me(token);
    expect(flo).toMatchObject({ displayName: null });
    expect(flo.withheld).toContainEqual({ scope: 'PROFILE', reason: 'WITHDRAWN' });
    await mutate(server, token, 'grantConsent', { scopes: ['PROFILE'], policyVersion: POLICY });
    expect((await me(token)).displayName).toBe('Florence');
  });

  it('changes what was said from two phones at once', async () => {
    const token = await tokenOf('FAN', 'gil');
    await mutate(server, token, 'enrollFan', { displayName: 'Gil', policyVersion: POLICY });
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) => mutate(server, token, 'updateMe', { displayName: `Gil ${n}` })),
    );
    expect(results.map(({ __typename }) => __typename)).toEqual(Array(8).fill('UpdateMeSuccess'));
  });

  it('erases what a scope had collected, when asked to', async () => {
    const token = await tokenOf('FAN', 'gus');
    await mutate(server, token, 'enrollFan', { displayName: 'Gus', email: 'g@example.com', policyVersion: POLICY });
    const { erased } = await mutate(server, token, 'withdrawConsent', { scopes: ['PROFILE'], erase: true });
    const [row] = await server.services.orm.em
      .fork()
      .execute(sql`select display_name, email, birth_year from fan where subject = 'gus'`);
    expect([erased, row]).toEqual([true, { display_name: null, email: null, birth_year: null }]);
  });

  it('shows a partner nothing that was not shared with that partner', async () => {
    const token = await tokenOf('FAN', 'hal');
    await mutate(server, token, 'enrollFan', { displayName: 'Hal', email: 'h@example.com', policyVersion: POLICY });
    const { data } = await server.ask(null, '{ partners(first: 3) { edges { node { id code } } } }');
    const partnerId = data.partners.edges.find(({ node }: { node: { code: string } }) => node.code === 'demo-partner')
      .node.id;
    const { orm, idsFor } = server.services;
    const [hal] = await orm.em.fork().execute<{ id: string }[]>(sql`select id from fan where subject = 'hal'`);
    const [partner] = await orm.em
      .fork()
      .execute<{ id: string }[]>(sql`select id from partner where code = 'demo-partner'`);
    const seen = async () => {
      const id = idsFor(partner!.id).toGlobal('Fan', hal!.id);
      const query = `{ node(id: "${id}") { ... on Fan { displayName email consents { scope } withheld { scope } } } }`;
      return (await server.ask(await tokenOf('PARTNER', 'demo-partner'), query)).data.node;
    };
    expect(await seen()).toBeNull();
    const grant = { recipientId: partnerId, policyVersion: POLICY };
    await mutate(server, token, 'grantConsent', { scopes: ['LOYALTY'], ...grant });
    expect(await seen()).toEqual({ displayName: null, email: null, consents: null, withheld: null });
    await mutate(server, token, 'grantConsent', { scopes: ['PROFILE'], ...grant });
    expect(await seen()).toEqual({ displayName: 'Hal', email: 'h@example.com', consents: null, withheld: null });
    await mutate(server, token, 'withdrawConsent', { scopes: ['PROFILE'] });
    expect(await seen()).toMatchObject({ displayName: null, email: null });
  });
});
