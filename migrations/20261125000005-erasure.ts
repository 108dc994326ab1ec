/** Erasing a fan: one function, and what keeps acts under way from outliving it. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Erasure extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000005-erasure.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000005-erasure-down.sql'));
  }
}
