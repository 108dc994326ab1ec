/**
 * A selection as a function of its own, for what is asked often: it reads properties and builds its answer with their
 * names in place, which engines make fast, and leaves all else to the run. Names are GraphQL's, letters and digits, and
 * quoted all the same. Where code may not be made at run time there is none, and everything works as before.
 */
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  getNullableType,
  isEnumType,
} from 'graphql';
import type { Compiled, Field, Selection } from './shapes.ts';

/** Longer ones gain little, and functions that long are not optimized. */
const MOST_FIELDS = 60;

export function compile({ fields, blank }: Selection): Compiled | null {
  if (fields.length === 0 || fields.length > MOST_FIELDS || Object.getPrototypeOf(blank()) === null) return null;
  const values = fields.map((_, n) => `v${n}`);
  const code = `'use strict';
    const [${fields.map((_, n) => `f${n}`).join(', ')}] = fields;
    const [${fields.map((_, n) => `names${n}`).join(', ')}] = names;
    return (run, source, at) => {
      let waits = false, ${values.join(', ')};
      try {
        ${fields.map(step).join('\n')}
        const answer = { ${fields.map(({ key }, n) => `${JSON.stringify(key)}: v${n}`).join(', ')} };
        return waits ? run.settle(answer) : answer;
      } catch (error) {
        run.leave([${values.join(', ')}]);
        throw error;
      }
    };`;
  try {
    return new Function('fields', 'names', code)(fields, fields.map(namesOf));
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}

/** A property that the specified scalars leave as it is, is taken as it is; of an enum's values the names are known. */
function step(field: Field, n: number): string {
  const value = `v${n}`;
  const waits = `if (${value} instanceof Promise) waits = true;`;
  const unfit = UNFIT.get(getNullableType(field.type))?.(value);
  const isNamed = namesOf(field) !== null;
  if (field.resolve || field.hasArguments || !(unfit || isNamed))
    return `${value} = run.field(f${n}, source, at); ${waits}`;
  const read = `try { ${value} = source[${JSON.stringify(field.name)}]; } catch (error) { ${value} = run.thrown(f${n}, at, error); }`;
  const isNull = field.isRequired ? '' : `${value} !== null && `;
  const goOn = `{ ${value} = run.found(f${n}, source, at, ${value}); ${waits} }`;
  if (!isNamed) return `${read} if (${isNull}${unfit}) ${goOn}`;
  return `${read} const name${n} = names${n}.get(${value});
    if (name${n} !== undefined) ${value} = name${n}; else if (${isNull}true) ${goOn}`;
}

/** An enum's names by its values, those that are plain; null for other types. */
function namesOf({ type }: Field): ReadonlyMap<unknown, string> | null {
  const named = getNullableType(type);
  if (!isEnumType(named)) return null;
  const plain = named.getValues().filter(({ value }) => ['string', 'number', 'boolean'].includes(typeof value));
  return new Map(plain.map(({ name, value }) => [value, name]));
}

const UNFIT = new Map<unknown, (value: string) => string>([
  [GraphQLString, (value) => `typeof ${value} !== 'string'`],
  [GraphQLID, (value) => `typeof ${value} !== 'string'`],
  [GraphQLBoolean, (value) => `typeof ${value} !== 'boolean'`],
  [GraphQLInt, (value) => `(typeof ${value} !== 'number' || (${value} | 0) !== ${value})`],
  [GraphQLFloat, (value) => `(typeof ${value} !== 'number' || !Number.isFinite(${value}))`],
]);
