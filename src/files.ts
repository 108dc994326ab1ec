/** Files that a user names: read whole, or refused in words. */
import { readFile } from 'node:fs/promises';
import { InputError } from './errors.ts';

const UNREADABLE = new Map([
  ['ENOENT', 'there is no such file.'],
  ['ENOTDIR', 'there is no such file.'],
  ['EISDIR', 'it is a directory.'],
  ['EACCES', 'this user may not.'],
]);

/** @throws InputError. */
export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${file} cannot be read: ${UNREADABLE.get(error.code ?? '') ?? error.message}`);
  });
}
