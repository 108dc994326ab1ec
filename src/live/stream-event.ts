/** What a subscription's source yields: the cursor after it, and the scope that gates it whole. */
import type { ConsentSubject } from '../consent/consent-view.ts';
import type { ConsentScope } from '../consent/scopes.ts';

export interface EventGate {
  readonly subject: ConsentSubject;
  readonly scope: ConsentScope;
  /** Where it is told from a record: the scope under which the operator keeps that, with the lineages of then. */
  readonly kept?: { readonly subject: ConsentSubject; readonly scope: ConsentScope };
}

export interface StreamEvent {
  readonly cursor: string;
  /** Null: about nobody, such as a position. */
  readonly gate: EventGate | null;
}
