/** What one operation works with: made once per request, and once per subscription, as Yoga does by default. */
import type { Pool } from 'pg';

export interface Context {
  /** Who asks. How a token proves it is not what is compared here: the token is the name. */
  readonly subject: string | null;
  readonly pool: Pool;
}

export const subjectOf = (authorization: unknown): string | null =>
  typeof authorization === 'string' ? (/^Bearer (.+)$/.exec(authorization)?.[1] ?? null) : null;
