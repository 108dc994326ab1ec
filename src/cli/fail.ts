/** How every command ends that cannot do its work: the message for what a user can mend, the stack for what they cannot. */
import { ConfigError } from '../config.ts';
import { DatabaseError } from '../db/database.ts';
import { EmbeddedPostgresError } from '../db/embedded.ts';
import { CodedError } from '../errors.ts';
import { ListenError } from '../server.ts';

const EXPECTED = [ConfigError, DatabaseError, EmbeddedPostgresError, ListenError, CodedError];

export function failPlainly(error: unknown): never {
  const expected = EXPECTED.some((kind) => error instanceof kind);
  console.error(expected ? (error as Error).message : error);
  process.exit(1);
}
