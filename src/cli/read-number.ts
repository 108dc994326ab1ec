/** Numbers among a command's arguments. */
import { InputError } from '../errors.ts';

const WHOLE = /^\d+$/;
export const DECIMAL = /^\d+(\.\d+)?$/;

/** @throws InputError for whatever is no number of that shape, or not within the bounds. */
export function readNumber(name: string, text: string, least: number, most: number, shape: RegExp = WHOLE): number {
  const number = shape.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new InputError(`${name} must be a number from ${least} to ${most}.`);
}
