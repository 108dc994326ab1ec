/** Reads an input by a zod schema; a mistake becomes an InputError that names its place. No text may hold U+0000, which PostgreSQL cannot store. */
import type { z } from 'zod';
import { InputError } from './errors.ts';

/** @throws InputError with the first mistake. */
export function read<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input);
  const issue = parsed.success ? findNul(input, []) : parsed.error.issues[0]!;
  if (!issue) return parsed.data!;
  const path = ['input', ...issue.path].join('.');
  throw new InputError(`${path}: ${issue.message}`, path);
}

function findNul(value: unknown, path: readonly string[]): { path: readonly string[]; message: string } | null {
  if (typeof value === 'string') return value.includes('\0') ? { path, message: 'must not contain U+0000' } : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, inner] of Object.entries(value)) {
    const found = findNul(inner, [...path, name]);
    if (found) return found;
  }
  return null;
}
