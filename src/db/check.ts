/** What must hold in the data at every instant, asked by SQL that finds what breaks it. */
import type { SqlEntityManager } from '@mikro-orm/postgresql';

export interface Check {
  /** A sentence that is true where nothing is found. */
  readonly what: string;
  /** A query with one column, `found`: in words, without a personal value, what breaks it. */
  readonly sql: string;
}

export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly found: readonly string[];
}

/** In the caller's transaction, so that all checks may look at one instant. */
export async function examine(em: SqlEntityManager, checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { what, sql } of checks) {
    const rows = await em.execute<{ found: string }[]>(sql);
    findings.push({ what, ok: rows.length === 0, found: rows.map(({ found }) => found) });
  }
  return findings;
}
