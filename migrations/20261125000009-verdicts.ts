/** One rule for whom an announcement reaches and why not, which everything that announces, explains or foresees asks. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class Verdicts extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261125000009-verdicts.sql'));
    await this.execute(sql('./20261125000009-verdicts-rule.sql'));
    await this.execute(sql('./20261125000009-verdicts-questions.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261125000009-verdicts-down.sql'));
  }
}
