/** The outbox in partitions, and the generations of its history. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Outbox extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000050-outbox.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000050-outbox-down.sql'));
  }
}
