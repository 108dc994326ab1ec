/** A fan with points, somebody at a till, and rules that earn: what the tests of loyalty begin with. */
import { enrollFan, liveGameId, mutate } from '../support/operations.ts';
import { type TestServer, tokenOf } from '../support/server.ts';

export const ALL_HISTORY = ['HISTORY_ATTENDANCE', 'HISTORY_PURCHASE', 'HISTORY_ENGAGEMENT'];

export interface Member {
  readonly token: string;
  readonly fanId: string;
}

export async function openTill(server: TestServer) {
  const staff = await tokenOf('STAFF', 'demo');
  const gameId = await liveGameId(server);
  let count = 0;
  const sql = <Row extends object>(statement: string) => server.services.orm.em.fork().execute<Row[]>(statement);
  const next = () => `key-${++count}`;
  const showCode = async (token: string): Promise<string> =>
    (await server.ask(token, '{ me { memberCode { code validUntil } } }')).data.me.memberCode.code;
  const loyaltyOf = async (token: string) =>
    (
      await server.ask(
        token,
        '{ me { loyalty { points pendingPoints tier { code name } nextTier { code pointsNeeded } } } }',
      )
    ).data.me.loyalty;
  return {
    staff,
    gameId,
    sql,
    showCode,
    loyaltyOf,
    enroll: async (scopes: readonly string[] = ALL_HISTORY): Promise<Member> => {
      const { token, subject } = await enrollFan(server, scopes);
      const [row] = await sql<{ id: string }>(`select id from fan where subject = '${subject}'`);
      return { token, fanId: row!.id };
    },
    /** In place of all others. */
    setRules: async (...rules: Record<string, string | number>[]) => {
      await sql('delete from earning_rule');
      for (const rule of rules) {
        await sql(`insert into earning_rule (code, ${Object.keys(rule).join(', ')})
          values ('${next()}', ${Object.values(rule).map((value) => `'${value}'`)})`);
      }
    },
    setPolicy: (policy: string) => sql(`update loyalty_program set refund_policy = '${policy}'`),
    /** By force: whatever is consented to. */
    give: ({ fanId }: Member, points: number) =>
      sql(`select points_earn(${fanId}, 'OFFER', '${next()}', '', ${points}, 0, null)`),
    buy: async ({ token }: Member, total: number, more: Record<string, unknown> = {}, by = staff) =>
      mutate(server, by, 'recordPurchase', {
        fanCode: await showCode(token),
        total,
        currency: 'USD',
        idempotencyKey: next(),
        ...more,
      }),
    /** With what is stored of it: the answer tells a till only what the fan lets the operator see. */
    refund: async (purchaseId: string, more: Record<string, unknown> = {}, by = staff) => {
      const input = { purchaseId, idempotencyKey: next(), ...more };
      const answer = await mutate(server, by, 'refundPurchase', input);
      if (answer.code) return answer;
      const [refund] = await sql<{ amount: number; pointsTaken: number }>(`
        select amount, points_taken as "pointsTaken" from purchase_refund where idempotency_key = '${input.idempotencyKey}'`);
      return { answer, refund };
    },
    arrive: async ({ token }: Member, by = staff) =>
      mutate(server, by, 'confirmArrival', { gameId, fanCode: await showCode(token) }),
    reward: async (points: number, stock: number | null = null): Promise<string> => {
      const [row] = await sql<{ id: string }>(`insert into reward (code, title, points, stock)
        values ('${next()}', 'A reward', ${points}, ${stock}) returning id`);
      return server.services.idsFor(null).toGlobal('Reward', row!.id);
    },
    take: ({ token }: Member, rewardId: string, idempotencyKey = next()) =>
      mutate(server, token, 'redeemReward', { rewardId, idempotencyKey }),
    honor: (rewardCode: string, idempotencyKey = next(), by = staff) =>
      mutate(server, by, 'honorReward', { rewardCode, idempotencyKey }),
    bringBack: (rewardCode: string, idempotencyKey = next(), by = staff) =>
      mutate(server, by, 'returnReward', { rewardCode, idempotencyKey }),
  };
}
export type Till = Awaited<ReturnType<typeof openTill>>;
