/**
 * Every way through the schema to something about a fan: from each root field, each type visited at most once on the
 * way, to every gated field and every field of a subject type; and to each root of a query that leads to nobody, which
 * must not tell of anybody either. Nothing is listed by hand.
 */
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
} from 'graphql';
import { fillArguments, takesAnyId } from './fill.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';
type Field = GraphQLField<unknown, unknown>;

/** One field on the way. `on` is the object type that is looked at next; null at the end. */
export interface Step {
  readonly parent: GraphQLObjectType;
  readonly field: Field;
  /** The arguments but for page sizes, which a shape chooses. */
  readonly way: number;
  readonly on: GraphQLObjectType | null;
}

export interface Path {
  readonly kind: OperationKind;
  readonly steps: readonly Step[];
  /** The coordinate at the end. */
  readonly target: string;
}

/** The server allows 12 levels; a gated field's own selection takes up to three of them. */
const MAX_STEPS = 9;

export const coordinateOf = ({ parent, field }: Pick<Step, 'parent' | 'field'>): string =>
  `${parent.name}.${field.name}`;

/** The scope that gates a field, as its directive says. */
export function gateOf(field: Field): string | null {
  const directives = field.extensions.directives as { consent?: { scope: string } } | undefined;
  return directives?.consent?.scope ?? null;
}

/** A type about a fan. */
export const isSubjectType = (type: GraphQLNamedType): boolean => type.extensions.subject !== undefined;

export function findPaths(schema: GraphQLSchema, idTypes: readonly string[]): Path[] {
  const worthwhile = findWorthwhile(schema);
  const paths: Path[] = [];

  const walk = (
    kind: OperationKind,
    type: GraphQLObjectType,
    visited: ReadonlySet<string>,
    before: readonly Step[],
  ) => {
    if (before.length >= MAX_STEPS) return;
    for (const field of Object.values(type.getFields())) {
      const next = objectTypesOf(schema, field).filter(({ name }) => worthwhile.has(name) && !visited.has(name));
      const aboutNobody = kind === 'query' && before.length === 0 && next.length === 0;
      const isTarget = isSubjectType(type) || gateOf(field) !== null || aboutNobody;
      if (!isTarget && next.length === 0) continue;
      const coordinate = `${type.name}.${field.name}`;
      const ways = (idOf?: string) => fillArguments(coordinate, field, { idTypes, idOf, pageSize: 1 }).keys();
      if (isTarget) {
        for (const way of ways()) {
          const steps = [...before, { parent: type, field, way, on: null }];
          paths.push({ kind, steps, target: coordinate });
        }
      }
      for (const on of next) {
        for (const way of ways(takesAnyId(field) ? on.name : undefined)) {
          walk(kind, on, new Set([...visited, on.name]), [...before, { parent: type, field, way, on }]);
        }
      }
    }
  };

  for (const [kind, root] of [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const) {
    if (root) walk(kind, root, new Set([root.name]), []);
  }
  return paths;
}

/** The object types that a field may lead to: several where it is an interface or a union. */
export function objectTypesOf(schema: GraphQLSchema, field: Field): GraphQLObjectType[] {
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return [];
  return isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [type];
}

/** The types from which something about a fan can be reached at all. */
function findWorthwhile(schema: GraphQLSchema): Set<string> {
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  const found = new Set(
    objects
      .filter((type) => isSubjectType(type) || Object.values(type.getFields()).some((field) => gateOf(field)))
      .map(({ name }) => name),
  );
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const type of objects) {
      const leads = Object.values(type.getFields()).some((field) =>
        objectTypesOf(schema, field).some(({ name }) => found.has(name)),
      );
      if (leads) found.add(type.name);
    }
  }
  return found;
}
