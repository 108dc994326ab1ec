/** Leases: which nodes may show what consent allows, and what each has applied. */
import { readFileSync } from 'node:fs';
import { Migration } from '@mikro-orm/migrations';

export class Leases extends Migration {
  override async up(): Promise<void> {
    await this.execute(readFileSync(new URL('./20261124000004-lease.sql', import.meta.url), 'utf8'));
  }

  override async down(): Promise<void> {
    await this.execute('drop function consent_lease_join, consent_lease_renew; drop table consent_lease;');
  }
}
