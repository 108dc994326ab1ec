/** Writes schema.graphql, or with --check says whether it is what the code says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, printSchema } from '../graphql/schema.ts';

const file = new URL('../../schema.graphql', import.meta.url);
const printed = printSchema(buildSchema());

if (!process.argv.includes('--check')) {
  writeFileSync(file, printed);
} else if (readFileSync(file, 'utf8') !== printed) {
  console.error('schema.graphql is not what the code says. Run: npm run schema');
  process.exit(1);
}
