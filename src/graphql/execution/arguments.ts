/**
 * The arguments of one field, as graphql-js coerces them. Without variables they are the same each time: simple values
 * are coerced once, and every call gets a copy of its own; anything that could be altered is coerced anew.
 */
import {
  type FieldNode,
  type GraphQLField,
  getArgumentValues,
  Kind,
  type ValidatedExecutionArgs,
  visit,
} from 'graphql';

type Values = Record<string, unknown>;

export class ArgumentReader {
  readonly #definition: GraphQLField<unknown, unknown>;
  readonly #node: FieldNode;
  readonly #isConstant: boolean;
  #known: Values | null = null;

  constructor(definition: GraphQLField<unknown, unknown>, node: FieldNode) {
    this.#definition = definition;
    this.#node = node;
    this.#isConstant = !hasVariables(node);
  }

  /** @throws GraphQLError for values that do not fit. */
  read({ variableValues, hideSuggestions }: ValidatedExecutionArgs): Values {
    if (this.#known) return { __proto__: null, ...this.#known };
    const values = getArgumentValues(this.#definition, this.#node, variableValues, undefined, hideSuggestions);
    if (this.#isConstant && Object.values(values).every(isSimple)) this.#known = { __proto__: null, ...values };
    return values;
  }
}

const isSimple = (value: unknown) => value === null || (typeof value !== 'object' && typeof value !== 'function');

function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  let found = false;
  for (const argument of given) {
    visit(argument, {
      [Kind.VARIABLE]: () => {
        found = true;
      },
    });
  }
  return found;
}
