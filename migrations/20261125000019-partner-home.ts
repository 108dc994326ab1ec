/** What partners see of their own: an audience in pages, and rehearsals with their record. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class PartnerHome extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000019-partner-home.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000019-partner-home-down.sql'));
  }
}
