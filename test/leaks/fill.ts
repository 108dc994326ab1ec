/**
 * Arguments for any field of the schema, by their types: ids as variables named after the type they are of, the rest
 * as literals. Optional arguments stay out, but for page sizes and cursors. What cannot be filled throws and names its
 * coordinate, so that a new field is never left out in silence.
 */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

export interface FillOptions {
  /** The types of which ids are at hand. */
  readonly idTypes: readonly string[];
  /** Of which type an argument named `id` is, as in `node(id:)`. */
  readonly idOf?: string;
  readonly pageSize: number;
}

/** Strings that are more than words, by the name of their argument. */
const STRINGS: Readonly<Record<string, string>> = {
  policyVersion: '2026-1',
  displayName: 'Somebody Else',
  nonce: 'gate',
  idempotencyKey: 'leaks',
  code: 'NO-SUCH-CODE',
  fanCode: 'NO-SUCH-CODE',
  rewardCode: 'NO-SUCH-CODE',
  currency: 'USD',
  confirm: 'NO',
  wardKey: 'leaks',
  jurisdiction: 'US',
};
const SCALARS: Readonly<Record<string, string>> = {
  Int: '1',
  Float: '1',
  Boolean: 'false',
  DateTime: '"2026-07-04T17:05:00.000Z"',
  URL: '"https://example.com/"',
};

/** Every way to fill a field's arguments, as text in parentheses: one, or one per value of a required enum. */
export function fillArguments(coordinate: string, field: GraphQLField<unknown, unknown>, options: FillOptions) {
  let ways: string[][] = [[]];
  for (const argument of field.args) {
    const values = fillArgument(`${coordinate}(${argument.name}:)`, argument, field, options);
    if (values === null) continue;
    ways = ways.flatMap((way) => values.map((value) => [...way, `${argument.name}: ${value}`]));
  }
  return ways.map((way) => (way.length > 0 ? `(${way.join(', ')})` : ''));
}

/** Whether an argument of the field names a thing of any type, so that the type has to be chosen first. */
export const takesAnyId = (field: GraphQLField<unknown, unknown>): boolean =>
  field.args.some((argument) => ['id', 'ids'].includes(argument.name) && isRequiredArgument(argument));

function fillArgument(
  coordinate: string,
  argument: GraphQLArgument,
  field: GraphQLField<unknown, unknown>,
  options: FillOptions,
): string[] | null {
  if (!isRequiredArgument(argument)) {
    if (argument.name === 'first' && isPage(field)) return [String(options.pageSize)];
    return argument.name === 'after' && !isPage(field) ? ['$after'] : null;
  }
  if (argument.name === 'first') return [String(options.pageSize)];
  const type = getNamedType(argument.type);
  if (isEnumType(type) && !isListType(argument.type)) return type.getValues().map(({ name }) => name);
  return [fillValue(coordinate, argument.name, argument.type, options)];
}

/** A connection, as Relay has it: pages, with cursors. */
export const isPage = (field: GraphQLField<unknown, unknown>): boolean =>
  getNamedType(field.type).name.endsWith('Connection');

function fillValue(coordinate: string, name: string, type: GraphQLInputType, options: FillOptions): string {
  if (isNonNullType(type)) return fillValue(coordinate, name, type.ofType as GraphQLInputType, options);
  if (isListType(type)) return `[${fillValue(coordinate, name.replace(/s$/, ''), type.ofType, options)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const chosen: GraphQLInputField[] = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
    const inside = chosen.map((each) => {
      const value = fillValue(`${coordinate}.${each.name}`, each.name, each.type, options);
      return `${each.name}: ${value}`;
    });
    return `{${inside.join(', ')}}`;
  }
  if (type.name === 'ID') return `$${idType(coordinate, name, options)}`;
  if (type.name === 'String' && STRINGS[name] !== undefined) return JSON.stringify(STRINGS[name]);
  const literal = SCALARS[type.name];
  if (literal === undefined) throw cannotFill(coordinate, type.name);
  return literal;
}

/** `gameId` is of a Game, `fromZoneId` of a Zone, and `recipientId` of whom one grants to. */
function idType(coordinate: string, name: string, { idTypes, idOf }: FillOptions): string {
  if (['id', 'ids'].includes(name) && idOf) return idOf;
  const wanted = name.replace(/Ids?$/, '').replace(/^recipient$/, 'partner');
  const found = idTypes.find((type) => wanted.toLowerCase().endsWith(type.toLowerCase()));
  if (!found) throw cannotFill(coordinate, 'ID');
  return found;
}

const cannotFill = (coordinate: string, type: string) =>
  new Error(`The leak suite cannot fill ${coordinate} of type ${type}. Tell test/leaks/fill.ts how.`);
