/**
 * The part of every notice that nobody types: what is collected, why, for whom and how long, scope by scope, derived
 * from the catalogue and from the gated fields of the built schema. It is appended to the operator's own words before
 * they are published, so that the hash covers both and an old version goes on saying what was true of it.
 */
import { type GraphQLSchema, isObjectType } from 'graphql';
import { gatedFields } from '../graphql/consent-plugin/index.ts';
import { CATALOGUE, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';

const HEADING = '## What is collected, why, for whom and how long';

const PREAMBLE = `This list is made from the software itself: it names every field about you that the software can show, under the purpose that you would have to say yes to. Where a purpose is off, its fields are empty for everybody. Your own right to see what we hold does not depend on any of it.`;

const LASTS: Readonly<Record<'STANDING' | 'GAME', string>> = {
  STANDING: 'until you take it back',
  GAME: 'for one game',
};

/** The generated list, from its heading to a final newline. */
export function listWhatIsCollected(schema: GraphQLSchema): string {
  const fields = gatedFields(schema);
  const scopes = CONSENT_SCOPES.map((scope) => describeScope(schema, scope, fields.get(scope) ?? []));
  return `${[HEADING, PREAMBLE, ...scopes].join('\n\n')}\n`;
}

function describeScope(schema: GraphQLSchema, scope: ConsentScope, fields: readonly string[]): string {
  const { title, description, purpose, retention, defaultDuration } = CATALOGUE[scope];
  const what = fields.map((field) => `- What: ${inPlainWords(schema, field)} \`${field}\``);
  return [
    `### ${title} \`${scope}\``,
    '',
    description,
    '',
    ...(what.length > 0 ? what : ['- What: what the sentence above says, and no field beyond it.']),
    `- Why: ${spelledOut(purpose)} \`${purpose}\``,
    '- For whom: the operator, and of its partners only those to whom you grant it by name.',
    `- How long: ${retention}`,
    `- Unless you say otherwise, a yes lasts ${LASTS[defaultDuration]}.`,
  ].join('\n');
}

/** `dpv:ServicePersonalisation` as "service personalisation". */
const spelledOut = (term: string): string =>
  `${term
    .replace(/^\w+:/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()}.`;

/** The first sentence of a gated field's description is written for fans. Without one, the field's name has to do. */
function inPlainWords(schema: GraphQLSchema, coordinate: string): string {
  const description = descriptionOf(schema, coordinate);
  if (description) return /^.*?[.!?](?=\s|$)/s.exec(description)?.[0] ?? `${description}.`;
  return `${coordinate
    .split('.')[1]!
    .replace(/(?=[A-Z])/g, ' ')
    .toLowerCase()}.`;
}

function descriptionOf(schema: GraphQLSchema, coordinate: string): string | null {
  const [typeName, fieldName] = coordinate.split('.') as [string, string];
  const type = schema.getType(typeName);
  return (isObjectType(type) && type.getFields()[fieldName]?.description?.trim()) || null;
}

/** The gated fields that the notice cannot explain, because the schema does not. */
export const undescribedFields = (schema: GraphQLSchema): string[] =>
  [...gatedFields(schema).values()].flat().filter((field) => descriptionOf(schema, field) === null);

/** The words of a notice with the list of this software behind them, in place of any that stood there. */
export const composeNotice = (text: string, schema: GraphQLSchema): string =>
  `${wordsOf(text)}\n\n${listWhatIsCollected(schema)}`;

/** What a person has written of a notice: all before the generated list. */
function wordsOf(text: string): string {
  const end = `\n${text}`.indexOf(`\n${HEADING}\n`);
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}

/** Whether a published text says what this software collects. */
export const saysWhatIsCollected = (text: string, schema: GraphQLSchema): boolean =>
  text.includes(listWhatIsCollected(schema));

/** The lines in which a text differs from what the code says: `-` is only in the text, `+` only in the code. */
export function differences(text: string, schema: GraphQLSchema): string[] {
  const [said, meant] = [text, composeNotice(text, schema)].map((notice) => notice.split('\n')) as [string[], string[]];
  return [
    ...said.filter((line) => !meant.includes(line)).map((line) => `- ${line}`),
    ...meant.filter((line) => !said.includes(line)).map((line) => `+ ${line}`),
  ];
}
