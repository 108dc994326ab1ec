export { grantConsent } from './acts.service.ts';
export { type ConsentSubject, ConsentView } from './consent-view.ts';
export type { Decision } from './decision.ts';
export { ConsentGate } from './gate.ts';
export { grantScopes } from './grants.service.ts';
export {
  findCurrentPolicy,
  findPolicyHistory,
  type PublishedPolicy,
  publishPolicy,
  requireCurrentPolicy,
} from './policy.service.ts';
export { bitOf, CATALOGUE, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';
export { gateWrite, type ScopedValue } from './write-gate.ts';
