/**
 * MikroORM's driver, but for a commit whose answer was lost: whoever asked for it is told that nobody knows whether it
 * took effect, and not that it failed. What is lost before the commit has been sent has not taken effect, and fails.
 */
import { PostgreSqlConnection, PostgreSqlDriver } from '@mikro-orm/postgresql';
import { sayIfUnknown } from './outcome.ts';

class Connection extends PostgreSqlConnection {
  /** @throws ServiceError OUTCOME_UNKNOWN. */
  override commit(...args: Parameters<PostgreSqlConnection['commit']>): Promise<void> {
    return super.commit(...args).catch(sayIfUnknown);
  }
}

export class Driver extends PostgreSqlDriver {
  protected override readonly connection = new Connection(this.config);
}
