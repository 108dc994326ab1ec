/**
 * Door two. Each event of a stream is decided and executed on a fresh context, made for it alone: the decisions, the
 * loaders and the identity map of an earlier event never reach a later one. A denied event is not sent, and the cursor
 * passes it.
 */
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeSubscriptionEvent,
  validateSubscriptionArgs,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Context, createContext, type Services } from '../context.ts';
import { MappedStream } from './mapped-stream.ts';
import type { StreamEvent } from './stream-event.ts';

/** Makes the context of one event. A test replaces it to show that sharing one leaks. */
export type MakeEventContext = (services: Services, opened: Context) => Context;

export const freshContext: MakeEventContext = (services, { viewer, expiresAt }) =>
  createContext(services, viewer, expiresAt);

export function useLiveDelivery(services: Services, makeContext: MakeEventContext = freshContext): Plugin {
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
          const context = makeContext(services, opened);
          if (!(await admits(context, event))) return null;
          return executeSubscriptionEvent({
            ...validated,
            rootValue: event,
            contextValue: { ...opened, ...context },
          });
        };
        return new MappedStream(events, toResult, opened.expiresAt);
      });
    },
  };
}

async function admits(context: Context, { gate }: StreamEvent): Promise<boolean> {
  return gate === null || context.consent.shows(gate.subject, gate.scope);
}
