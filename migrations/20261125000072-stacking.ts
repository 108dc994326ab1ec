/** Groups of campaigns, of which an order takes all or one, and the order that a redemption is of. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Stacking extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000072-stacking.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000072-stacking-down.sql'));
  }
}
