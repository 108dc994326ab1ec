/**
 * Executes operations by their plans. A document is planned once for each operation in it and each way in which its
 * conditions fall, and forgotten with the document. Whatever a plan does not cover is graphql-js's: results are the same.
 */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  executeRootSelectionSet,
  type OperationDefinitionNode,
  type ValidatedExecutionArgs,
  validateExecutionArgs,
} from 'graphql';
import { conditionalVariables, settle } from './conditions.ts';
import { Plan } from './plan.ts';
import { Run } from './run.ts';

/** Of one operation; a document with more conditions than these falls is not worth planning. */
const PLANS_PER_OPERATION = 16;

interface Planned {
  readonly conditions: readonly string[];
  readonly plans: Map<string, Plan>;
}

const planned = new WeakMap<DocumentNode, WeakMap<OperationDefinitionNode, Planned>>();

export function executeByPlan(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  if (args.abortSignal || args.hooks || args.fieldResolver || args.typeResolver || mayBeIncremental(args)) {
    return execute(args);
  }
  const validated = validateExecutionArgs(args);
  if (!('schema' in validated)) return { errors: validated };
  return executeValidated(validated);
}

/** For what was coerced already: a subscription's events, one by one. */
export function executeValidated(args: ValidatedExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  const plan = planFor(args);
  return plan ? new Run(plan.begin(), args).result() : executeRootSelectionSet(args);
}

const mayBeIncremental = ({ schema }: ExecutionArgs) =>
  schema.getDirective('defer') !== undefined || schema.getDirective('stream') !== undefined;

function planFor(args: ValidatedExecutionArgs): Plan | null {
  const { schema, document, operation, errorPropagation, fragments } = args;
  if (!errorPropagation || !schema.getRootType(operation.operation)) return null;
  for (const name in fragments) if (fragments[name]!.variableSignatures) return null;
  const { conditions, plans } = plannedOf(document, operation);
  const settled = settle(conditions, args);
  if (!settled) return null;
  const key = conditions.length === 0 ? '' : [...settled.values()].map(Number).join('');
  let plan = plans.get(key);
  if (!plan) {
    if (plans.size >= PLANS_PER_OPERATION) return null;
    plan = new Plan(args, settled);
    plans.set(key, plan);
  }
  return plan.schema === schema ? plan : null;
}

function plannedOf(document: DocumentNode, operation: OperationDefinitionNode): Planned {
  let operations = planned.get(document);
  if (!operations) {
    operations = new WeakMap();
    planned.set(document, operations);
  }
  let found = operations.get(operation);
  if (!found) {
    found = { conditions: conditionalVariables(document, operation), plans: new Map() };
    operations.set(operation, found);
  }
  return found;
}
