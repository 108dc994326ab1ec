/** What a fan does with an offer: stored only under HISTORY_ENGAGEMENT, once for each kind, and told where it is shared. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pruneEngagement } from '../../src/offers/engagement-retention.ts';
import { announce, createCampaign, enrollFan, liveGameId, mutate, POLICY } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

describe('an engagement with an offer', () => {
  let server: TestServer;
  let gameId: string;
  beforeAll(async () => {
    server = await startTestServer();
    gameId = await liveGameId(server);
  });
  afterAll(() => server.close());

  const arrive = async (...more: string[]) => {
    const fan = await enrollFan(server, ['PRESENCE_VENUE', 'OFFERS_LIVE', ...more]);
    await mutate(server, fan.token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
    return { ...fan, offerId: await announce(server, gameId) };
  };
  const record = (fan: { token: string; offerId: string }, kind: string, more: object = {}) =>
    mutate(server, fan.token, 'recordEngagement', { offerId: fan.offerId, kind, ...more });
  const stored = async ({ subject }: { subject: string }) =>
    server.services.orm.em
      .fork()
      .execute<{ kind: string; at: Date }[]>(
        `select e.kind, e.at from engagement e join fan f on f.id = e.fan_id where f.subject = '${subject}' order by e.id`,
      );
  const kinds = async (fan: { subject: string }) => (await stored(fan)).map(({ kind }) => kind);

  it('is kept, the first of each kind, whatever the phone repeats', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const answers = [];
    for (const kind of ['VIEW', 'CLICK', 'VIEW', 'DISMISS', 'VIEW']) answers.push(await record(fan, kind));
    expect(answers).toEqual(Array(5).fill({ __typename: 'RecordEngagementSuccess', recorded: true }));
    expect(await kinds(fan)).toEqual(['VIEW', 'CLICK', 'DISMISS']);
  });

  it('is kept once when many phones say it at once', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const answers = await Promise.all(Array.from({ length: 8 }, () => record(fan, 'VIEW')));
    expect(answers.map(({ recorded }) => recorded)).toEqual(Array(8).fill(true));
    expect(await kinds(fan)).toEqual(['VIEW']);
  });

  it('leaves nothing without HISTORY_ENGAGEMENT, and says so', async () => {
    const fan = await arrive();
    expect(await record(fan, 'VIEW')).toMatchObject({ recorded: false });
    expect(await stored(fan)).toEqual([]);
    const grant = { scopes: ['HISTORY_ENGAGEMENT'], policyVersion: POLICY };
    await mutate(server, fan.token, 'grantConsent', grant);
    expect(await record(fan, 'VIEW')).toMatchObject({ recorded: true });
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_ENGAGEMENT'] });
    expect(await record(fan, 'CLICK')).toMatchObject({ recorded: false });
    expect(await kinds(fan)).toEqual(['VIEW']);
  });

  it('goes when the fan withdraws and erases, and not when another scope is erased', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    await record(fan, 'VIEW');
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'], erase: true });
    expect(await kinds(fan)).toEqual(['VIEW']);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['HISTORY_ENGAGEMENT'], erase: true });
    expect(await stored(fan)).toEqual([]);
  });

  it('goes after ninety days', async () => {
    const [fan, recent] = [await arrive('HISTORY_ENGAGEMENT'), await arrive('HISTORY_ENGAGEMENT')];
    for (const each of [fan, recent]) await record(each, 'VIEW');
    const { orm } = server.services;
    await orm.em.fork().execute(`update engagement e set at = app_now() - interval '91 days' from fan f
      where f.id = e.fan_id and f.subject = '${fan.subject}'`);
    await pruneEngagement(orm);
    expect([await kinds(fan), await kinds(recent)]).toEqual([[], ['VIEW']]);
  });

  it('goes with the fan', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    await record(fan, 'VIEW');
    await server.services.orm.em.fork().execute(`delete from fan where subject = '${fan.subject}'`);
    expect(
      await server.services.orm.em
        .fork()
        .execute('select 1 from engagement e left join fan f on f.id = e.fan_id where f.id is null'),
    ).toEqual([]);
  });

  it('is refused for an offer that was not announced to this fan, as for one that does not exist', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const toOthers = await createCampaign(server);
    const unknown = server.services.idsFor(null).toGlobal('Offer', '987654321');
    const refused = [toOthers.offerId, unknown].map((offerId) => record({ ...fan, offerId }, 'VIEW'));
    const [first, second] = await Promise.all(refused);
    expect(first).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'The offer was not found.' });
    expect(second).toEqual(first);
  });

  it('lies between the announcement and now', async () => {
    const fan = await arrive('HISTORY_ENGAGEMENT');
    const wrong = [new Date(Date.now() + 60_000), new Date(Date.now() - 60_000)];
    for (const at of wrong) {
      expect(await record(fan, 'VIEW', { at: at.toISOString() })).toMatchObject({ code: 'BAD_INPUT' });
    }
    expect(await stored(fan)).toEqual([]);
    const at = new Date().toISOString();
    await record(fan, 'VIEW', { at });
    expect((await stored(fan)).map((row) => new Date(row.at).toISOString())).toEqual([at]);
  });

  it.each([
    ['a partner', 'PARTNER', 'demo-partner', 'FORBIDDEN'],
    ['staff', 'STAFF', 'demo', 'FORBIDDEN'],
    ['a device', 'DEVICE', 'demo-sensor', 'FORBIDDEN'],
    ['somebody who has not enrolled', 'FAN', 'not-enrolled', 'NOT_ENROLLED'],
  ] as const)('is not for %s to record', async (_, role, subject, code) => {
    const token = await tokenOf(role, subject);
    expect(await record({ token, offerId: await announce(server, gameId) }, 'VIEW')).toMatchObject({ code });
  });
});
