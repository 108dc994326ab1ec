/**
 * Documents that walk many paths at once, in every shape that a client may write them in. Each selected field is a
 * pick that knows its coordinate, so that an answer can be judged place by place.
 */
import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  isRequiredArgument,
  parse,
  validate,
} from 'graphql';
import { breadthOf } from '../../src/graphql/breadth.ts';
import { LIMITS } from '../../src/graphql/limits.ts';
import { fillArguments, isPage, takesAnyId } from './fill.ts';
import { gateOf, isSubjectType, type OperationKind, objectTypesOf, type Path, type Step } from './paths.ts';

export const SHAPES = [
  'plain',
  'aliased twice',
  'named fragments',
  'inline fragments',
  'interface and union fragments',
  'largest page',
  'one of two operations',
] as const;
export type Shape = (typeof SHAPES)[number];

/** A field as a document selects it. */
export interface Pick {
  readonly key: string;
  readonly parent: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly way: number;
  /** The type that an `id` argument was filled with. */
  readonly idOf?: string;
  isTarget: boolean;
  /** What is selected below, by object type. */
  readonly below: Map<GraphQLObjectType, Map<string, Pick>>;
}

export interface LeakDocument {
  readonly kind: OperationKind;
  readonly shape: Shape;
  readonly text: string;
  readonly operationName: string;
  /** The ids that it takes, by type. */
  readonly variables: readonly string[];
  readonly paths: readonly Path[];
  readonly picks: ReadonlyMap<string, Pick>;
}

/** As few documents as the server's limits allow; a subscription has one root field. */
export function writeDocuments(
  schema: GraphQLSchema,
  paths: readonly Path[],
  shape: Shape,
  idTypes: readonly string[],
): LeakDocument[] {
  const fitting = paths.filter((path) => suits(shape, path));
  const groups = Map.groupBy(fitting, ({ kind, steps }) =>
    kind === 'subscription' ? `${kind} ${steps[0]!.field.name} ${steps[0]!.way}` : kind,
  );
  return [...groups.values()].flatMap((group) => write(schema, group, shape, idTypes));
}

/** By these the events of a stream are told apart: they stay in every part of a document that is too large. */
const LANDMARKS: ReadonlySet<string> = new Set([
  'OfferAnnounced.offer',
  'OfferActivity.campaign',
  'OfferActivity.kind',
]);

function write(
  schema: GraphQLSchema,
  paths: readonly Path[],
  shape: Shape,
  idTypes: readonly string[],
  largest = 100,
): LeakDocument[] {
  const kind = paths[0]!.kind;
  const picks = new Map<string, Pick>();
  for (const path of paths) plant(schema, picks, path);
  const printer = new Printer(schema, shape, idTypes, largest);
  const text = printer.print(kind, picks);
  const document = { kind, shape, text, operationName: 'Leak', variables: [...printer.variables], paths, picks };
  if (fits(schema, document)) return [document];
  const landmarks = paths.filter(({ target }) => LANDMARKS.has(target));
  const others = paths.filter(({ target }) => !LANDMARKS.has(target));
  // What costs much is asked of as many as the server allows.
  if (others.length < 2 && shape === 'largest page' && largest > 2) {
    return write(schema, paths, shape, idTypes, largest >> 1);
  }
  if (others.length < 2) throw new Error(`The path to ${paths[0]!.target} is beyond the server's limits:\n${text}`);
  const half = others.length >> 1;
  return [others.slice(0, half), others.slice(half)].flatMap((part) =>
    write(schema, [...landmarks, ...part], shape, idTypes),
  );
}

/** With the token, and whatever else stands in the head of a request, of which Node reads 16 KiB. */
const LONGEST_IN_URL = 12_000;

