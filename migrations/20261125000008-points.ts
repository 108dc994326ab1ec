/** Points: the ledger and its arithmetic, what earns them, tiers, purchases and rewards. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Points extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000008-points-tables.sql'));
    await this.execute(sql('./20261125000008-points-ledger.sql'));
    await this.execute(sql('./20261125000008-points-program.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000008-points-down.sql'));
  }
}
