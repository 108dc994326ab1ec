/** A fan's own changes of consent, on every device, over both transports. */
import { sql } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrollFan, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { type Answer, startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { type OpenStream, type OpenStreamOver, overServerSentEvents, overWebSocket } from '../support/stream.ts';

/** The consumer contract's own document, and the two things that it need not ask for. */
const CONTRACT = `subscription ConsentChanges {
  consentChanges { cursor at consent { id scope status expiresAt recipient { __typename ... on Partner { id name } } } }
}`;
const RESUMABLE = `subscription ConsentChanges($after: String) {
  consentChanges(after: $after) {
    __typename cursor at consent { scope status } ... on StreamGap { resumeFrom missedAtLeast }
  }
}`;

const isPosition = ({ data }: Answer) => data?.consentChanges.__typename === 'StreamPosition';
/** All but enrolling's own: a stream begins where its node has read to, which may be just before that. */
const told = ({ frames }: OpenStream) =>
  frames
    .flatMap(({ data }) => data?.consentChanges.consent ?? [])
    .filter(({ scope }) => scope !== 'PROFILE' && scope !== 'LOYALTY');
const tells = (scope: string, status: string) => (frame: Answer) => {
  const consent = frame.data?.consentChanges.consent;
  return consent?.scope === scope && consent.status === status;
};

describe('consentChanges', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const grant = (token: string, input: object) =>
    mutate(server, token, 'grantConsent', { policyVersion: POLICY, ...input });
  const open = async (
    token: string,
    after: string | null = null,
    over: OpenStreamOver = overWebSocket,
    at = server,
  ) => {
    const stream = await over(at.url, token, RESUMABLE, { after });
    await stream.waitFor((frame) => isPosition(frame) || frame.errors !== undefined);
    return stream;
  };

  it.each([
    ['graphql-ws', overWebSocket],
    ['SSE', overServerSentEvents],
  ] as const)('tells over %s what was granted and withdrawn, to whom and until when', async (_, over) => {
    const { token } = await enrollFan(server);
    const gameId = await liveGameId(server);
    const { data } = await server.ask(null, '{ partners(first: 1) { edges { node { id name } } } }');
    const partner = data.partners.edges[0].node;
    const stream = await over(server.url, token, CONTRACT, {});
    await stream.waitFor((frame) => frame.data?.consentChanges.consent === null);
    const forGame = await grant(token, { scopes: ['OFFERS_LIVE'], gameId });
    const toPartner = await grant(token, { scopes: ['HIGHLIGHTS'], recipientId: partner.id });
    const granted = (await stream.waitFor(tells('OFFERS_LIVE', 'GRANTED'))).data.consentChanges;
    const shared = (await stream.waitFor(tells('HIGHLIGHTS', 'GRANTED'))).data.consentChanges;
    await mutate(server, token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    const withdrawn = (await stream.waitFor(tells('OFFERS_LIVE', 'WITHDRAWN'))).data.consentChanges;
    await stream.close();
    expect(granted.consent).toEqual({
      ...forGame.grants[0],
      recipient: { __typename: 'Operator' },
    });
    expect(shared.consent).toEqual({ ...toPartner.grants[0], recipient: { __typename: 'Partner', ...partner } });
    expect(withdrawn.consent.id).toBe(forGame.grants[0].id);
    expect(Date.parse(withdrawn.at)).toBeGreaterThan(Date.parse(granted.at));
    // Enrolling, a moment before, may be told as well.
    const ids = [forGame, toPartner].map(({ grants }) => grants[0].id);
    expect(told(stream).filter(({ id }) => ids.includes(id))).toHaveLength(3);
  });

  it('reaches every device of the fan, on every node, and nobody else', async () => {
    const other = await startTestServer({ databaseUrl: server.databaseUrl });
    const [fan, stranger] = [await enrollFan(server), await enrollFan(server)];
    const devices = [await open(fan.token), await open(fan.token, null, overServerSentEvents, other)];
    const elsewhere = await open(stranger.token, null, overWebSocket, other);
    await grant(fan.token, { scopes: ['ANALYTICS'] });
    await Promise.all(devices.map((device) => device.waitFor(tells('ANALYTICS', 'GRANTED'))));
    await grant(stranger.token, { scopes: ['CONTACT_PUSH'] });
    await elsewhere.waitFor(tells('CONTACT_PUSH', 'GRANTED'));
    expect(told(elsewhere)).toEqual([{ scope: 'CONTACT_PUSH', status: 'GRANTED' }]);
    expect(devices.map(told)).toEqual(Array(2).fill([{ scope: 'ANALYTICS', status: 'GRANTED' }]));
    await Promise.all([...devices, elsewhere].map((stream) => stream.close()));
    await other.close();
  });

  it('resumes after a cursor without loss or repetition, and tells how what was missed stands now', async () => {
    const { token } = await enrollFan(server);
    const first = await open(token);
    await grant(token, { scopes: ['HIGHLIGHTS'] });
    const { cursor } = (await first.waitFor(tells('HIGHLIGHTS', 'GRANTED'))).data.consentChanges;
    await first.close();
    await grant(token, { scopes: ['CONTACT_EMAIL', 'CONTACT_SMS'] });
    await mutate(server, token, 'withdrawConsent', { scopes: ['CONTACT_EMAIL'] });
    const second = await open(token, cursor);
    await grant(token, { scopes: ['ANALYTICS'] });
    await second.waitFor(tells('ANALYTICS', 'GRANTED'));
    await second.close();
    expect(told(second)).toEqual([
      { scope: 'CONTACT_EMAIL', status: 'WITHDRAWN' },
      { scope: 'CONTACT_SMS', status: 'GRANTED' },
      { scope: 'CONTACT_EMAIL', status: 'WITHDRAWN' },
      { scope: 'ANALYTICS', status: 'GRANTED' },
    ]);
  });

  it('tells of each grant that one withdrawal ends, and nothing of withdrawing what was never granted', async () => {
    const { token } = await enrollFan(server);
    const gameId = await liveGameId(server);
    const stream = await open(token);
    await grant(token, { scopes: ['OFFERS_LIVE'], gameId });
    await grant(token, { scopes: ['OFFERS_LIVE'], duration: 'STANDING' });
    await mutate(server, token, 'withdrawConsent', { scopes: ['HIGHLIGHTS', 'OFFERS_LIVE'] });
    await grant(token, { scopes: ['ANALYTICS'] });
    await stream.waitFor(tells('ANALYTICS', 'GRANTED'));
    await stream.close();
    // Each grant, and the end of each.
    expect(told(stream).filter(({ scope }) => scope === 'OFFERS_LIVE')).toHaveLength(4);
    expect(told(stream).map(({ scope }) => scope)).not.toContain('HIGHLIGHTS');
  });

  it('is written in the commit of the act, as keys only', async () => {
    const { token, subject } = await enrollFan(server);
    const { orm } = server.services;
    const written = () =>
      orm.em.fork().execute<{ payload: Record<string, string>; kind: string }[]>(sql`
        select o.kind, o.payload from outbox o join fan f on o.topic = 'fan:' || f.id
        where f.subject = ${subject} order by o.id`);
    const before = await written();
    await orm.em
      .fork()
      .transactional(async (em) => {
        await em.execute(sql`
          select consent_grant_scopes(gen_random_uuid(), id, '{ANALYTICS}', '{STANDING}', null, null, null, 1)
          from fan where subject = ${subject}`);
        await em.execute(sql`set constraints all immediate`);
        throw new Error('taken back');
      })
      .catch(() => {});
    expect(await written()).toEqual(before);
    await grant(token, { scopes: ['ANALYTICS'] });
    expect(before.map(({ kind }) => kind)).toEqual(['CONSENT_CHANGED', 'CONSENT_CHANGED']);
    for (const { payload } of await written()) {
      expect(Object.keys(payload).sort()).toEqual(['eventId', 'grantId']);
      expect(Object.values(payload).every((key) => /^\d+$/.test(key))).toBe(true);
    }
  });

  it('is refused to whoever is no enrolled fan, and with a cursor of another fan or stream', async () => {
    const { token } = await enrollFan(server);
    const stream = await open(token);
    const { cursor } = stream.frames.find(isPosition)!.data.consentChanges;
    await stream.close();
    const codeOf = async (refused: string, after: string | null = null) => {
      const attempt = await open(refused, after);
      await attempt.close();
      return attempt.frames[0]!.errors![0]!.extensions.code;
    };
    expect(await codeOf(await tokenOf('PARTNER', 'demo-partner'))).toBe('FORBIDDEN');
    expect(await codeOf(await tokenOf('FAN', 'nobody-yet'))).toBe('NOT_ENROLLED');
    expect(await codeOf((await enrollFan(server)).token, cursor)).toBe('BAD_INPUT');
    expect(await codeOf(token, 'garbage')).toBe('BAD_INPUT');
  });

  it('says so when history is no longer kept', async () => {
    const { token } = await enrollFan(server);
    const topic = (await server.ask(token, '{ me { id } }')).data.me.id;
    const fanId = server.services.idsFor(null).key('Fan', topic, 'id');
    const after = server.services.live.cursors.seal(`fan:${fanId}`, { xid: 1n, id: 1n });
    await server.services.orm.em.fork().execute(sql`update installation set outbox_horizon = 2`);
    const stream = await open(token, after);
    await stream.close();
    const [gap] = stream.frames;
    expect(gap!.data.consentChanges).toMatchObject({ __typename: 'StreamGap', consent: null, missedAtLeast: null });
  });
});
