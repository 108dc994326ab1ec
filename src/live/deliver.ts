/**
 * Door two. Each event of a stream is decided and executed on a fresh context, made for it alone: the decisions, the
 * loaders and the identity map of an earlier event never reach a later one. A denied event is not sent, and the cursor
 * passes it. In the tick in which it goes out it is looked at again, and executed again if consent has moved on.
 */
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, validateSubscriptionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Context, createContext, type Services } from '../context.ts';
import { ServiceError } from '../errors.ts';
import { executeValidated } from '../graphql/execution/execute.ts';
import { isFault } from '../graphql/mask-error.ts';
import { admits } from './admission.ts';
import { MappedStream } from './mapped-stream.ts';
import { Pacer } from './pacer.ts';
import { isPassing } from './passing.ts';
import { BroadcastStream } from './shared/broadcast.ts';
import type { Carrier, Hub } from './shared/hub.ts';
import { outletOf } from './shared/outlet.ts';
import type { StreamEvent } from './stream-event.ts';

const LOOKS = 3;
/** Without a lease an event waits for it, and is tried again. */
const REGAIN_MS = 1_000;

/** Makes the context of one event. A test replaces it to show that sharing one leaks. */
export type MakeEventContext = (services: Services, opened: Opened) => Context;

/** What is kept of the context in which a stream was opened. */
type Opened = Pick<Context, 'viewer' | 'expiresAt'>;

export const freshContext: MakeEventContext = (services, { viewer, expiresAt }) =>
  createContext(services, viewer, expiresAt);

interface LiveDeliveryOptions {
  readonly services: Services;
  readonly makeContext: MakeEventContext;
  /** Null: nothing is shared. */
  readonly hub: Hub | null;
}

export function useLiveDelivery({ services, makeContext, hub }: LiveDeliveryOptions): Plugin {
  const pacer = new Pacer();
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const validated = validateSubscriptionArgs(args);
        if (!('schema' in validated)) return { errors: validated };
        const source = await createSourceEventStream(validated);
        if (!(Symbol.asyncIterator in source)) return source;
        const { viewer, expiresAt, carrier } = args.contextValue as Context & { carrier?: Carrier };
        const opened: Opened = { viewer, expiresAt };
        const events = source as AsyncIterableIterator<StreamEvent>;
        const outlet = carrier && outletOf(carrier.socket);
        if (events instanceof BroadcastStream) hub?.admit(events, carrier, args, validated);
        const operation = { ...validated, contextValue: undefined };
        letGo(args.contextValue as Partial<Context>);
        const toResult = async (event: StreamEvent): Promise<ExecutionResult | null> => {
          for (let looks = 0; looks < LOOKS; looks += 1) {
            // What waits for a slow reader is decided when it reads again.
            await outlet?.whenWritable();
            await pacer.turn();
            await services.gate.lease.whenHeld(REGAIN_MS);
            const context = makeContext(services, opened);
            if (!(await admits(context, event.gate))) return null;
            const result = await executeValidated({ ...operation, rootValue: event, contextValue: context });
            if (result.errors?.some(isPassing)) throw new ServiceError('UNAVAILABLE', 'The event cannot be made now.');
            if (result.errors?.some(isFault)) await context.consent.askAnew();
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

/**
 * A stream may be open for hours, and the pipeline around it holds on to the context in which it was opened. What each
 * event gets anew is let go of.
 */
function letGo(opened: { -readonly [Key in keyof Context]?: Context[Key] }): void {
  for (const key of ['em', 'loaders', 'consent', 'presence', 'now'] as const) opened[key] = undefined;
}
