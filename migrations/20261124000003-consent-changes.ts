/** A fan's changes of consent, told live and foreseen: the trigger that tells them, and the functions of the preview. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

const sql = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

export class ConsentChanges extends Migration {
  override async up(): Promise<void> {
    await this.execute(sql('./20261124000003-consent-changes.sql'));
    await this.execute(sql('./20261124000003-preview.sql'));
  }

  override async down(): Promise<void> {
    await this.execute(sql('./20261124000003-drop.sql'));
  }
}
