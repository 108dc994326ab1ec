/**
 * The first schema. Its SQL stands beside it, one file a subject, so that the rules can be read as SQL.
 */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class First extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261123000001-rule-clock.sql'));
    await this.execute(sql('./20261123000001-tables.sql'));
    await this.execute(sql('./20261123000001-presence.sql'));
    await this.execute(sql('./20261123000001-consent.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261123000001-drop.sql'));
  }
}
