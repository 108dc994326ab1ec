/** Reads an input by a zod schema; a mistake becomes an InputError that names its place. */
import type { z } from 'zod';
import { InputError } from './errors.ts';

/** @throws InputError with the first mistake. */
export function read<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = ['input', ...issue.path].join('.');
  throw new InputError(`${path}: ${issue.message}`, path);
}
