/**
 * One execution of a plan. The order of its steps, of its promises and so of its errors is graphql-js's own, which the
 * tests hold it to: fields of a mutation one after the other, all others together; a failure nulls the nearest nullable
 * place above it, and what is still under way below that place is no longer heard.
 */
import {
  type ExecutionResult,
  type GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLResolveInfoHelpers,
  locatedError,
  OperationTypeNode,
  type ValidatedExecutionArgs,
} from 'graphql';
import { Failures } from './failures.ts';
import { ResolveInfo } from './resolve-info.ts';
import { type Execution, type Field, isPromiseLike, type Place, type Selection } from './shapes.ts';

type Answer = Record<string, unknown>;

/** The arguments of a field that takes none. */
const NONE: Record<string, unknown> = Object.freeze(Object.create(null));

export class Run implements Execution {
  readonly args: ValidatedExecutionArgs;
  readonly #root: Selection;
  readonly #failures = new Failures();
  #isOver = false;
  #abort: AbortController | null = null;

  constructor(root: Selection, args: ValidatedExecutionArgs) {
    this.#root = root;
    this.args = args;
  }

  /** At once where no resolver has to be waited for. */
  result(): ExecutionResult | Promise<ExecutionResult> {
    const { operation, rootValue } = this.args;
    try {
      const isSerial = operation.operation === OperationTypeNode.MUTATION;
      const data = isSerial
        ? this.#executeSerially(this.#root, rootValue)
        : this.execute(this.#root, rootValue, undefined);
      if (!(data instanceof Promise)) return this.#end(data as Answer);
      return data.then(
        (resolved: Answer) => this.#end(resolved),
        (error: GraphQLError) => this.#endWith(error),
      );
    } catch (error) {
      return this.#endWith(error as GraphQLError);
    }
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  mustGoOn(): void {
    if (this.#isOver) throw new Error('Aborted!');
  }

  execute(selection: Selection, source: unknown, at: Place | undefined): unknown {
    const { compiled } = selection;
    return compiled && typeof source === 'object' && source !== null
      ? compiled(this, source, at)
      : this.#executeEach(selection, source, at);
  }

  #executeEach({ fields, blank }: Selection, source: unknown, at: Place | undefined): unknown {
    const answer = blank();
    let waits = false;
    try {
      for (const field of fields) {
        const value = this.field(field, source, at);
        answer[field.key] = value;
        waits ||= value instanceof Promise;
      }
    } catch (error) {
      if (waits) this.leave(Object.values(answer));
      throw error;
    }
    return waits ? this.settle(answer) : answer;
  }

  settle(answer: Answer): Promise<Answer> {
    const keys = Object.keys(answer);
    return this.all(keys.map((key) => answer[key])).then((values) => {
      for (let place = 0; place < keys.length; place += 1) answer[keys[place]!] = values[place];
      return answer;
    });
  }

  #executeSerially({ fields, blank }: Selection, source: unknown): Answer | Promise<Answer> {
    let answer: Answer | Promise<Answer> = blank();
    for (const field of fields) {
      const execute = (before: Answer): Answer | Promise<Answer> => {
        this.mustGoOn();
        const value = this.field(field, source, undefined);
        if (value instanceof Promise) return value.then((resolved) => Object.assign(before, { [field.key]: resolved }));
        before[field.key] = value;
        return before;
      };
      answer = answer instanceof Promise ? answer.then(execute) : execute(answer);
    }
    return answer;
  }

  field(field: Field, source: unknown, above: Place | undefined): unknown {
    const at = placeOf(field, above);
    try {
      return this.#complete(field, at, this.#resolve(field, source, at));
    } catch (error) {
      return this.fail(error, field.isRequired, field, at);
    }
  }

  found(field: Field, source: object, above: Place | undefined, value: unknown): unknown {
    const at = placeOf(field, above);
    try {
      return this.#complete(field, at, typeof value === 'function' ? this.#call(field, source, at, NONE) : value);
    } catch (error) {
      return this.fail(error, field.isRequired, field, at);
    }
  }

  thrown(field: Field, above: Place | undefined, error: unknown): null {
    return this.fail(error, field.isRequired, field, placeOf(field, above));
  }

  #complete(field: Field, at: Place, value: unknown): unknown {
    if (isPromiseLike(value)) return this.#promised(field, at, value);
    const completed = field.complete(this, field, at, at, value);
    if (!(completed instanceof Promise)) return completed;
    return completed.then(undefined, (error) => this.fail(error, field.isRequired, field, at));
  }

  #resolve(field: Field, source: unknown, at: Place): unknown {
    const { args } = this;
    const given = field.hasArguments ? field.argumentsFor(args) : NONE;
    if (field.resolve) return field.resolve(source, given, args.contextValue, this.info(field, at));
    if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return undefined;
    const value = (source as Answer)[field.name];
    return typeof value === 'function' ? this.#call(field, source, at, given) : value;
  }

  /** A property that is a function is called for its value. */
  #call(field: Field, source: object, at: Place, given: Record<string, unknown>): unknown {
    const methods = source as Record<string, (...all: unknown[]) => unknown>;
    return methods[field.name]!(given, this.args.contextValue, this.info(field, at));
  }

  async #promised(field: Field, at: Place, value: PromiseLike<unknown>): Promise<unknown> {
    try {
      const resolved = await value;
      this.mustGoOn();
      let completed = field.complete(this, field, at, at, resolved);
      if (completed instanceof Promise) completed = await completed;
      return completed;
    } catch (error) {
      return this.fail(error, field.isRequired, field, at);
    }
  }

  info(field: Field, path: Place): GraphQLResolveInfo {
    return new ResolveInfo(this, field, path);
  }

  fail(raw: unknown, isRequired: boolean, field: Field, at: Place): null {
    const error = this.located(raw, field, at);
    if (isRequired) throw error;
    this.#failures.add(error, at);
    return null;
  }

  located(raw: unknown, { nodes }: Field, at: Place): GraphQLError {
    return locatedError(raw, nodes, keysOf(at));
  }

  all<T>(values: readonly (T | PromiseLike<T>)[]): Promise<T[]> {
    const promise = Promise.all(values);
    promise.then(undefined, () => this.leave(values));
    return promise;
  }

  leave(values: readonly unknown[]): void {
    for (const value of values) {
      if (isPromiseLike(value)) value.then(undefined, () => {});
    }
  }

  #end(data: Answer | null): ExecutionResult {
    this.#isOver = true;
    this.#abort?.abort();
    const { errors } = this.#failures;
    return (errors.length > 0 ? { errors, data } : { data }) as ExecutionResult;
  }

  #endWith(error: GraphQLError): ExecutionResult {
    this.#failures.add(error, undefined);
    return this.#end(null);
  }

  get abortSignal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isOver) this.#abort.abort();
    return this.#abort.signal;
  }

  get helpers(): GraphQLResolveInfoHelpers {
    return { promiseAll: (values) => this.all(values), track: (values) => this.leave(values) };
  }
}

const placeOf = ({ key, parentType }: Field, prev: Place | undefined): Place => ({
  prev,
  key,
  typename: parentType.name,
});

function keysOf(place: Place): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let each: Place | undefined = place; each; each = each.prev) keys.push(each.key);
  return keys.reverse();
}
