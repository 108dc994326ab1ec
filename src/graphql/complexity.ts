/**
 * How deep an operation is and what it costs. Both follow from the document, the operation and the variables, so that
 * what was asked before, with the same variables, is not measured again. It is forgotten with the document.
 */
import { complexityFromQuery } from '@pothos/plugin-complexity';
import { type DocumentNode, type ExecutionArgs, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql';

export interface Complexity {
  readonly complexity: number;
  readonly depth: number;
}

/** Of one operation; and variables longer than these, in bytes of JSON, do not come again. */
const KEPT = 50;
const LONGEST = 200;

const known = new WeakMap<DocumentNode, Map<OperationDefinitionNode | null, Map<string, Complexity>>>();
/** Of one execution alone, which asks for it more than once. */
const measuredOnce = new WeakMap<ExecutionArgs, Complexity>();

/** Only the operation that will run counts, wherever it stands in the document. @throws Error for what cannot be measured. */
export function complexityOf(args: ExecutionArgs): Complexity {
  const operation = getOperationAST(args.document, args.operationName) ?? null;
  const hasVariables = operation?.variableDefinitions?.length;
  const once = hasVariables && measuredOnce.get(args);
  if (once) return once;
  const variables = hasVariables ? JSON.stringify(args.variableValues ?? null) : '';
  const measured = measuredOf(args.document, operation);
  const before = measured.get(variables);
  if (before) return before;
  const complexity = measure(args, operation);
  if (variables.length > LONGEST) {
    measuredOnce.set(args, complexity);
    return complexity;
  }
  if (measured.size >= KEPT) measured.clear();
  measured.set(variables, complexity);
  return complexity;
}

function measuredOf(document: DocumentNode, operation: OperationDefinitionNode | null): Map<string, Complexity> {
  let operations = known.get(document);
  if (!operations) {
    operations = new Map();
    known.set(document, operations);
  }
  let measured = operations.get(operation);
  if (!measured) {
    measured = new Map();
    operations.set(operation, measured);
  }
  return measured;
}

function measure({ schema, document, variableValues }: ExecutionArgs, operation: OperationDefinitionNode | null) {
  const definitions = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  if (operation) definitions.push(operation);
  const options = { schema, variables: { ...variableValues }, ctx: {} };
  const { complexity, depth } = complexityFromQuery({ kind: Kind.DOCUMENT, definitions }, options);
  return { complexity, depth };
}