function fits(schema: GraphQLSchema, { kind, shape, text, variables }: LeakDocument): boolean {
  const isSentByGet = kind === 'query' && shape === 'plain';
  if (isSentByGet && encodeURIComponent(text).length > LONGEST_IN_URL) return false;
  const tokens = text.match(/\w+|[^\s\w]/g)!.length;
  if (tokens > LIMITS.tokens * 0.8) return false;
  const document = parse(text);
  const mistakes = validate(schema, document);
  if (mistakes.length > 0) throw new Error(`The leak suite wrote what is not valid: ${mistakes[0]!.message}\n${text}`);
  const operations = document.definitions.filter((each) => !('name' in each && each.name?.value === 'Harmless'));
  const values = Object.fromEntries(variables.map((name) => [name, 'x']));
  const measured = complexityFromQuery(
    { ...document, definitions: operations },
    { schema, variables: values, ctx: {} },
  );
  const { aliases, rootFields } = breadthOf(document, getOperationAST(document, 'Leak')!);
  if (aliases > LIMITS.aliases || rootFields > LIMITS.rootFields) return false;
  return measured.complexity <= LIMITS.cost && measured.depth <= LIMITS.depth;
}

/** Public facts are asked in two shapes only, and abstract types need to be on the way to be written through. */
function suits(shape: Shape, { steps }: Path): boolean {
  const last = steps.at(-1)!;
  const isPublic = steps.length === 1 && !isSubjectType(last.parent) && gateOf(last.field) === null;
  if (isPublic) return shape === 'plain' || shape === 'largest page';
  if (shape !== 'interface and union fragments') return true;
  return steps.some(
    ({ parent, field }) => parent.getInterfaces().length > 0 || isAbstractType(getNamedType(field.type)),
  );
}

function plant(schema: GraphQLSchema, root: Map<string, Pick>, { kind, steps }: Path): void {
  let level = root;
  let gated = false;
  for (const [place, step] of steps.entries()) {
    const pick = pickOf(level, step, place > 0 && keyNeedsType(schema, steps[place - 1]!));
    gated ||= gateOf(step.field) !== null;
    if (kind === 'mutation' && place === 0) plantErrors(schema, pick);
    if (step.on === null) {
      pick.isTarget = true;
      close(schema, pick, gated || place === 0 ? 3 : 1, new Set([step.parent.name]));
      return;
    }
    level = levelOf(pick, step.on);
  }
}

/** Below an interface or a union two types may have fields of one name that do not merge. */
const keyNeedsType = (schema: GraphQLSchema, { field }: Step): boolean => objectTypesOf(schema, field).length > 1;

function pickOf(level: Map<string, Pick>, step: Step, named: boolean): Pick {
  const idOf = step.on && takesAnyId(step.field) ? step.on.name : undefined;
  const key = [
    ...(named ? [step.parent.name] : []),
    step.field.name,
    ...(idOf ? [idOf] : []),
    ...(step.way ? [step.way] : []),
  ];
  const pick = level.get(key.join('_')) ?? {
    key: key.join('_'),
    parent: step.parent,
    field: step.field,
    way: step.way,
    idOf,
    isTarget: false,
    below: new Map(),
  };
  level.set(pick.key, pick);
  return pick;
}

function levelOf(pick: Pick, type: GraphQLObjectType): Map<string, Pick> {
  const level = pick.below.get(type) ?? new Map<string, Pick>();
  pick.below.set(type, level);
  return level;
}

/** What an object at the end of a path is asked: all that it can say by itself, `levels` deep. */
function close(schema: GraphQLSchema, pick: Pick, levels: number, visited: ReadonlySet<string>): void {
  const types = objectTypesOf(schema, pick.field);
  for (const type of types) {
    const level = levelOf(pick, type);
    for (const field of Object.values(type.getFields())) {
      if (field.args.some(isRequiredArgument)) continue;
      const composite = isCompositeType(getNamedType(field.type));
      const next = objectTypesOf(schema, field);
      const tooFar = levels <= 1 || next.some((each) => isSubjectType(each) || visited.has(each.name));
      if (composite && tooFar) continue;
      const step = { parent: type, field, way: 0, on: null };
      const inner = pickOf(level, step, types.length > 1);
      if (composite) close(schema, inner, levels - 1, new Set([...visited, type.name]));
    }
  }
}

