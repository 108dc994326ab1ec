/** Claims, their redemption, and the books that keep every count right. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Claims extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000060-claims-tables.sql'));
    await this.execute(sql('./20261125000060-claims-room.sql'));
    await this.execute(sql('./20261125000060-claims-acts.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000060-claims-down.sql'));
  }
}
