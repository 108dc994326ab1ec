/** An announcement to a full stadium costs what it must: no key is looked up per fan that the statement holds anyway. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Announce extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000004-announce.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000004-announce-down.sql'));
  }
}
