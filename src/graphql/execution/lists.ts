/** Lists: item by item, each failing for itself. What fails while other items are under way leaves none of them alone. */
import { GraphQLError, type GraphQLOutputType, isNonNullType } from 'graphql';
import { type Complete, type Execution, type Field, isPromiseLike, type Place } from './shapes.ts';

interface Items {
  readonly complete: Complete;
  /** Whether an item's failure is the list's. */
  readonly areRequired: boolean;
}

export function completeList(itemType: GraphQLOutputType, complete: Complete): Complete {
  const items: Items = { complete, areRequired: isNonNullType(itemType) };
  return (run, field, place, at, value) => {
    if (Array.isArray(value)) return array(items, run, field, place, at, value);
    if (typeof (value as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function') {
      return asynchronous(items, run, field, place, at, value as AsyncIterable<unknown>);
    }
    if (typeof value === 'object' && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function') {
      return synchronous(items, run, field, place, at, value as Iterable<unknown>);
    }
    throw new GraphQLError(`Expected Iterable, but did not find one for field "${field.parentType}.${field.name}".`);
  };
}

function array(items: Items, run: Execution, field: Field, place: Place, at: Place, values: readonly unknown[]) {
  const completed: unknown[] = [];
  let waits = false;
  try {
    for (let key = 0; key < values.length; key += 1) {
      const item = completeItem(items, run, field, place, { prev: at, key, typename: undefined }, values[key]);
      completed.push(item);
      waits ||= item instanceof Promise;
    }
  } catch (error) {
    if (waits) run.leave(completed);
    run.leave(values.slice(completed.length + 1));
    throw error;
  }
  return waits ? run.all(completed) : completed;
}

function synchronous(items: Items, run: Execution, field: Field, place: Place, at: Place, values: Iterable<unknown>) {
  const completed: unknown[] = [];
  const iterator = values[Symbol.iterator]();
  let waits = false;
  try {
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
      const item = completeItem(
        items,
        run,
        field,
        place,
        { prev: at, key: completed.length, typename: undefined },
        step.value,
      );
      completed.push(item);
      waits ||= item instanceof Promise;
    }
  } catch (error) {
    if (waits) run.leave(completed);
    run.leave(remaining(iterator));
    throw error;
  }
  return waits ? run.all(completed) : completed;
}

/** May throw where items are required. */
function completeItem(items: Items, run: Execution, field: Field, place: Place, at: Place, value: unknown): unknown {
  if (isPromiseLike(value)) return promised(items, run, field, place, at, value);
  try {
    const completed = items.complete(run, field, place, at, value);
    if (!(completed instanceof Promise)) return completed;
    return completed.then(undefined, (error) => run.fail(error, items.areRequired, field, at));
  } catch (error) {
    return run.fail(error, items.areRequired, field, at);
  }
}

async function promised(
  items: Items,
  run: Execution,
  field: Field,
  place: Place,
  at: Place,
  value: PromiseLike<unknown>,
): Promise<unknown> {
  try {
    const resolved = await value;
    run.mustGoOn();
    let completed = items.complete(run, field, place, at, resolved);
    if (completed instanceof Promise) completed = await completed;
    return completed;
  } catch (error) {
    return run.fail(error, items.areRequired, field, at);
  }
}

async function asynchronous(
  items: Items,
  run: Execution,
  field: Field,
  place: Place,
  at: Place,
  values: AsyncIterable<unknown>,
): Promise<unknown> {
  const completed: unknown[] = [];
  const iterator = values[Symbol.asyncIterator]();
  let waits = false;
  let ended = false;
  try {
    for (;;) {
      const itemAt: Place = { prev: at, key: completed.length, typename: undefined };
      let step: IteratorResult<unknown>;
      try {
        step = await iterator.next();
      } catch (error) {
        throw run.located(error, field, at);
      }
      ended = Boolean(step.done);
      if (run.isOver || ended) break;
      const item = completeItem(items, run, field, place, itemAt, step.value);
      completed.push(item);
      waits ||= item instanceof Promise;
    }
    run.mustGoOn();
  } catch (error) {
    if (!ended) run.leave([close(iterator)]);
    if (waits) run.leave(completed);
    throw error;
  }
  return waits ? run.all(completed) : completed;
}

const close = async (iterator: AsyncIterator<unknown>) => iterator.return?.();

/** Promises among the items that were not reached: their failures are nobody's. */
function remaining(iterator: Iterator<unknown>): unknown[] {
  const values: unknown[] = [];
  try {
    for (let step = iterator.next(); !step.done; step = iterator.next()) values.push(step.value);
  } catch {
    // An iterator that failed has nothing more.
  }
  return values;
}
