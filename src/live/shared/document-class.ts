/**
 * One operation as it is executed for many: the same document, operation and variables, but for those that only say
 * what is subscribed to. Whoever subscribes with an equal one is of the same class, while consent makes no difference.
 */
import type { ExecutionArgs, ExecutionResult, ValidatedSubscriptionArgs } from 'graphql';
import type { ConsentScope } from '../../consent/index.ts';
import { bitsOf } from '../../consent/index.ts';
import type { Context } from '../../context.ts';
import { executeValidated } from '../../graphql/execution/execute.ts';
import { type Dependencies, readDependencies } from '../../graphql/shared.ts';
import type { StreamEvent } from '../stream-event.ts';

export class DocumentClass {
  /** Of whoever came first. */
  readonly args: ValidatedSubscriptionArgs;
  readonly presence: boolean;
  readonly scopes: readonly ConsentScope[];
  /** The scopes that make a difference. */
  readonly bits: number;
  /** False once it asked for what a class does not know. */
  shares = true;

  constructor(args: ValidatedSubscriptionArgs, { scopes, presence }: Dependencies) {
    // The first subscriber's own context is none of anybody's business.
    this.args = { ...args, contextValue: undefined };
    this.scopes = scopes;
    this.presence = presence;
    this.bits = bitsOf(scopes);
  }

  async execute(event: StreamEvent, contextValue: Context): Promise<ExecutionResult> {
    return executeValidated({ ...this.args, rootValue: event, contextValue });
  }
}

const KEPT = 1_000;

/** The classes of documents in use, each found again by whoever subscribes with an equal one. */
export class DocumentClasses {
  readonly #known = new Map<string, DocumentClass>();
  /** Documents are parsed once and shared; one that is not is another. */
  readonly #documents = new WeakMap<object, { number: number; dependencies: Map<string, Dependencies | null> }>();
  #count = 0;

  /** Null: it does not share. */
  find(args: ExecutionArgs, validated: ValidatedSubscriptionArgs): DocumentClass | null {
    const document = this.#documents.get(args.document) ?? { number: ++this.#count, dependencies: new Map() };
    this.#documents.set(args.document, document);
    const operationName = args.operationName ?? '';
    let dependencies: Dependencies | null | undefined = document.dependencies.get(operationName);
    if (dependencies === undefined) {
      dependencies = readDependencies(args.schema, args.document, args.operationName);
      document.dependencies.set(operationName, dependencies);
    }
    if (!dependencies) return null;
    const { coerced } = validated.variableValues;
    const values = dependencies.variables.map((name: string) => coerced[name] ?? null);
    const key = `${document.number}|${JSON.stringify([operationName, values])}`;
    let found = this.#known.get(key);
    if (!found) {
      if (this.#known.size >= KEPT) this.#known.clear();
      found = new DocumentClass(validated, dependencies);
      this.#known.set(key, found);
    }
    return found.shares ? found : null;
  }
}
