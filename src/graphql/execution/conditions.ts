/** `@skip` and `@include`: which variables decide, how they have decided, and what is left out then. */
import {
  type DocumentNode,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValidatedExecutionArgs,
  visit,
} from 'graphql';

/** The variables that conditions ask, by name. */
export type Settled = ReadonlyMap<string, boolean>;

/** Of every condition in the document: one too many is a plan too many, and nothing worse. */
export function conditionalVariables(document: DocumentNode, operation: OperationDefinitionNode): readonly string[] {
  const names = new Set<string>();
  const definitions = document.definitions.filter(
    (each) => each === operation || each.kind === Kind.FRAGMENT_DEFINITION,
  );
  visit(
    { kind: Kind.DOCUMENT, definitions },
    {
      Directive({ name, arguments: given }) {
        if (name.value !== GraphQLSkipDirective.name && name.value !== GraphQLIncludeDirective.name) return;
        for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      },
    },
  );
  return [...names];
}

/** Null where a variable is neither true nor false, which is an error for graphql-js to explain. */
export function settle(names: readonly string[], { variableValues }: ValidatedExecutionArgs): Settled | null {
  const settled = new Map<string, boolean>();
  for (const name of names) {
    const value = variableValues.coerced[name];
    if (typeof value !== 'boolean') return null;
    settled.set(name, value);
  }
  return settled;
}

export const isLeftOut = (node: SelectionNode, settled: Settled): boolean =>
  says(node, GraphQLSkipDirective.name, settled) === true ||
  says(node, GraphQLIncludeDirective.name, settled) === false;

function says({ directives }: SelectionNode, name: string, settled: Settled): boolean | undefined {
  const value = directives?.find((each) => each.name.value === name)?.arguments?.[0]?.value;
  if (value?.kind === Kind.BOOLEAN) return value.value;
  return value?.kind === Kind.VARIABLE ? settled.get(value.name.value) : undefined;
}
