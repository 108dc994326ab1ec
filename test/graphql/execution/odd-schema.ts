/**
 * A schema in which everything happens: values that come at once, later, in lists of all kinds, of types that are found
 * out, null where they must not be, and as errors. What happens at a place depends on the place and a seed alone, so
 * that two executions meet the same.
 */
import {
  buildSchema,
  GraphQLError,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';

const SDL = /* GraphQL */ `
  scalar Instant
  enum Colour { RED GREEN }
  input Range { from: Int = 1, to: Int! = 9, label: String, colours: [Colour!] = [RED], inner: Range }
  input One @oneOf { text: String, number: Int, range: Range }
  interface Thing { id: ID!, name: String, twin: Thing }
  union Either = Left | Right
  type Left implements Thing { id: ID!, name: String, twin: Thing, left: Int!, others: [Either] }
  type Right implements Thing { id: ID!, name: String, twin: Thing, right: Float, strict: [Left!]!, colour: Colour! }
  type Query {
    echo(a: Int = 3, b: Int, range: Range = { to: 5, label: "d" }, many: [Range!], one: One, at: Instant, colour: Colour! = GREEN, ids: [ID]): String
    must(a: Int!, at: Instant! = "2026-01-01T00:00:00.000Z", colours: [Colour!]! = [RED, GREEN]): String!
    left: Left
    right: Right!
    thing: Thing
    things: [Thing!]
    either: Either
    grid: [[Either]!]
    plain: Left
    colour: Colour
    at: Instant
    flag: Boolean
    number: Int
  }
  type Mutation {
    left: Left
    right: Right!
    things: [Thing!]
    echo(a: Int = 3, range: Range): String
    number: Int
  }
`;

export interface OddContext {
  readonly seed: number;
  /** In which order resolvers were called, and where. */
  readonly called: string[];
}

export function oddSchema(): GraphQLSchema {
  const schema = buildSchema(SDL);
  const instant = schema.getType('Instant') as GraphQLScalarType<Date, string>;
  instant.parseValue = instant.coerceInputValue = (value: unknown) => {
    const date = new Date(value as string);
    if (Number.isNaN(date.getTime())) throw new GraphQLError('Not an instant.');
    return date;
  };
  instant.parseLiteral = (node) => instant.parseValue('value' in node ? node.value : null);
  instant.coerceInputLiteral = (node) => instant.parseValue('value' in node ? node.value : null);
  instant.serialize = instant.coerceOutputValue = (value: unknown) => {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('Not an instant.');
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) (type as GraphQLInterfaceType).resolveType = findType;
    if (!isObjectType(type)) continue;
    if (type.name === 'Right') type.isTypeOf = isRight;
    for (const field of Object.values(type.getFields())) {
      // Properties of their parents.
      if (['id', 'name', 'left', 'right', 'twin', 'plain'].includes(field.name) && type.name !== 'Mutation') continue;
      field.resolve = (_, args, context, info) => happening(args, context as OddContext, info);
    }
  }
  return schema;
}

function happening(args: unknown, { seed, called }: OddContext, info: GraphQLResolveInfo): unknown {
  const place = responsePathAsArray(info.path).join('.');
  called.push(`${info.parentType}.${info.fieldName} ${place}`);
  const dice = new Dice(`${seed} ${place}`);
  const value = info.fieldName === 'echo' || info.fieldName === 'must' ? JSON.stringify(args) : null;
  spoil(args as object);
  return delayed(dice, () => happens(info.returnType, dice, value, 3));
}

/** Resolvers may do with their arguments what they like: the next call has its own. */
function spoil(values: object): void {
  if (!Object.isFrozen(values)) Object.assign(values, { a: 'spoilt', range: 'spoilt', more: 'spoilt' });
}

/** At once, or some turns later, or as something that can only be waited for. */
function delayed(dice: Dice, make: () => unknown): unknown {
  const way = dice.below(8);
  if (way < 4) return make();
  const promise = (async () => {
    for (let turn = dice.below(4); turn > 0; turn -= 1) await null;
    return make();
  })();
  // Not everything that is begun is also waited for.
  promise.catch(() => {});
  // biome-ignore lint/suspicious/noThenProperty: what can be waited for, and is no promise
  return way === 7 ? { then: promise.then.bind(promise) } : promise;
}