/** An answer of a mutation may be an error instead, and errors talk. */
function plantErrors(schema: GraphQLSchema, pick: Pick): void {
  const types = objectTypesOf(schema, pick.field);
  for (const type of types) {
    if (!type.getInterfaces().some(({ name }) => name === 'Error')) continue;
    for (const field of Object.values(type.getFields())) {
      if (isCompositeType(getNamedType(field.type))) continue;
      pickOf(levelOf(pick, type), { parent: type, field, way: 0, on: null }, true);
    }
  }
}

class Printer {
  readonly #schema: GraphQLSchema;
  readonly #shape: Shape;
  readonly #idTypes: readonly string[];
  readonly #fragments: string[] = [];
  readonly variables = new Set<string>();
  readonly #largest: number;
  #pages = 0;

  constructor(schema: GraphQLSchema, shape: Shape, idTypes: readonly string[], largest: number) {
    this.#largest = largest;
    this.#schema = schema;
    this.#shape = shape;
    this.#idTypes = idTypes;
  }

  print(kind: OperationKind, picks: ReadonlyMap<string, Pick>): string {
    const body = [...picks.values()].map((pick) => this.#field(pick)).join(' ');
    const declared = [...this.variables].map((name) => (name === 'after' ? '$after: String' : `$${name}: ID!`));
    const header = declared.length > 0 ? `(${declared.join(', ')})` : '';
    const before = this.#shape === 'one of two operations' ? ['query Harmless { __typename }'] : [];
    return [...before, `${kind} Leak${header} { ${body} }`, ...this.#fragments].join('\n');
  }

  #field(pick: Pick): string {
    // The outermost connection is as large as it may be; those within it would multiply.
    const page = isPage(pick.field);
    if (page) this.#pages += 1;
    const pageSize = this.#shape === 'largest page' && this.#pages === 1 ? this.#largest : 2;
    const coordinate = `${pick.parent.name}.${pick.field.name}`;
    const options = { idTypes: this.#idTypes, idOf: pick.idOf, pageSize };
    const text = fillArguments(coordinate, pick.field, options)[pick.way]!;
    for (const [, name] of text.matchAll(/\$(\w+)/g)) this.variables.add(name!);
    const selection = this.#selection(pick);
    if (page) this.#pages -= 1;
    const named = (key: string) => `${key === pick.field.name ? '' : `${key}: `}${pick.field.name}${text}${selection}`;
    return this.#shape === 'aliased twice' && pick.isTarget
      ? `${named(`a__${pick.key}`)} ${named(`b__${pick.key}`)}`
      : named(pick.key);
  }

  #selection(pick: Pick): string {
    const type = getNamedType(pick.field.type);
    if (!isCompositeType(type)) return '';
    const parts = [...pick.below].map(([on, picks]) => this.#level(on, picks, isAbstractType(type)));
    return ` { ${parts.filter(Boolean).join(' ') || '__typename'} }`;
  }

  #level(type: GraphQLObjectType, picks: ReadonlyMap<string, Pick>, abstract: boolean): string {
    const fields = [...picks.values()].map((pick) => this.#field(pick)).join(' ');
    if (!fields) return '';
    const inline = `... on ${type.name} { ${fields} }`;
    switch (this.#shape) {
      case 'named fragments': {
        const name = `F${this.#fragments.length}`;
        this.#fragments.push(`fragment ${name} on ${type.name} { ${fields} }`);
        return `...${name}`;
      }
      case 'inline fragments':
        return `... { ${inline} }`;
      case 'interface and union fragments':
        return this.#abstractTypesOf(type).reduce((inner, name) => `... on ${name} { ${inner} }`, inline);
      default:
        return abstract ? inline : fields;
    }
  }

  #abstractTypesOf(type: GraphQLObjectType): string[] {
    const types = Object.values(this.#schema.getTypeMap()).filter(isAbstractType);
    return types.filter((each) => this.#schema.isSubType(each, type)).map(({ name }) => name);
  }
}
