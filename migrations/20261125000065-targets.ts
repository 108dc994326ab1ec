/** Campaigns with an explicit audience, the rule that heeds it, and how redemptions of the past are replayed. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Targets extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000065-targets.sql'));
    await this.execute(sql('./20261125000065-targets-rule.sql'));
    await this.execute(sql('./20261125000065-targets-past.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000029-contact-rule.sql'));
    await this.execute(sql('./20261125000065-targets-down.sql'));
  }
}
