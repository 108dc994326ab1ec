/** Points are earned from what the fan consents to, kept when consent goes, and gone with the fan. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { earnPoints, reverseEarnings } from '../../src/loyalty/index.ts';
import { enrollFan, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('points', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const sql = <Row extends object>(statement: string) => server.services.orm.em.fork().execute<Row[]>(statement);
  const enroll = async (...scopes: string[]) => {
    const fan = await enrollFan(server, scopes);
    const [row] = await sql<{ id: string }>(`select id from fan where subject = '${fan.subject}'`);
    return { ...fan, fanId: row!.id };
  };
  let count = 0;
  const earn = (fanId: string, reference = `redemption:${++count}`, points = 100) =>
    server.services.orm.em.fork().transactional((em) => earnPoints(em, { fanId, source: 'OFFER', reference, points }));
  const reverse = (reference: string) =>
    server.services.orm.em.fork().transactional((em) => reverseEarnings(em, { source: 'OFFER', reference }));
  const balance = async (fanId: string) =>
    (await sql<{ points: number }>(`select points from points_balance(array[${fanId}::bigint], app_now())`))[0]!.points;

  it('are earned once for one thing, however often and by how many it is said at once', async () => {
    const { fanId } = await enroll('HISTORY_PURCHASE');
    const said = await Promise.all(Array.from({ length: 16 }, () => earn(fanId, 'redemption:once')));
    expect(said).toEqual(Array(16).fill(100));
    expect(await balance(fanId)).toBe(100);
    const undone = await Promise.all(Array.from({ length: 16 }, () => reverse('redemption:once')));
    expect(undone.sort((a, b) => a - b)).toEqual([...Array(15).fill(0), 100]);
    expect(await balance(fanId)).toBe(0);
    expect(await reverse('redemption:never')).toBe(0);
  });

  it('are not earned without the scope of what earns them, nor without LOYALTY', async () => {
    const { fanId } = await enroll();
    expect(await earn(fanId)).toBe(0);
    const other = await enroll('HISTORY_PURCHASE');
    expect(await earn(other.fanId)).toBe(100);
    await mutate(server, other.token, 'withdrawConsent', { scopes: ['LOYALTY'] });
    expect(await earn(other.fanId)).toBe(0);
    expect([await balance(fanId), await balance(other.fanId)]).toEqual([0, 100]);
  });

  it('stay when their scope is withdrawn and erased', async () => {
    const { fanId, token } = await enroll('HISTORY_PURCHASE');
    await earn(fanId);
    await mutate(server, token, 'withdrawConsent', { scopes: ['HISTORY_PURCHASE', 'LOYALTY'], erase: true });
    expect(await balance(fanId)).toBe(100);
  });

  it('are never altered, and go with the fan and with nobody else', async () => {
    const { fanId } = await enroll('HISTORY_PURCHASE');
    await earn(fanId);
    for (const statement of [
      `update points_entry set points = 1000 where fan_id = ${fanId}`,
      `delete from points_entry where fan_id = ${fanId}`,
      'truncate points_entry',
    ]) {
      await expect(sql(statement)).rejects.toThrow('points_entry is append-only');
    }
    await sql(`delete from fan where id = ${fanId}`);
    expect(await sql(`select 1 from points_entry where fan_id = ${fanId}`)).toEqual([]);
  });
});
