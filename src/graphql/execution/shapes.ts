/** What plans and runs know of each other. */
import type {
  FieldNode,
  GraphQLError,
  GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLResolveInfo,
  GraphQLResolveInfoHelpers,
  ValidatedExecutionArgs,
} from 'graphql';

/** Where in an answer: a path as graphql-js has it, told apart by identity. */
export type Place = GraphQLResolveInfo['path'];

/** What is asked of one object. */
export interface Selection {
  readonly fields: readonly Field[];
  /** An answer without its values. */
  readonly blank: () => Record<string, unknown>;
  /** For what is asked often: all of it as one function. */
  compiled: Compiled | null;
}

/** May throw, where a field is required. */
export type Compiled = (run: Execution, source: object, at: Place | undefined) => unknown;

/** One key of an answer. */
export interface Field {
  readonly key: string;
  readonly name: string;
  readonly type: GraphQLOutputType;
  readonly parentType: GraphQLObjectType;
  readonly nodes: readonly FieldNode[];
  /** Undefined: the value is a property of its parent. */
  readonly resolve: GraphQLFieldResolver<unknown, unknown> | undefined;
  readonly complete: Complete;
  /** Whether its failure is its parent's. */
  readonly isRequired: boolean;
  readonly hasArguments: boolean;
  /** @throws GraphQLError for values that do not fit. */
  argumentsFor(args: ValidatedExecutionArgs): Record<string, unknown>;
  selectionOf(type: GraphQLObjectType): Selection;
}

/**
 * From what a resolver returned to what the answer holds. `place` is the field's; `at` is where the value stands, which
 * within a list is deeper.
 */
export type Complete = (run: Execution, field: Field, place: Place, at: Place, value: unknown) => unknown;

/** One execution of a plan. */
export interface Execution {
  readonly args: ValidatedExecutionArgs;
  readonly isOver: boolean;
  /** Aborted when the answer is given. */
  readonly abortSignal: AbortSignal;
  readonly helpers: GraphQLResolveInfoHelpers;
  /** @throws Error when the answer is given already, so that nothing more is begun. */
  mustGoOn(): void;
  /** All fields of one object, together. May throw, where one of them is required. */
  execute(selection: Selection, source: unknown, at: Place | undefined): unknown;
  field(field: Field, source: unknown, above: Place | undefined): unknown;
  /** Goes on with a property of `source` that was read already. */
  found(field: Field, source: object, above: Place | undefined, value: unknown): unknown;
  /** A property that could not be read. */
  thrown(field: Field, above: Place | undefined, error: unknown): null;
  /** An answer some of whose values have to be waited for. */
  settle(answer: Record<string, unknown>): Promise<Record<string, unknown>>;
  info(field: Field, path: Place): GraphQLResolveInfo;
  /** Null in its place; or, where that is required, thrown on to the place above. */
  fail(raw: unknown, isRequired: boolean, field: Field, at: Place): null;
  located(raw: unknown, field: Field, at: Place): GraphQLError;
  /** When one fails, the others are left. */
  all<T>(values: readonly (T | PromiseLike<T>)[]): Promise<T[]>;
  /** Nobody waits for these any more: whether they fail is of no interest. */
  leave(values: readonly unknown[]): void;
}

export const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
