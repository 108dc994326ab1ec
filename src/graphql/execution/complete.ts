/**
 * From what a resolver returned to what the answer holds, by the field's type: graphql-js's rules, taken apart once for
 * each type instead of once for each value. All of it may throw; whoever called it says where. Errors name types, and
 * never the value that does not fit: it may be a person's.
 */
import {
  type GraphQLAbstractType,
  GraphQLBoolean,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { completeList } from './lists.ts';
import { type Complete, type Execution, type Field, isPromiseLike, type Place } from './shapes.ts';

const known = new WeakMap<GraphQLOutputType, Complete>();

export function completerOf(type: GraphQLOutputType): Complete {
  const complete = known.get(type) ?? make(type);
  known.set(type, complete);
  return complete;
}

function make(type: GraphQLOutputType): Complete {
  if (isNonNullType(type)) {
    const { ofType } = type;
    return isObjectType(ofType) ? object(ofType, true) : required(completerOf(ofType));
  }
  if (isListType(type)) return present(completeList(type.ofType, completerOf(type.ofType)));
  if (isLeafType(type)) return present(leaf(type));
  if (isAbstractType(type)) return present(ofAbstractType(type));
  if (isObjectType(type)) return object(type, false);
  throw new TypeError(`Not a type of answers: ${type}`);
}

const present =
  (complete: Complete): Complete =>
  (run, field, place, at, value) => {
    if (value instanceof Error) throw value;
    return value === null || value === undefined ? null : complete(run, field, place, at, value);
  };

const required =
  (complete: Complete): Complete =>
  (run, field, place, at, value) => {
    const completed = complete(run, field, place, at, value);
    if (completed !== null) return completed;
    throw missing(field);
  };

const missing = ({ parentType, name }: Field) =>
  new Error(`Cannot return null for non-nullable field ${parentType}.${name}.`);

/** What each of the specified scalars leaves as it is. */
const PASSING = new Map<GraphQLLeafType, (value: unknown) => boolean>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLID, (value) => typeof value === 'string'],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLInt, (value) => typeof value === 'number' && (value | 0) === value],
  [GraphQLFloat, (value) => typeof value === 'number' && Number.isFinite(value)],
]);

function leaf(type: GraphQLLeafType): Complete {
  const passes = PASSING.get(type);
  return (_run, _field, _place, _at, value) => {
    if (passes?.(value)) return value;
    const coerced = type.coerceOutputValue(value as never);
    if (coerced !== null && coerced !== undefined) return coerced;
    throw new Error(`${type}.coerceOutputValue returned ${coerced}.`);
  };
}

/** The most frequent of all, in one step. */
function object(type: GraphQLObjectType, isRequired: boolean): Complete {
  return (run, field, place, at, value) => {
    if (value === null || value === undefined) {
      if (isRequired) throw missing(field);
      return null;
    }
    if (value instanceof Error) throw value;
    return type.isTypeOf
      ? completeObject(type, run, field, place, at, value)
      : run.execute(field.selectionOf(type), value, at);
  };
}

function completeObject(
  type: GraphQLObjectType,
  run: Execution,
  field: Field,
  place: Place,
  at: Place,
  value: unknown,
) {
  if (!type.isTypeOf) return run.execute(field.selectionOf(type), value, at);
  const isOfType = type.isTypeOf(value, run.args.contextValue, run.info(field, place));
  const checked = (isIt: boolean) => {
    if (isIt) return run.execute(field.selectionOf(type), value, at);
    throw new GraphQLError(`Expected value of type "${type}" but got another.`, { nodes: field.nodes });
  };
  if (!isPromiseLike(isOfType)) return checked(isOfType as boolean);
  return isOfType.then((isIt) => {
    run.mustGoOn();
    return checked(isIt as boolean);
  });
}

function ofAbstractType(type: GraphQLAbstractType): Complete {
  return (run, field, place, at, value) => {
    const resolveType = type.resolveType ?? run.args.typeResolver;
    const name = resolveType(value, run.args.contextValue, run.info(field, place), type);
    if (!isPromiseLike(name)) {
      return completeObject(objectTypeNamed(name, type, run, field), run, field, place, at, value);
    }
    return name.then((resolved) => {
      run.mustGoOn();
      return completeObject(objectTypeNamed(resolved, type, run, field), run, field, place, at, value);
    });
  };
}

function objectTypeNamed(name: unknown, type: GraphQLAbstractType, run: Execution, field: Field) {
  const { schema } = run.args;
  const at = `"${field.parentType}.${field.name}"`;
  const must = `Abstract type "${type}" must resolve to an Object type at runtime for field ${at}`;
  const options = { nodes: field.nodes };
  if (name === null || name === undefined) {
    const either = `Either the "${type}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`;
    throw new GraphQLError(`${must}. ${either}`, options);
  }
  if (typeof name !== 'string') {
    throw new GraphQLError(`${must}, and not to a ${typeof name}.`);
  }
  const resolved = schema.getType(name);
  if (!resolved) {
    const said = `Abstract type "${type}" was resolved to a type "${name}" that does not exist inside the schema.`;
    throw new GraphQLError(said, options);
  }
  if (!isObjectType(resolved)) {
    throw new GraphQLError(`Abstract type "${type}" was resolved to a non-object type "${name}".`, options);
  }
  if (schema.isSubType(type, resolved)) return resolved;
  throw new GraphQLError(`Runtime Object type "${resolved}" is not a possible type for "${type}".`, options);
}
