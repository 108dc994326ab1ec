/** The errors of one execution, in their order. Below a place that is null already nothing more can fail. */
import type { GraphQLError } from 'graphql';
import type { Place } from './shapes.ts';

export class Failures {
  readonly errors: GraphQLError[] = [];
  readonly #places = new Set<Place | undefined>();

  add(error: GraphQLError, at: Place | undefined): void {
    if (this.#isNull(at)) return;
    this.#places.add(at);
    this.errors.push(error);
  }

  #isNull(at: Place | undefined): boolean {
    if (this.#places.size === 0) return false;
    for (let place = at; place; place = place.prev) if (this.#places.has(place)) return true;
    return this.#places.has(undefined);
  }
}
