/**
 * Door two. Each event of a stream is decided and executed on a fresh context, made for it alone: the decisions, the
 * loaders and the identity map of an earlier event never reach a later one. A denied event is not sent, and the cursor
 * passes it. In the tick in which it goes out it is looked at again, and executed again if consent has moved on.
 */
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  validateSubscriptionArgs,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Context, createContext, type Services } from '../context.ts';
import { isUnreachable } from '../db/outcome.ts';
import { ServiceError } from '../errors.ts';
import { MappedStream } from './mapped-stream.ts';
import { Pacer } from './pacer.ts';
import type { StreamEvent } from './stream-event.ts';

const LOOKS = 3;
/** Without a lease an event waits for it, and is tried again. */
const REGAIN_MS = 1_000;

/** Makes the context of one event. A test replaces it to show that sharing one leaks. */
export type MakeEventContext = (services: Services, opened: Context) => Context;

export const freshContext: MakeEventContext = (services, { viewer, expiresAt }) =>
  createContext(services, viewer, expiresAt);

export function useLiveDelivery(services: Services, makeContext: MakeEventContext = freshContext): Plugin {
  const pacer = new Pacer();
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const validated = validateSubscriptionArgs(args);
        if (!('schema' in validated)) return { errors: validated };
        const source = await createSourceEventStream(validated);
        if (!(Symbol.asyncIterator in source)) return source;
        const opened = args.contextValue as Context;
        const events = source as AsyncIterableIterator<StreamEvent>;
        const toResult = async (event: StreamEvent): Promise<ExecutionResult | null> => {
          for (let looks = 0; looks < LOOKS; looks += 1) {
            await pacer.turn();
            await services.gate.lease.whenHeld(REGAIN_MS);
            const context = makeContext(services, opened);
            if (!(await admits(context, event))) return null;
            const result = await executeSubscriptionEvent({
              ...validated,
              rootValue: event,
              contextValue: { ...opened, ...context },
            });
            if (result.errors?.some(isPassing)) throw new ServiceError('UNAVAILABLE', 'The event cannot be made now.');
            if (context.consent.stands()) return result;
          }
          // The stream holds the event, and tries again in a moment.
          throw new ServiceError('UNAVAILABLE', 'Consent moves faster than the event.');
        };
        return new MappedStream(events, toResult, opened.expiresAt);
      });
    },
  };
}

/** The database or the lease went while the event was being made: it is held, not sent with a hole in it. */
const isPassing = ({ originalError }: GraphQLError): boolean =>
  originalError instanceof ServiceError || isUnreachable(originalError);

async function admits({ consent }: Context, { gate }: StreamEvent): Promise<boolean> {
  if (gate === null) return true;
  if (gate.kept && !(await consent.keeps(gate.kept.subject, gate.kept.scope))) return false;
  return consent.shows(gate.subject, gate.scope);
}
