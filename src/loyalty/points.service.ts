/**
 * Earning, and taking back what was earned, inside the caller's transaction. Points are earned where LOYALTY and the
 * scope of what earns them are in force in that same commit, and once for each (source, reference); nothing that was
 * earned goes when consent does. A reference names one thing for good, such as `redemption:17`.
 */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { gateWrite } from '../consent/index.ts';
import { EARNING_SCOPES, type EarningSource } from './points.entity.ts';

export interface Earning {
  fanId: string;
  /** The game whose consent counts too. */
  gameId?: string | null;
  /** When it happened, of what is told late: points need the consent of then and of now. */
  at?: Date | null;
  source: EarningSource;
  reference: string;
}

export interface EarningOfPoints extends Earning {
  points: number;
  /** How long they are pending, and how long they live; the program's own life by default, null for ever. */
  pendingDays?: number;
  lifeDays?: number | null;
}

export interface EarningByRules extends Earning {
  source: Exclude<EarningSource, 'OFFER'>;
  action?: string;
  amount?: number;
  currency?: string;
  /** The length of a streak. */
  count?: number;
}

/** How many points that thing has earned, now or when it was first said; 0 without consent. */
export async function earnPoints(em: SqlEntityManager, earning: EarningOfPoints): Promise<number> {
  if (!(await mayEarn(em, earning))) return 0;
  const { fanId, source, reference, points, pendingDays = 0, lifeDays } = earning;
  const ofProgram = lifeDays === undefined;
  const [row] = await em.execute<{ earned: number }[]>(sql`
    select points_earn(${fanId}, ${source}, ${reference}, '', ${points}, ${pendingDays},
      case when ${ofProgram} then p.life_days else ${lifeDays ?? null}::int end) as earned
    from loyalty_program p`);
  return row!.earned;
}

/** As the operator's rules say. Each rule that applies earns, up to its cap. */
export async function earnByRules(em: SqlEntityManager, earning: EarningByRules): Promise<number> {
  if (!(await mayEarn(em, earning))) return 0;
  const { fanId, source, reference, action = null, amount = null, currency = null, count = null } = earning;
  const [row] = await em.execute<{ earned: number }[]>(sql`
    select points_earn_by_rules(${fanId}, ${source}, ${action}, ${reference}, ${amount}::bigint, ${currency},
      ${count}::int) as earned`);
  return row!.earned;
}

/**
 * Takes back what a thing earned, all of it or `part` of its `whole`, counted from the first refund on; saying it again
 * takes nothing more. How many points were taken: the program's policy may leave some.
 */
export async function reverseEarnings(
  em: SqlEntityManager,
  { source, reference, part = 1, whole = 1 }: Pick<Earning, 'source' | 'reference'> & { part?: number; whole?: number },
): Promise<number> {
  const [row] = await em.execute<{ taken: number }[]>(
    sql`select points_take_back(${source}, ${reference}, ${part}::bigint, ${whole}::bigint) as taken`,
  );
  return row!.taken;
}

async function mayEarn(em: SqlEntityManager, { fanId, gameId = null, at, source }: Earning): Promise<boolean> {
  const allowed = await gateWrite(em, { fanId, gameId, at }, { points: true, source: true }, EARNING_SCOPES[source]);
  return Boolean(allowed.points && allowed.source);
}
