/**
 * What one operation may ask for: tokens, depth and cost, judged before anything runs. It works inside the envelop
 * pipeline, which HTTP, SSE and WebSocket all pass. The cost is reported in `extensions.cost`.
 */
import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type ASTVisitor,
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  getOperationAST,
  isIntrospectionType,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type ParseOptions,
  parse,
  type Source,
  type ValidationContext,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';

export const LIMITS = {
  tokens: 4_000,
  /** Levels of selection. */
  depth: 12,
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
      const { cost, refusal } = measure(args);
      if (refusal) return setResultAndStopExecution({ errors: [refusal] });
      return {
        onExecuteDone({ result, setResult }) {
          if (Symbol.asyncIterator in result) return;
          setResult({ ...result, extensions: { ...result.extensions, cost: { requested: cost, limit: LIMITS.cost } } });
        },
      };
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const { refusal } = measure(args);
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

/** What cannot be measured is refused. Only the operation that will run counts, wherever it stands in the document. */
function measure(args: ExecutionArgs): { cost: number; refusal: GraphQLError | null } {
  const chosen = getOperationAST(args.document, args.operationName);
  const definitions = args.document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  if (chosen) definitions.push(chosen);
  try {
    const { complexity, depth } = complexityFromQuery(
      { kind: Kind.DOCUMENT, definitions },
      { schema: args.schema, variables: { ...args.variableValues }, ctx: {} },
    );
    return { cost: complexity, refusal: refuse(depth, complexity) };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The operation cannot be measured.';
    return { cost: 0, refusal: new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } }) };
  }
}

function refuse(depth: number, cost: number): GraphQLError | null {
  if (depth > LIMITS.depth) {
    return new GraphQLError(`The operation is ${depth} levels deep; ${LIMITS.depth} are allowed.`, {
      extensions: { code: 'DEPTH_LIMIT_EXCEEDED', depth, limit: LIMITS.depth },
    });
  }
  if (cost > LIMITS.cost) {
    return new GraphQLError(`The operation costs ${cost}; ${LIMITS.cost} is allowed.`, {
      extensions: { code: 'COST_LIMIT_EXCEEDED', cost, limit: LIMITS.cost },
    });
  }
  return null;
}
