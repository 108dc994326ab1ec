/** The migrations, in order; a new one is appended here. */
import { First } from '../../migrations/20261123000001-first.ts';
import { Ledger } from '../../migrations/20261124000001-ledger.ts';
import { Rule } from '../../migrations/20261124000002-rule.ts';
import { ConsentChanges } from '../../migrations/20261124000003-consent-changes.ts';
import { Leases } from '../../migrations/20261124000004-lease.ts';
import { Partners } from '../../migrations/20261125000003-partners.ts';
import { Announce } from '../../migrations/20261125000004-announce.ts';
import { Erasure } from '../../migrations/20261125000005-erasure.ts';
import { Points } from '../../migrations/20261125000008-points.ts';
import { Verdicts } from '../../migrations/20261125000009-verdicts.ts';
import { PartnerHome } from '../../migrations/20261125000019-partner-home.ts';
import { Contact } from '../../migrations/20261125000029-contact.ts';
import { Measuring } from '../../migrations/20261125000039-measuring.ts';
import { Outbox } from '../../migrations/20261125000050-outbox.ts';
import { Purchases } from '../../migrations/20261125000055-purchases.ts';
import { Claims } from '../../migrations/20261125000060-claims.ts';
import { Targets } from '../../migrations/20261125000065-targets.ts';
import { Rules } from '../../migrations/20261125000071-rules.ts';
import { Stacking } from '../../migrations/20261125000072-stacking.ts';
import { Streaks } from '../../migrations/20261125000073-streaks.ts';
import { Places } from '../../migrations/20261125000074-places.ts';

export const migrationsList = [
  { name: '20261123000001-first', class: First },
  { name: '20261124000001-ledger', class: Ledger },
  { name: '20261124000002-rule', class: Rule },
  { name: '20261124000003-consent-changes', class: ConsentChanges },
  { name: '20261124000004-lease', class: Leases },
  { name: '20261125000003-partners', class: Partners },
  { name: '20261125000004-announce', class: Announce },
  { name: '20261125000005-erasure', class: Erasure },
  { name: '20261125000008-points', class: Points },
  { name: '20261125000009-verdicts', class: Verdicts },
  { name: '20261125000019-partner-home', class: PartnerHome },
  { name: '20261125000029-contact', class: Contact },
  { name: '20261125000039-measuring', class: Measuring },
  { name: '20261125000050-outbox', class: Outbox },
  { name: '20261125000055-purchases', class: Purchases },
  { name: '20261125000060-claims', class: Claims },
  { name: '20261125000065-targets', class: Targets },
  { name: '20261125000071-rules', class: Rules },
  { name: '20261125000072-stacking', class: Stacking },
  { name: '20261125000073-streaks', class: Streaks },
  { name: '20261125000074-places', class: Places },
];
