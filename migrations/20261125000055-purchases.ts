/** Purchases go when the fan withdraws HISTORY_PURCHASE and erases. The points that they earned stay. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Purchases extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000055-purchases.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000055-purchases-down.sql'));
  }
}