function happens(type: GraphQLOutputType, dice: Dice, fixed: string | null, depth: number): unknown {
  if (dice.below(14) === 0) throw new Error(`thrown ${dice.below(100)}`);
  if (dice.below(20) === 0) return new GraphQLError('returned', { extensions: { code: `C${dice.below(9)}` } });
  if (isNonNullType(type)) return dice.below(12) === 0 ? null : present(type.ofType, dice, fixed, depth);
  return dice.below(8) === 0 ? [null, undefined][dice.below(2)] : present(type, dice, fixed, depth);
}

function present(type: GraphQLOutputType, dice: Dice, fixed: string | null, depth: number): unknown {
  if (isListType(type)) {
    if (dice.below(20) === 0) return 'no list';
    const size = depth > 0 ? dice.below(4) : 0;
    const item = (n: number) => {
      const own = dice.child(n);
      try {
        return own.below(3) === 0
          ? delayed(own, () => happens(type.ofType, own, fixed, depth - 1))
          : happens(type.ofType, own, fixed, depth - 1);
      } catch (error) {
        return error;
      }
    };
    const items = Array.from({ length: size }, (_, n) => item(n));
    const kind = dice.below(6);
    if (kind === 0) return new Set(items);
    if (kind === 1) return throwing(items, dice.below(4));
    // graphql-js forgets required items of such a list when it is done before them: their failures would be nobody's.
    return kind === 2 && !isNonNullType(type.ofType) ? later(items, dice.below(4)) : items;
  }
  if (fixed !== null) return fixed;
  const named = getNamedType(type);
  if (isEnumType(named)) return dice.from(['RED', 'GREEN', 'BLUE']);
  if (isObjectType(named) || isAbstractType(named)) return thing(dice);
  return scalar(named.name, dice);
}

/** Its properties are what they should be, more often than not. */
function thing(dice: Dice, depth = 2): object {
  const kind = dice.from(['Left', 'Right', 'Left', 'Right', 'Left', 'Right', 'Nobody', null]);
  const refused = () => Promise.reject(new Error('refused'));
  const made = {
    kind,
    isLate: dice.below(3) === 0,
    id: dice.from(['id', 'id', 'id', 5, 1.5, null, Promise.resolve('later')]),
    name: dice.from(['a', 'b', 'c', null, undefined, 7, true, () => 'called', refused]),
    left: dice.from([1, 2, 3, -0, 1.5, 2 ** 31, null, 'x', Promise.resolve(4)]),
    right: dice.from([0.5, 1, -0, null, Number.NaN, '2.5', (args: object) => Object.keys(args).length]),
    twin: depth > 0 ? thing(dice.child(depth), depth - 1) : null,
  };
  const broken = dice.from(['', '', '', '', '', '', 'id', 'name', 'left']);
  if (broken) Object.defineProperty(made, broken, { get: () => fallen(broken), enumerable: false });
  return made;
}

function fallen(name: string): never {
  throw new Error(`no ${name}`);
}

const scalar = (name: string, dice: Dice): unknown =>
  ({
    Int: dice.from([0, 1, -5, 2 ** 31, 1.5, '7', true]),
    Float: dice.from([0.5, -0, 1, Number.NaN, '2.5']),
    Boolean: dice.from([true, false, 1, 'x']),
    ID: dice.from(['id', 5, 1.5]),
    Instant: dice.from([new Date(0), new Date(0), 'never']),
  })[name] ?? dice.from(['text', '', 5, true, {}]);

function* throwing(items: unknown[], at: number) {
  for (const [n, item] of items.entries()) {
    if (n === at) throw new Error('no more');
    yield item;
  }
}

async function* later(items: unknown[], at: number) {
  for (const [n, item] of items.entries()) {
    if (n === at) throw new Error('no more');
    yield item;
  }
}

const findType: GraphQLInterfaceType['resolveType'] = (value) =>
  value.isLate ? Promise.resolve(value.kind) : value.kind;
const isRight: GraphQLObjectType['isTypeOf'] = (value) =>
  value.isLate ? Promise.resolve(value.kind === 'Right') : value.kind === 'Right';

/** Numbers that follow from a text. */
class Dice {
  readonly #text: string;
  #state: number;

  constructor(text: string) {
    this.#text = text;
    this.#state = 2166136261;
    for (const character of text) this.#state = Math.imul(this.#state ^ character.codePointAt(0)!, 16777619);
  }

  below(bound: number): number {
    this.#state = Math.imul(this.#state ^ (this.#state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((this.#state ^ (this.#state >>> 13)) >>> 0) % bound;
  }

  from<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  child(n: number): Dice {
    return new Dice(`${this.#text} ${n}`);
  }
}
