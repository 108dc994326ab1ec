/** The contact firewall: limits on how often a fan is told of offers at all, and the rule that heeds them. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Contact extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000029-contact.sql'));
    await this.execute(sql('./20261125000029-contact-rule.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000009-verdicts-rule.sql'));
    await this.execute(sql('./20261125000029-contact-down.sql'));
  }
}
