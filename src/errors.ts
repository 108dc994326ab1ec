/**
 * The errors that callers may see. Each has a code that clients branch on; the message is for people and never holds a
 * personal value. Anything that is not one of these is masked at the edge.
 */
export const ERROR_CODES = [
  'BAD_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'NOT_ENROLLED',
  'ALREADY_ENROLLED',
  'CONSENT_REQUIRED',
  'GUARDIAN_REQUIRED',
  'POLICY_OUTDATED',
  'IDEMPOTENCY_CONFLICT',
  'INVALID_STATE',
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export abstract class CodedError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** What was sent cannot be accepted as it is. `path` names the place in the input. */
export class InputError extends CodedError {
  readonly path: string | null;
  constructor(message: string, path: string | null = null) {
    super('BAD_INPUT', message);
    this.path = path;
  }
}

/** Nobody is signed in, or the viewer's role may not do this. */
export class AccessError extends CodedError {
  constructor(code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_ENROLLED' | 'GUARDIAN_REQUIRED', message: string) {
    super(code, message);
  }
}

/** No such thing, or none that this viewer may know of: the two look the same. */
export class NotFoundError extends CodedError {
  constructor(what: string) {
    super('NOT_FOUND', `${what} was not found.`);
  }
}

/** It collides with what already stands. */
export class ConflictError extends CodedError {
  constructor(code: 'ALREADY_ENROLLED' | 'IDEMPOTENCY_CONFLICT' | 'INVALID_STATE', message: string) {
    super(code, message);
  }
}

/** Nothing is stored under a scope that is not in force. */
export class ConsentError extends CodedError {
  readonly scopes: readonly string[];
  constructor(code: 'CONSENT_REQUIRED' | 'POLICY_OUTDATED', message: string, scopes: readonly string[] = []) {
    super(code, message);
    this.scopes = scopes;
  }
}

/** The service cannot answer now. OUTCOME_UNKNOWN: it may have happened; asking again is safe. */
export class ServiceError extends CodedError {
  constructor(code: 'UNAVAILABLE' | 'OUTCOME_UNKNOWN', message: string) {
    super(code, message);
  }
}
