/** Whether an event may be told to a viewer at all, by what gates it whole, as consent stands in this context. */
import type { Context } from '../context.ts';
import type { EventGate } from './stream-event.ts';

export async function admits({ consent }: Pick<Context, 'consent'>, gate: EventGate | null): Promise<boolean> {
  if (gate === null) return true;
  if (gate.kept && !(await consent.keeps(gate.kept.subject, gate.kept.scope))) return false;
  return consent.shows(gate.subject, gate.scope);
}

/** How many of them. */
export async function countAdmitted(context: Pick<Context, 'consent'>, gates: readonly EventGate[]): Promise<number> {
  const admitted = await Promise.all(gates.map((gate) => admits(context, gate)));
  return admitted.filter(Boolean).length;
}
