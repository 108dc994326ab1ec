/**
 * Inputs derived from the schema: for each mutation one that is plausible in all, and, for every field of it at any
 * depth, the same with one value that is garbage there.
 */
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { NodeType } from '../../../src/graphql/ids.ts';

/** What the derived inputs are made from. */
export interface World {
  /** One id of each type, as the operator's app has it. */
  readonly ids: Readonly<Record<NodeType, string>>;
  /** Of an id that has the right form: no such thing, or none of this viewer's. */
  readonly strangers: (type: NodeType) => string[];
  /** What is plausible where the type alone does not say, by the name of the field. */
  readonly plausible: Readonly<Record<string, unknown>>;
  /** Fields that may hold any words. */
  readonly words: ReadonlySet<string>;
}

export interface Case {
  readonly mutation: string;
  readonly path: string;
  readonly value: unknown;
  readonly input: unknown;
}

const LONG = 'x'.repeat(20_000);
const NUL = 'a\u0000b';
/** Of no scalar's form. */
const STRANGE = ['', LONG, NUL, 'zzz', "'; drop table fan; --", '\ud800', '-1'];
const NOT_WORDS = [5, -1, 1.5, true, {}, ['a', 'b']];

/** By the scalar, or the kind of type. What is refused whatever the field means. */
const GARBAGE: Record<string, readonly unknown[]> = {
  String: ['', LONG, NUL, ...NOT_WORDS],
  ID: [...STRANGE, 5, -1, 1.5, 2 ** 53, true, {}, 'Game:1', 'R2FtZTox=', '../../etc/passwd'],
  Int: [-1, -(2 ** 31), 2 ** 31, -(2 ** 31) - 1, 1.5, Number.MAX_VALUE, '5', true, {}, [], ...STRANGE],
  Boolean: [0, 1, 'true', {}, [], ...STRANGE],
  DateTime: [
    ...STRANGE,
    ...[0, -1, 1.5, 8.64e15, -8.64e15, Number.MAX_VALUE, true, {}, []],
    ...['2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T25:00:00Z', '2026-01-01T00:00:00+99:99'],
    ...['0000-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', '-000001-01-01T00:00:00Z', '2016-12-31T23:59:60Z'],
    ...['0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00'],
  ],
  enum: [5, -1, true, {}, [], 'ENUM', 'live', ...STRANGE],
  input: ['x', 5, true, [], { unheardOf: 1 }],
};

/** Allowed by the type, and at an edge: it may be taken or refused. */
const EDGES: Record<string, readonly unknown[]> = {
  String: [' ', 'zzz', '\ud800', 'ａ́'.repeat(50), '$1', '{"a":1}', '%', '__proto__'],
  Int: [0, 1, 2 ** 31 - 1],
  Boolean: [true, false],
  DateTime: ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '1970-01-01T00:00:00+14:00'],
};

/** @throws when the schema has a field of which nothing here says what would be plausible. */
export function deriveCases(
  schema: GraphQLSchema,
  world: World,
): { plausible: Map<string, unknown>; garbage: Case[]; edges: Case[] } {
  const plausible = new Map<string, unknown>();
  const [garbage, edges]: [Case[], Case[]] = [[], []];
  for (const { name: mutation, args } of Object.values(schema.getMutationType()!.getFields())) {
    const type = getNullableType(args[0]!.type) as GraphQLInputObjectType;
    const base = make(type, 'input', world);
    plausible.set(mutation, base);
    const add = (to: Case[], path: readonly string[], values: readonly unknown[]) => {
      for (const value of new Set(values)) {
        const input = path.length === 0 ? value : put(type, base, path, value, world);
        to.push({ mutation, path: ['input', ...path].join('.'), value, input });
      }
    };
    add(garbage, [], [...GARBAGE.input!, null]);
    for (const { path, type: at, name } of places(type, [])) {
      add(garbage, path, garbageFor(at, name, world));
      add(edges, path, edgesFor(at));
    }
  }
  return { plausible, garbage, edges };
}

