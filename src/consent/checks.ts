/** What must hold of the record of consent. That the tree verifies, `npm run verify` proves to strangers. */
import type { Check } from '../db/check.ts';

export const CONSENT_CHECKS: readonly Check[] = [
  {
    what: 'The log of withdrawals ends where its clock stands.',
    sql: `select 'the clock stands at ' || c.seq || ', the log at ' || l.seq as found
      from consent_clock c, (select max(seq) as seq from consent_log) l where l.seq > c.seq`,
  },
  {
    what: 'The leaves of the ledger are without a gap.',
    sql: `select 'leaf ' || max(index) || ' is the last of ' || count(*) as found
      from ledger_leaf having max(index) + 1 <> count(*)`,
  },
  {
    what: 'Every entry of the ledger is in its tree, or waits to be, once.',
    sql: `select 'entry ' || e.id as found from ledger_entry e
      where (select count(*) from ledger_leaf l where l.entry_id = e.id)
        + (select count(*) from ledger_pending p where p.entry_id = e.id) <> 1`,
  },
  {
    what: 'No signed head is larger than the tree.',
    sql: `select 'head ' || max(h.size) as found from ledger_head h
      having max(h.size) > (select count(*) from ledger_leaf)`,
  },
  {
    what: 'A grant that ended says why, and one that stands does not.',
    sql: `select 'grant ' || id as found from consent_grant where (ended_at is null) <> (end_reason is null)`,
  },
];
