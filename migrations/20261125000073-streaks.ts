/** A streak counts the game at which the fan arrives, whether or not it has begun. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Streaks extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000073-streaks.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000073-streaks-down.sql'));
  }
}
