/**
 * Proves receipts and the public log without asking any server. One line a check; exit code 1 and the reason where
 * anything fails.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { SavedLog, verifyOffline } from '../consent/ledger/offline.ts';
import { InputError } from '../errors.ts';
import { failPlainly } from './fail.ts';

const HELP = `Proves receipts of consent, and the log that they stand in, from files alone.

  npm run verify -- --jwks FILE [--receipts FILE]… [--log FILE]…

  --jwks FILE       the keys: /.well-known/jwks.json, saved, best by someone else and long ago
  --receipts FILE   receipts: one JWS a line, or any JSON with "jws" in it, such as a saved answer of GraphQL
  --log FILE        saved answers of the log, in any number:
                      /.well-known/consent-log                      the newest signed head
                      /.well-known/consent-log/heads?from=0         all signed heads
                      /.well-known/consent-log/leaves?from=0        all leaves: the whole tree is built anew
                      /.well-known/consent-log/inclusion?leaf=…&size=…     instead of the leaves
                      /.well-known/consent-log/consistency?from=…&to=…     instead of the leaves

What is checked: each signature, by its pinned algorithm, type and key; each receipt's claims against its entry, its
entry and salt against a leaf of the log; each head's root; each head against the one before it.
Exit code 0 when all holds, 1 when anything does not.`;

const Jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

try {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      jwks: { type: 'string' },
      receipts: { type: 'string', multiple: true, default: [] },
      log: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.help) console.log(HELP);
  else process.exitCode = await verify(values);
} catch (error) {
  const unknownOption = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  failPlainly(unknownOption ? new InputError(`${(error as Error).message}\n\n${HELP}`) : error);
}

async function verify(files: { jwks?: string; receipts: string[]; log: string[] }): Promise<number> {
  if (!files.jwks) throw new InputError(`--jwks is needed.\n\n${HELP}`);
  if (files.receipts.length + files.log.length === 0) throw new InputError(`Name receipts, or a log.\n\n${HELP}`);
  const jwks = await readJson(files.jwks, Jwks);
  const receipts = (await Promise.all(files.receipts.map(readReceipts))).flat();
  const logs = await Promise.all(files.log.map((file) => readJson(file, SavedLog)));
  const checks = await verifyOffline(jwks as JSONWebKeySet, receipts, logs);
  for (const { ok, what, detail } of checks) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${what}: ${detail}`);
  const failed = checks.filter(({ ok }) => !ok).length;
  if (checks.length === 0) throw new InputError('There was nothing to check in these files.');
  console.log(failed === 0 ? `All ${checks.length} checks hold.` : `${failed} of ${checks.length} checks FAILED.`);
  return failed === 0 ? 0 : 1;
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error) => {
    throw new InputError(`${file} cannot be read: ${(error as Error).message}`);
  });
}

async function readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.infer<S>> {
  const parsed = schema.safeParse(parseJson(await readText(file)));
  if (parsed.success) return parsed.data;
  throw new InputError(`${file} is not what it should be: ${parsed.error.issues[0]!.message}`);
}

/** @throws InputError for a file without any. */
async function readReceipts(file: string): Promise<string[]> {
  const text = await readText(file);
  const json = parseJson(text);
  const receipts = json === undefined ? text.split(/\s+/).filter(Boolean) : [...new Set(findReceipts(json))];
  if (receipts.length === 0) throw new InputError(`${file} holds no receipt.`);
  return receipts;
}

function findReceipts(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return name === 'jws' || name === '' ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => findReceipts(item, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) => findReceipts(inner, member));
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
