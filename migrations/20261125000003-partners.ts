/** What partners are told live: whose activity is shared with them, and what fans do with offers. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Partners extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000003-partners.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000003-partners-down.sql'));
  }
}
