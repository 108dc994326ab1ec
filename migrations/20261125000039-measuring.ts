/** Measuring campaigns: the funnel as it was counted last, who was held out, and what of it shows in purchases. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Measuring extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000039-measuring.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000039-measuring-down.sql'));
  }
}
