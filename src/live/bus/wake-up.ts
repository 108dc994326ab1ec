/** What nodes tell each other: "there is something to read", "forget this fan". Never a value. */

export interface WakeUp {
  /** There are events to read. */
  readonly outbox?: boolean;
  /** There are withdrawals to apply. */
  readonly log?: boolean;
  /** Forget what was decided for these. */
  readonly fans?: readonly string[];
}

/** For whoever could not be told for a while. */
export const LOOK_EVERYWHERE: WakeUp = { outbox: true, log: true };

/** What brings wake-ups to the other nodes, and theirs here. */
export interface Wire {
  /** Tries until it is closed; resolves when it has tried once. */
  listen(): Promise<void>;
  /** @throws whatever kept it from being handed over. */
  send(message: string): Promise<void>;
  close(): Promise<void>;
}

export const writeWakeUp = (wakeUp: WakeUp): string => JSON.stringify(wakeUp);

/** Null for what is none: anybody may write to a channel. */
export function readWakeUp(message: string | undefined): WakeUp | null {
  try {
    const { outbox, log, fans } = JSON.parse(message ?? '') as Partial<Record<keyof WakeUp, unknown>>;
    const named = Array.isArray(fans) ? fans.filter((fan): fan is string => typeof fan === 'string') : [];
    return { outbox: outbox === true, log: log === true, fans: named };
  } catch {
    return null;
  }
}
