/**
 * What may be executed once for many viewers. Sharing is denied by default: an operation shares only where each of its
 * fields is declared to depend on nothing but its parent, public facts, and what it names here. Declare a type, and
 * each of its fields is; or a field, with what else it needs:
 *
 *     extensions: shared()                                  // an offer's title
 *     extensions: shared({ presence: true })                // where the fan stands
 *     extensions: shared({ scopes: ['PRESENCE_ZONE'] })     // its resolver asks the gate for more than the field's own scope
 *
 * A field that is declared and asks for more all the same is stopped when it does: see `live/shared/class-context.ts`.
 */
import {
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getOperationAST,
  isAbstractType,
  isObjectType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { CONSENT_SCOPES, type ConsentScope } from '../consent/index.ts';

export interface Needs {
  /** Scopes that the resolver asks the gate for, besides the one that gates the field. */
  readonly scopes?: readonly ConsentScope[];
  /** Where in the venue the fan is. */
  readonly presence?: true;
}

export const shared = (needs: Needs = {}): { shared: Needs } => ({ shared: needs });

/** What the answers of one operation depend on, besides the event and public facts. */
export interface Dependencies {
  /** In the order of the catalogue. */
  readonly scopes: readonly ConsentScope[];
  readonly presence: boolean;
  /** The variables used outside the arguments of the root field, which decide what is subscribed to and no more. */
  readonly variables: readonly string[];
}

/** Null: the operation does not share. */
export function readDependencies(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): Dependencies | null {
  const operation = getOperationAST(document, operationName);
  const root = schema.getSubscriptionType();
  if (!operation || !root) return null;
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const scopes = new Set<ConsentScope>();
  const variables = new Set<string>();
  let presence = false;
  let shares = true;
  const info = new TypeInfo(schema);
  visit(
    { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] },
    visitWithTypeInfo(info, {
      VariableDefinition: () => false,
      Argument: () => (info.getParentType() === root ? false : undefined),
      Variable: ({ name }) => void variables.add(name.value),
      Field({ name }) {
        if (name.value === '__typename') return;
        for (const type of objectTypes(schema, info.getParentType())) {
          const field = type.getFields()[name.value];
          const needs = (field?.extensions.shared ?? type.extensions.shared) as Needs | undefined;
          if (!needs) {
            shares = false;
            continue;
          }
          const gate = field?.extensions.consent as ConsentScope | null | undefined;
          for (const scope of needs.scopes ?? []) scopes.add(scope);
          if (gate) scopes.add(gate);
          presence ||= needs.presence ?? false;
        }
      },
    }),
  );
  if (!shares) return null;
  return { scopes: CONSENT_SCOPES.filter((scope) => scopes.has(scope)), presence, variables: [...variables].sort() };
}

function objectTypes(schema: GraphQLSchema, type: unknown): readonly GraphQLObjectType[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type);
  return isObjectType(type) ? [type] : [];
}
