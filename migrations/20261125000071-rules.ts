/** Drafts, hours that repeat, the state of the game, and segments by tier, attendance, streak and engagement. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Rules extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000071-rules.sql'));
    await this.execute(sql('./20261125000071-rules-segments.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000065-targets-rule.sql'));
    await this.execute(sql('./20261125000071-rules-down.sql'));
  }
}
