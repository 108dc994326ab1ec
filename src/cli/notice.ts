/**
 * Writes what the code collects into the notice, behind the words that a person has written. With --check it changes
 * nothing, and names what differs and which gated field has no description.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { composeNotice, differences, undescribedFields } from '../consent/notice.ts';
import { buildSchema } from '../graphql/schema.ts';
import { FIRST_POLICY_FILE } from '../seed/policy.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean' }, file: { type: 'string' } } });
const file = values.file ?? FIRST_POLICY_FILE;
const text = readFileSync(file, 'utf8');
const schema = buildSchema();

const mistakes = undescribedFields(schema).map(
  (field) => `${field} is gated and has no description; fans read its first sentence in the notice.`,
);
const composed = composeNotice(text, schema);
if (!values.check) {
  writeFileSync(file, composed);
} else if (text !== composed) {
  mistakes.push('The notice is not what the code says. Run: npm run notice', ...differences(text, schema));
}
for (const mistake of mistakes) console.error(mistake);
process.exit(mistakes.length === 0 ? 0 : 1);
