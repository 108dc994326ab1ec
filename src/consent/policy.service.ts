/** Published policies. The current one is the latest that is in effect; a grant must name it. */
import { createHash } from 'node:crypto';
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { readNow } from '../db/sql.ts';
import { ConflictError, ConsentError, ServiceError } from '../errors.ts';
import { Policy } from './policy.entity.ts';

export interface NewPolicy {
  version: string;
  text: string;
  materialChange: boolean;
  /** Null: at once. */
  effectiveAt: Date | null;
  language?: string;
}

export async function findCurrentPolicy(em: SqlEntityManager): Promise<Policy> {
  const [policy] = await em.find(
    Policy,
    { effectiveAt: { $lte: sql`app_now()` } },
    { orderBy: { ordinal: 'desc' }, limit: 1 },
  );
  if (!policy) throw new ServiceError('UNAVAILABLE', 'No policy has been published yet.');
  return policy;
}

/** For what happened in the past: the policy that was in effect then or, before there was any, the first. */
export async function findPolicyAsOf(em: SqlEntityManager): Promise<Policy> {
  const [first] = await em.find(Policy, {}, { orderBy: { ordinal: 'asc' }, limit: 1 });
  if (!first || first.effectiveAt <= (await readNow(em))) return findCurrentPolicy(em);
  return first;
}

export interface PublishedPolicy {
  policy: Policy;
  /** PAST: replaced, or overtaken by a later publication before it took effect. */
  standing: 'PAST' | 'CURRENT' | 'UPCOMING';
}

/** Every published version, the newest first. */
export async function findPolicyHistory(em: SqlEntityManager): Promise<PublishedPolicy[]> {
  const policies = await em.find(Policy, {}, { orderBy: { ordinal: 'desc' } });
  const current = await findCurrentPolicy(em);
  const standingOf = (policy: Policy): PublishedPolicy['standing'] => {
    if (policy.ordinal === current.ordinal) return 'CURRENT';
    const overtaken = policies.some(
      (later) => later.ordinal > policy.ordinal && later.effectiveAt <= policy.effectiveAt,
    );
    return policy.ordinal > current.ordinal && !overtaken ? 'UPCOMING' : 'PAST';
  };
  return policies.map((policy) => ({ policy, standing: standingOf(policy) }));
}

/** @throws ConsentError POLICY_OUTDATED when `version` is not the current one. */
export async function requireCurrentPolicy(em: SqlEntityManager, version: string): Promise<Policy> {
  const policy = await findCurrentPolicy(em);
  if (policy.version === version) return policy;
  throw new ConsentError('POLICY_OUTDATED', `The current policy is ${policy.version}. Show it, and ask again.`);
}

/** One commit: the policy, and the log entry that makes every gate look again. @throws ConflictError for a used version. */
export async function publishPolicy(em: SqlEntityManager, policy: NewPolicy): Promise<Policy> {
  return em.transactional(async (tx) => {
    await tx.execute(sql`lock table policy in share row exclusive mode`);
    if (await tx.findOne(Policy, { version: policy.version })) {
      throw new ConflictError(
        'INVALID_STATE',
        `Policy ${policy.version} is published already, and published is final.`,
      );
    }
    const [row] = await tx.execute<{ ordinal: number; now: Date }[]>(
      sql`select coalesce(max(ordinal), 0) + 1 as ordinal, app_now() as now from policy`,
    );
    const published = tx.create(Policy, {
      version: policy.version,
      ordinal: row!.ordinal,
      effectiveAt: policy.effectiveAt ?? new Date(row!.now),
      materialChange: policy.materialChange,
      language: policy.language ?? 'en',
      text: policy.text,
      sha256: createHash('sha256').update(policy.text).digest('hex'),
    } as never);
    await tx.flush();
    await tx.execute(sql`select consent_log_append(null, null, ${published.id}, null)`);
    return published;
  });
}
