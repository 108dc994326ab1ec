/** A place for the fans of a game is one for whoever comes second, too. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Places extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000074-places.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000074-places-down.sql'));
  }
}
