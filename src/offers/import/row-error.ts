/** Why a row was refused: a code for programs, a sentence for people. */
export const ROW_CODES = [
  'BAD_ROW',
  'CONFLICT',
  'UNKNOWN_CAMPAIGN',
  'NOT_TARGETED',
  'NOT_ANNOUNCED',
  'CONSENT_REQUIRED',
  'OUTSIDE_WINDOW',
  'IN_THE_FUTURE',
  'NOT_LIVE',
  'LIMIT',
  'SOLD_OUT',
] as const;
export type RowCode = (typeof ROW_CODES)[number];

export class RowError extends Error {
  readonly code: RowCode;
  constructor(code: RowCode, message: string) {
    super(message);
    this.code = code;
  }
}
