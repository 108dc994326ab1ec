/** The doctor, as an operator asks it: what holds, what does not, and an exit code that says so. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT_CHECKS } from '../../src/consent/checks.ts';
import { examine } from '../../src/db/check.ts';
import { LOYALTY_CHECKS } from '../../src/loyalty/checks.ts';
import { openTill, type Till } from '../loyalty/at-the-till.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { travel } from '../support/travel.ts';

const DOCTOR = fileURLToPath(new URL('../../src/cli/doctor.ts', import.meta.url));

describe('the doctor', () => {
  let server: TestServer;
  let till: Till;
  let fanId: string;
  beforeAll(async () => {
    server = await startTestServer();
    till = await openTill(server);
    await till.setRules({ source: 'PURCHASE', points: 1, per_amount: 100 });
    const fan = await till.enroll(['HISTORY_PURCHASE']);
    fanId = fan.fanId;
    const { purchase } = await till.buy(fan, 10_000);
    const { rewardRedemption: kept } = await till.take(fan, await till.reward(20, 3));
    const { rewardRedemption: returned } = await till.take(fan, await till.reward(30));
    await till.take(fan, await till.reward(10));
    await till.honor(kept.code);
    await till.bringBack(returned.code);
    await till.refund(purchase.id, { amount: 3_333 });
  });
  afterAll(() => server.close());

  const run = (...args: string[]) =>
    new Promise<{ code: number | null; out: string }>((resolve) => {
      const child = spawn(process.execPath, [DOCTOR, ...args], {
        env: { ...process.env, DATABASE_URL: server.databaseUrl },
      });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.on('close', (code) => resolve({ code, out: out.trim() }));
    });

  it('finds nothing where all is well', async () => {
    const { code, out } = await run();
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok {6}The log[\s\S]*All \d+ checks hold\.$/)]);
    expect(out).not.toContain('FAILED');
  });

  it.each([
    [
      'an entry is altered',
      `update points_entry set points = points + 1 where fan_id = FAN and kind = 'EARNED'`,
      'sum so far',
    ],
    ['an entry is deleted', `delete from points_entry where fan_id = FAN and kind = 'SPENT'`, 'numbered without a gap'],
    [
      'points come from nowhere',
      `insert into points_entry (fan_id, seq, kind, points, balance, lot_id, source, reference, confirmed_at)
       select FAN, seq + 1, 'RESTORED', 5, balance + 5, 0, 'REWARD', 'x', app_now()
       from points_entry where fan_id = FAN order by seq desc limit 1`,
      'names a lot that the same fan earned',
    ],
    [
      'points were earned by what the fan never consented to have kept',
      `update points_entry set source = 'ENGAGEMENT' where fan_id = FAN and kind = 'EARNED'`,
      'without consent to LOYALTY',
    ],
    [
      'points were earned after the fan had left the program',
      `update consent_grant set ended_at = granted_at, end_reason = 'WITHDRAWN' where fan_id = FAN and scope = 'LOYALTY';
       update points_entry set at = at + interval '2 minutes' where fan_id = FAN and kind = 'EARNED'`,
      'without consent to LOYALTY',
    ],
    [
      'a reward is called returned',
      `update reward_redemption set returned_at = app_now() where fan_id = FAN`,
      'sets its points aside',
    ],
    ['a count is off', 'update reward set issued = 0', 'are out as are counted'],
    ['a refund is forgotten', `update purchase_refund set points_taken = 0 where fan_id = FAN`, 'points went with it'],
    ['a leaf of the ledger is lost', 'delete from ledger_leaf where index = 0', 'leaves of the ledger'],
  ])('says so when %s', async (_, statement, complaint) => {
    const { orm } = server.services;
    await travel(orm, async ({ em, sql }) => {
      for (const table of ['points_entry', 'ledger_leaf']) await sql(`alter table ${table} disable trigger user`);
      await sql(statement.replaceAll('FAN', fanId));
      const broken = (await examine(em, [...CONSENT_CHECKS, ...LOYALTY_CHECKS])).filter(({ ok }) => !ok);
      expect(broken.map(({ what }) => what).join()).toContain(complaint);
    });
  });

  it('ends with exit code 1 and one JSON object where something is wrong', async () => {
    await till.sql('update reward set issued = issued - 1 where issued > 0');
    const { code, out } = await run('--json');
    const { ok, failed, checks } = JSON.parse(out.split('\n').at(-1)!);
    expect([code, ok, failed]).toEqual([1, false, 1]);
    expect(checks.filter((check: { ok: boolean }) => !check.ok)).toEqual([
      expect.objectContaining({
        found: [expect.stringMatching(/^reward \d+$/), expect.stringMatching(/^reward \d+$/)],
      }),
    ]);
    expect(out).toContain(`1 of ${checks.length} checks FAILED.`);
  });
});