interface Place {
  path: readonly string[];
  name: string;
  type: GraphQLInputType;
}

/** Every field below, at any depth. */
function places(type: GraphQLInputObjectType, above: readonly string[]): Place[] {
  return Object.values(type.getFields()).flatMap(({ name, type: at }) => {
    const path = [...above, name];
    const named = getNamedType(at);
    return [{ path, name, type: at }, ...(isInputObjectType(named) ? places(named, path) : [])];
  });
}

function garbageFor(type: GraphQLInputType, name: string, world: World): unknown[] {
  if (isNonNullType(type)) return [null, ...garbageFor(type.ofType, name, world)];
  if (isListType(type)) {
    const items = garbageFor(type.ofType, name, world).filter((item) => !Array.isArray(item));
    const many = kindOf(type) === 'ID' ? [Array(101).fill(make(type.ofType, name, world))] : [];
    return [...items.map((item) => [item]), ...many, [[[]]], 5, {}];
  }
  const kind = kindOf(type);
  const garbage = GARBAGE[kind];
  if (!garbage) throw new Error(`Say what is garbage for a ${kind}, as of ${name}.`);
  if (kind === 'String')
    return world.words.has(name) ? [...garbage] : [...garbage, ...STRANGE, ...Object.values(world.ids)];
  if (kind !== 'ID') return [...garbage];
  const own = typeOfId(name);
  const wrong = Object.entries(world.ids).filter(([other]) => other !== own);
  return [...garbage, ...wrong.map(([, id]) => id), ...world.strangers(own)];
}

function edgesFor(type: GraphQLInputType): readonly unknown[] {
  if (isNonNullType(type)) return isListType(type.ofType) ? [[]] : (EDGES[kindOf(type)] ?? []);
  return [null, ...(isListType(type) ? [[]] : (EDGES[kindOf(type)] ?? []))];
}

function kindOf(type: GraphQLInputType): string {
  const named = getNamedType(type);
  if (isEnumType(named)) return 'enum';
  return isInputObjectType(named) ? 'input' : named.name;
}

/** What its name says: `venueIds`, `favoriteTeamId`. */
function typeOfId(name: string): NodeType {
  if (name === 'recipientId') return 'Partner';
  const type = /([A-Z]?[a-z]+)Ids?$/.exec(name)?.[1] ?? name;
  return (type.charAt(0).toUpperCase() + type.slice(1)) as NodeType;
}

function make(type: GraphQLInputType, name: string, world: World): unknown {
  const nullable = getNullableType(type) as GraphQLInputType;
  if (name in world.plausible) return world.plausible[name];
  if (isListType(nullable)) return [make(nullable.ofType, name, world)];
  if (isInputObjectType(nullable)) {
    const fields = Object.values(nullable.getFields());
    const needed = nullable.isOneOf ? fields.slice(0, 1) : fields.filter((field) => isNonNullType(field.type));
    return Object.fromEntries(needed.map((field) => [field.name, make(field.type, field.name, world)]));
  }
  const id = kindOf(nullable) === 'ID' ? world.ids[typeOfId(name)] : undefined;
  if (id === undefined) throw new Error(`Say what is plausible as ${name}, a ${kindOf(nullable)}.`);
  return id;
}

/** A copy of the input with the value at that place; what leads there is made up where the input has nothing. */
function put(
  type: GraphQLInputObjectType,
  input: unknown,
  path: readonly string[],
  value: unknown,
  world: World,
): unknown {
  const [name, ...rest] = path as [string, ...string[]];
  const field = type.getFields()[name]!;
  const here = input as Record<string, unknown>;
  const inner = getNamedType(field.type) as GraphQLInputObjectType;
  const below = rest.length === 0 ? value : put(inner, here[name] ?? make(field.type, name, world), rest, value, world);
  return type.isOneOf ? { [name]: below } : { ...here, [name]: below };
}
