/**
 * An answer with every gated field set to null, whatever it held. Which fields are gated is read from the schema; where
 * a key may belong to one of several types, one gated is enough. Gated fields are nullable, so the answer stays valid.
 */
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Selected {
  gated: boolean;
  readonly below: { type: GraphQLCompositeType; selections: SelectionSetNode }[];
}

export function withoutGatedFields({ schema, document, operationName }: ExecutionArgs, result: ExecutionResult) {
  const operation = getOperationAST(document, operationName)!;
  const root = schema.getRootType(operation.operation)!;
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const walk = new Walk(schema, fragments);
  return {
    ...result,
    data: walk.blank(result.data as Json, [{ type: root, selections: operation.selectionSet }]),
  } as ExecutionResult;
}

class Walk {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  blank(value: Json | undefined, from: Selected['below']): Json {
    if (Array.isArray(value)) return value.map((item) => this.blank(item, from));
    if (value === null || typeof value !== 'object') return value ?? null;
    const selected = new Map<string, Selected>();
    for (const { type, selections } of from) this.#collect(type, selections, selected);
    return Object.fromEntries(
      Object.entries(value).map(([key, held]) => {
        const { gated, below } = selected.get(key)!;
        return [key, gated ? null : this.blank(held, below)];
      }),
    );
  }

  #collect(type: GraphQLCompositeType, { selections }: SelectionSetNode, into: Map<string, Selected>): void {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const selected = into.get(key) ?? { gated: false, below: [] };
        into.set(key, selected);
        for (const field of this.#fields(type, node.name.value)) {
          selected.gated ||= Boolean(field.extensions.consent);
          const below = getNamedType(field.type);
          if (node.selectionSet && isCompositeType(below)) {
            selected.below.push({ type: below, selections: node.selectionSet });
          }
        }
      } else {
        const fragment = node.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(node.name.value)! : node;
        const condition = fragment.typeCondition && this.#schema.getType(fragment.typeCondition.name.value);
        this.#collect(isCompositeType(condition) ? condition : type, fragment.selectionSet, into);
      }
    }
  }

  /** The field of that name in every type that the value may be of. */
  #fields(type: GraphQLCompositeType, name: string) {
    const types = isAbstractType(type) ? [type, ...this.#schema.getPossibleTypes(type)] : [type];
    return types.flatMap((each) => {
      const field = isObjectType(each) || isInterfaceType(each) ? each.getFields()[name] : undefined;
      return field ? [field] : [];
    });
  }
}
