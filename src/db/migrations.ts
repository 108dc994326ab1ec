/** The migrations, in order; a new one is appended here. */
import { First } from '../../migrations/20261123000001-first.ts';
import { ConsentChanges } from '../../migrations/20261124000003-consent-changes.ts';

export const migrationsList = [
  { name: '20261123000001-first', class: First },
  { name: '20261124000003-consent-changes', class: ConsentChanges },
];
