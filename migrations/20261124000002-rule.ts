/**
 * Pauses, the veto of partners, guardians with their wards, and ages of consent as data. One SQL file a subject; `down`
 * brings the rule of the first migration back, and loses what that rule has no words for.
 */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Rule extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261124000002-rule-tables.sql'));
    await this.execute(sql('./20261124000002-rule-ages.sql'));
    await this.execute(sql('./20261124000002-rule-consent.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261124000002-rule-down.sql'));
  }
}
