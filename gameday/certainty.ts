/** From a fan's acts to periods: spans of unbroken consent, or of presence, with uncertain edges. Knows no server. */
import type { Act, FanRecord, Scope, Span } from './journal.ts';

/** It began within `from` and ended within `until`; null: it has not ended. */
export interface Period<T> {
  readonly from: Span;
  readonly until: Span | null;
  readonly value: T;
}

/** One period per unbroken consent to a recipient, the operator by default; a gap, however short, begins another. */
export function consentPeriods({ acts }: FanRecord, scope: Scope, recipient?: string): Period<Scope>[] {
  return periods(acts, (act) => {
    if (act.kind !== 'GRANT' && act.kind !== 'WITHDRAW') return null;
    if (act.recipient !== recipient || !act.scopes.includes(scope)) return null;
    return act.kind === 'GRANT' ? { begin: scope, unlessBegun: true } : 'end';
  });
}

/** At the venue: from a check-in to a check-out, or to the end of the consent without which nothing is stored. */
export function presencePeriods({ acts }: FanRecord): Period<true>[] {
  return periods(acts, (act) => {
    if (act.kind === 'CHECK_IN') return { begin: true as const, unlessBegun: true };
    return act.kind === 'CHECK_OUT' || withdraws(act, 'PRESENCE_VENUE') ? 'end' : null;
  });
}

/** In a zone that is stored: each check-in with PRESENCE_ZONE begins anew. */
export function zonePeriods(fan: FanRecord): Period<string>[] {
  const consent = consentPeriods(fan, 'PRESENCE_ZONE');
  return periods(fan.acts, (act) => {
    if (act.kind === 'CHECK_IN') {
      return consent.some((period) => covers(period, act)) ? { begin: act.zone, unlessBegun: false } : null;
    }
    const ends = act.kind === 'CHECK_OUT' || withdraws(act, 'PRESENCE_VENUE') || withdraws(act, 'PRESENCE_ZONE');
    return ends ? 'end' : null;
  });
}

/** Certain during the whole span. */
export const covers = ({ from, until }: Period<unknown>, span: Span): boolean =>
  from.returned <= span.sent && (until === null || until.sent > span.returned);

/** Not impossible at some instant of the span. */
export const touches = ({ from, until }: Period<unknown>, span: Span): boolean =>
  from.sent <= span.returned && (until === null || until.returned >= span.sent);

/** From the operator: what is withdrawn from a partner ends nothing here. */
const withdraws = (act: Act, scope: Scope) =>
  act.kind === 'WITHDRAW' && act.recipient === undefined && act.scopes.includes(scope);

type Effect<T> = { begin: T; unlessBegun: boolean } | 'end' | null;

/** The acts of one fan follow each other: none is sent before the one before it was answered. */
function periods<T>(acts: readonly Act[], effect: (act: Act) => Effect<T>): Period<T>[] {
  const found: { from: Span; until: Span | null; value: T }[] = [];
  for (const act of acts) {
    const change = effect(act);
    if (change === null) continue;
    const open = found.at(-1)?.until === null ? found.at(-1)! : null;
    if (change === 'end') {
      if (open) open.until = act;
    } else if (!open || !change.unlessBegun) {
      if (open) open.until = act;
      found.push({ from: act, until: null, value: change.begin });
    }
  }
  return found;
}
