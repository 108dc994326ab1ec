/**
 * A selection as a function of its own, for what is asked often: it reads properties and builds its answer with their
 * names in place, which engines make fast, and leaves all else to the run. Names are GraphQL's, letters and digits, and
 * quoted all the same. Where code may not be made at run time there is none, and everything works as before.
 */
import { GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLString, getNullableType } from 'graphql';
import type { Compiled, Field, Selection } from './shapes.ts';

/** Longer ones gain little, and functions that long are not optimized. */
const MOST_FIELDS = 60;

export function compile({ fields, blank }: Selection): Compiled | null {
  if (fields.length === 0 || fields.length > MOST_FIELDS || Object.getPrototypeOf(blank()) === null) return null;
  const values = fields.map((_, n) => `v${n}`);
  const code = `'use strict';
    const [${fields.map((_, n) => `f${n}`).join(', ')}] = fields;
    return (run, source, at) => {
      let ${values.join(', ')};
      try {
        ${fields.map(step).join('\n')}
        const answer = { ${fields.map(({ key }, n) => `${JSON.stringify(key)}: v${n}`).join(', ')} };
        return ${values.map((value) => `${value} instanceof Promise`).join(' || ')} ? run.settle(answer) : answer;
      } catch (error) {
        run.leave([${values.join(', ')}]);
        throw error;
      }
    };`;
  try {
    return new Function('fields', code)(fields);
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}

/** A property that the specified scalars leave as it is, is taken as it is. */
function step(field: Field, n: number): string {
  const isUnfit = UNFIT.get(getNullableType(field.type));
  if (field.resolve || field.hasArguments || !isUnfit) return `v${n} = run.field(f${n}, source, at);`;
  const isNull = field.isRequired ? '' : `v${n} !== null && `;
  return `try { v${n} = source[${JSON.stringify(field.name)}]; } catch (error) { v${n} = run.thrown(f${n}, at, error); }
    if (${isNull}${isUnfit(`v${n}`)}) v${n} = run.found(f${n}, source, at, v${n});`;
}

const UNFIT = new Map<unknown, (value: string) => string>([
  [GraphQLString, (value) => `typeof ${value} !== 'string'`],
  [GraphQLID, (value) => `typeof ${value} !== 'string'`],
  [GraphQLBoolean, (value) => `typeof ${value} !== 'boolean'`],
  [GraphQLInt, (value) => `(typeof ${value} !== 'number' || (${value} | 0) !== ${value})`],
  [GraphQLFloat, (value) => `(typeof ${value} !== 'number' || !Number.isFinite(${value}))`],
]);
