/** What a resolver may ask about the field that it is called for. Most ask nothing: each answer is found when it is asked. */
import type { GraphQLResolveInfo, GraphQLResolveInfoHelpers } from 'graphql';
import type { Execution, Field, Place } from './shapes.ts';

export class ResolveInfo implements GraphQLResolveInfo {
  readonly path: Place;
  readonly #run: Execution;
  readonly #field: Field;

  constructor(run: Execution, field: Field, path: Place) {
    this.#run = run;
    this.#field = field;
    this.path = path;
  }

  get fieldName() {
    return this.#field.name;
  }

  get fieldNodes() {
    return this.#field.nodes;
  }

  get returnType() {
    return this.#field.type;
  }

  get parentType() {
    return this.#field.parentType;
  }

  get schema() {
    return this.#run.args.schema;
  }

  get fragments() {
    return this.#run.args.fragmentDefinitions;
  }

  get rootValue() {
    return this.#run.args.rootValue;
  }

  get operation() {
    return this.#run.args.operation;
  }

  get variableValues() {
    return this.#run.args.variableValues;
  }

  /** Of which the methods may be taken off. */
  get getAbortSignal() {
    return (): AbortSignal => this.#run.abortSignal;
  }

  get getAsyncHelpers() {
    return (): GraphQLResolveInfoHelpers => this.#run.helpers;
  }
}
