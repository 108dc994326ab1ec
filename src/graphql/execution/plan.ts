/**
 * What an operation does, worked out once: which fields of an object are executed, with what resolvers, arguments and
 * types. Conditions (`@skip`, `@include`) are settled in a plan, so that an operation has one for each way in which its
 * conditions fall. Selections are planned when the first object of their type is met.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isNonNullType,
  Kind,
  type SelectionSetNode,
  typeFromAST,
  type ValidatedExecutionArgs,
} from 'graphql';
import { ArgumentReader } from './arguments.ts';
import { compile } from './compile.ts';
import { completerOf } from './complete.ts';
import { isLeftOut, type Settled } from './conditions.ts';
import type { Complete, Field, Selection } from './shapes.ts';

/** What has been run as often is run often. */
const OFTEN = 4;

export class Plan {
  readonly schema: GraphQLSchema;
  readonly rootType: GraphQLObjectType;
  readonly root: Selection;
  readonly #fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly #settled: Settled;
  readonly #selections: Selection[] = [];
  #runs = 0;

  constructor({ schema, operation, fragmentDefinitions }: ValidatedExecutionArgs, settled: Settled) {
    this.schema = schema;
    this.#fragments = fragmentDefinitions;
    this.#settled = settled;
    this.rootType = schema.getRootType(operation.operation)!;
    this.root = this.select(this.rootType, [operation.selectionSet]);
  }

  /** Where to begin, once more. */
  begin(): Selection {
    this.#runs += 1;
    if (this.#runs === OFTEN) for (const each of this.#selections) each.compiled = compile(each);
    return this.root;
  }

  /** The fields of an object of this type, in the order in which they are first named. */
  select(type: GraphQLObjectType, selectionSets: readonly (SelectionSetNode | undefined)[]): Selection {
    const grouped = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    for (const selectionSet of selectionSets) if (selectionSet) this.#collect(type, selectionSet, grouped, visited);
    const fields: Field[] = [];
    for (const [key, nodes] of grouped) {
      const definition = this.schema.getField(type, nodes[0]!.name.value);
      if (definition) fields.push(new PlannedField(this, type, key, definition, nodes));
    }
    const selection: Selection = { fields, blank: grouped.has('__proto__') ? bare : plain, compiled: null };
    if (this.#runs >= OFTEN) selection.compiled = compile(selection);
    this.#selections.push(selection);
    return selection;
  }

  #collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    into: Map<string, FieldNode[]>,
    visited: Set<string>,
  ): void {
    for (const node of selections) {
      if (isLeftOut(node, this.#settled)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const nodes = into.get(key);
        if (nodes) nodes.push(node);
        else into.set(key, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (this.#applies(node.typeCondition, type)) this.#collect(type, node.selectionSet, into, visited);
      } else {
        const fragment = this.#fragments[node.name.value];
        if (!fragment || !this.#applies(fragment.typeCondition, type) || visited.has(node.name.value)) continue;
        visited.add(node.name.value);
        this.#collect(type, fragment.selectionSet, into, visited);
      }
    }
  }

  #applies(condition: FragmentDefinitionNode['typeCondition'] | undefined, type: GraphQLObjectType): boolean {
    if (!condition) return true;
    const named = typeFromAST(this.schema, condition);
    return named === type || (isAbstractType(named) && this.schema.isSubType(named, type));
  }
}

const plain = (): Record<string, unknown> => ({});
/** A key may be called `__proto__`, and is then a key like any other. */
const bare = (): Record<string, unknown> => Object.create(null);

class PlannedField implements Field {
  readonly key: string;
  readonly name: string;
  readonly type: GraphQLOutputType;
  readonly parentType: GraphQLObjectType;
  readonly nodes: readonly FieldNode[];
  readonly resolve: GraphQLFieldResolver<unknown, unknown> | undefined;
  readonly complete: Complete;
  readonly isRequired: boolean;
  readonly hasArguments: boolean;
  readonly #arguments: ArgumentReader;
  readonly #plan: Plan;
  readonly #selections = new Map<GraphQLObjectType, Selection>();
  /** Objects of one type come together. */
  #latest: { readonly type: GraphQLObjectType; readonly selection: Selection } | null = null;

  constructor(
    plan: Plan,
    parentType: GraphQLObjectType,
    key: string,
    definition: GraphQLField<unknown, unknown>,
    nodes: readonly FieldNode[],
  ) {
    this.#plan = plan;
    this.key = key;
    this.name = definition.name;
    this.type = definition.type;
    this.parentType = parentType;
    this.nodes = nodes;
    this.resolve = definition.resolve;
    this.#arguments = new ArgumentReader(definition, nodes[0]!);
    this.complete = completerOf(definition.type);
    this.isRequired = isNonNullType(definition.type);
    this.hasArguments = definition.args.length > 0;
  }

  argumentsFor(args: ValidatedExecutionArgs): Record<string, unknown> {
    return this.#arguments.read(args);
  }

  selectionOf(type: GraphQLObjectType): Selection {
    if (type === this.#latest?.type) return this.#latest.selection;
    let selection = this.#selections.get(type);
    if (!selection) {
      selection = this.#plan.select(
        type,
        this.nodes.map((node) => node.selectionSet),
      );
      this.#selections.set(type, selection);
    }
    this.#latest = { type, selection };
    return selection;
  }
}
