/** What became of a statement, as far as the driver's error tells. */
import { ServiceError } from '../errors.ts';

/**
 * Connection refused, reset or timed out; PostgreSQL's classes 08 (connection), 53 (resources) and 57 (shutdown), and
 * 25P04: the transaction took longer than the server allows, and is undone.
 */
const UNREACHABLE = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08|53|57P|25P04)/;
/** It had been sent when the connection went. Refused or not found means that it had not. */
const LOST = /^(ECONNRESET|EPIPE|ETIMEDOUT|08006|08007|57P)/;
/** The driver's own words, which have no code. */
const GIVEN_UP = /Connection terminated|Query read timeout|timeout exceeded when trying to connect/;
/** The same, for what was asked after the connection had gone, and so never sent. */
const NOT_SENT = /is not queryable/;

export function isUnreachable(error: unknown): boolean {
  return causes(error).some(
    ({ code, message }) => UNREACHABLE.test(code) || GIVEN_UP.test(message) || NOT_SENT.test(message),
  );
}

/**
 * For a statement that is a commit by itself: without an answer nobody knows whether it took effect.
 * @throws ServiceError OUTCOME_UNKNOWN when the answer was lost, otherwise the error as it is.
 */
export function sayIfUnknown(error: unknown): never {
  const lost = causes(error).some(({ code, message }) => LOST.test(code) || GIVEN_UP.test(message));
  if (!lost) throw error;
  throw new ServiceError('OUTCOME_UNKNOWN', 'It may have taken effect. Asking again is safe.');
}

/**
 * Whether the fan that it was about has been erased meanwhile: `require_enrolled` found nobody, or a row that hangs on
 * the fan could not be written any more.
 */
export function isErased(error: unknown): boolean {
  return causes(error).some(
    ({ code, constraint }) => code === 'P0002' || (code === '23503' && constraint.endsWith('fan_id_foreign')),
  );
}

/** The driver wraps errors; what happened may be some causes down. */
function causes(error: unknown): { code: string; constraint: string; message: string }[] {
  const found: { code: string; constraint: string; message: string }[] = [];
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  for (let at = error; at instanceof Error && found.length < 5; at = at.cause) {
    const { code, constraint } = at as Error & { code?: unknown; constraint?: unknown };
    found.push({ code: text(code), constraint: text(constraint), message: at.message });
  }
  return found;
}
