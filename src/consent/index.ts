export { grantConsent } from './acts.service.ts';
export { type ConsentSubject, ConsentView } from './consent-view.ts';
export type { Decision, DecisionKey } from './decision.ts';
export { ConsentGate } from './gate.ts';
export { type Granted, grantScopes } from './grants.service.ts';
export { Barrier, type Passed } from './lease/barrier.ts';
export { LeaseKeeper } from './lease/lease-keeper.ts';
export { createSealer, Ledger, type Receipt, type Sealer, sealedArguments } from './ledger/index.ts';
export { requireMayTakeAway } from './on-behalf.ts';
export {
  findCurrentPolicy,
  findPolicyAsOf,
  findPolicyHistory,
  type NewPolicy,
  type PublishedPolicy,
  publishPolicy,
  requireCurrentPolicy,
} from './policy.service.ts';
export { bitOf, bitsOf, CATALOGUE, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';
export { isVeto, recordVeto } from './vetoes.service.ts';
export { gateWrite, type ScopedValue } from './write-gate.ts';
