/**
 * What one operation may ask for: tokens, depth, breadth and cost, judged before anything runs. It works inside the
 * envelop pipeline, which HTTP, SSE and WebSocket all pass. What it costs is paid for in `fairness/`.
 */
import {
  type ASTVisitor,
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  isIntrospectionType,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  parse,
  type Source,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { breadthOf } from './breadth.ts';
import { complexityOf } from './complexity.ts';
import { Refusal } from './refusal.ts';

export const LIMITS = {
  tokens: 4_000,
  /** Levels of selection. */
  depth: 12,
  /** Each as often as fragments bring it in. */
  aliases: 100,
  rootFields: 20,
  /** Fields, each list counted as often as its page size; 10 where there is none. */
  cost: 20_000,
  /** Bytes of a request's body and of a WebSocket message. */
  messageBytes: 128 * 1024,
  subscriptionsPerSocket: 32,
} as const;

export function useLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithinTokens);
    },
    onValidate({ addValidationRule }) {
      addValidationRule(OneIntrospection);
    },
    onExecute({ args, setResultAndStopExecution }) {
      const refusal = judge(args);
      if (refusal) setResultAndStopExecution({ errors: [refusal] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = judge(args);
      if (refusal) setResultAndStopExecution({ errors: [refusal] });
    },
  };
}

/** Without introspection the schema stays unexplained; `schema.graphql` in the repository says the same. */
export const useIntrospection = (allowed: boolean): Plugin => ({
  onValidate({ addValidationRule }) {
    if (!allowed) addValidationRule(NoSchemaIntrospectionCustomRule);
  },
});

/** Its errors have their code from the start: yoga remembers them for all transports, and codes them only on HTTP. */
function parseWithinTokens(source: string | Source, options?: ParseOptions): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: LIMITS.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const { message, source, positions } = error;
    throw new GraphQLError(message, { source, positions, extensions: { code: 'GRAPHQL_PARSE_FAILED' } });
  }
}

/** Introspection costs one field however much it answers, so it asks for each thing once: an alias would ask again. */
function OneIntrospection(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      const parent = context.getParentType();
      const introspects = /^__(schema|type)$/.test(node.name.value) || (parent && isIntrospectionType(parent));
      if (!introspects || !node.alias) return;
      const options = { nodes: [node], extensions: { code: 'COST_LIMIT_EXCEEDED' } };
      context.reportError(new GraphQLError('Introspection may not use aliases.', options));
    },
  };
}

/** Of an operation that has passed `useLimits`. */
export const costOf = (args: ExecutionArgs): number => complexityOf(args).complexity;

/** What cannot be measured is refused. */
function judge(args: ExecutionArgs): GraphQLError | null {
  try {
    const operation = getOperationAST(args.document, args.operationName);
    const { complexity: cost, depth } = complexityOf(args);
    const breadth = operation ? breadthOf(args.document, operation) : { aliases: 0, rootFields: 0 };
    return refuse({ depth, cost, ...breadth });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The operation cannot be measured.';
    return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
  }
}

const MEASURES = [
  ['depth', 'DEPTH_LIMIT_EXCEEDED', (depth: number) => `is ${depth} levels deep`],
  ['cost', 'COST_LIMIT_EXCEEDED', (cost: number) => `costs ${cost}`],
  ['rootFields', 'ROOT_FIELD_LIMIT_EXCEEDED', (fields: number) => `has ${fields} fields at its root`],
  ['aliases', 'ALIAS_LIMIT_EXCEEDED', (aliases: number) => `has ${aliases} aliases`],
] as const;

function refuse(size: Record<(typeof MEASURES)[number][0], number>): Refusal | null {
  for (const [measure, code, describe] of MEASURES) {
    const [found, limit] = [size[measure], LIMITS[measure]];
    if (found <= limit) continue;
    return new Refusal(code, `The operation ${describe(found)}; the limit is ${limit}.`, { [measure]: found, limit });
  }
  return null;
}
