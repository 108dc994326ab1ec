/** The ledger: its tables, and acts of consent that append to it in their own commit. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Ledger extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261124000001-tables.sql'));
    await this.execute(sql('./20261124000001-acts.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261124000001-drop.sql'));
  }
}
