/**
 * Door two. Each event of a stream is decided and executed on a fresh context, made for it alone: the decisions, the
 * loaders and the identity map of an earlier event never reach a later one. A denied event is not sent, and the cursor
 * passes it. In the tick in which it goes out it is looked at again, and executed again if consent has moved on.
 */
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Context, createContext, type Services } from '../context.ts';
import { ServiceError } from '../errors.ts';
import { executeValidated } from '../graphql/execution/execute.ts';
import { isFault } from '../graphql/mask-error.ts';
import { admits } from './admission.ts';
import { MappedStream } from './mapped-stream.ts';
import { Pacer } from './pacer.ts';
import { isPassing } from './passing.ts';
import type { BroadcastStream } from './shared/broadcast.ts';
import type { Carrier, Hub } from './shared/hub.ts';
import type { Teller } from './shared/member.ts';
import { type Outlet, outletOf } from './shared/outlet.ts';
import { SocketStream } from './socket-operations.ts';
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
  readonly maskError: (error: unknown) => Error;
  /** Null: nothing is shared. */
  readonly hub: Hub | null;
}

export function useLiveDelivery({ hub, ...options }: LiveDeliveryOptions): Plugin {
  const door: Door = { ...options, pacer: new Pacer() };
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args: ExecutionArgs) => {
        const validated = validateSubscriptionArgs(args);
        if (!('schema' in validated)) return { errors: validated };
        const source = await createSourceEventStream(validated);
        if (!(Symbol.asyncIterator in source)) return source;
        const { viewer, expiresAt, carrier } = args.contextValue as Context & { carrier?: Carrier };
        letGo(args.contextValue as Partial<Context>);
        const document = (carrier && hub?.findDocument(source, args, validated)) ?? null;
        const operation = document?.args ?? { ...validated, contextValue: undefined };
        const outlet = carrier ? outletOf(carrier.socket) : null;
        const teller = new ViewerTeller(door, { viewer, expiresAt }, operation, outlet);
        if (document) return new SocketStream(hub!.admit(source as BroadcastStream, document, carrier!, teller));
        const events = source[Symbol.asyncIterator]() as AsyncIterableIterator<StreamEvent>;
        const stream = new MappedStream(events, (event) => teller.tell(event), expiresAt);
        return carrier ? new SocketStream(stream) : stream;
      });
    },
  };
}

interface Door extends Omit<LiveDeliveryOptions, 'hub'> {
  readonly pacer: Pacer;
}

/** Door two for one subscription of one viewer. */
class ViewerTeller implements Teller {
  readonly #door: Door;
  readonly #opened: Opened;
  readonly #operation: ValidatedSubscriptionArgs;
  readonly #outlet: Outlet | null;

  constructor(door: Door, opened: Opened, operation: ValidatedSubscriptionArgs, outlet: Outlet | null) {
    this.#door = door;
    this.#opened = opened;
    this.#operation = operation;
    this.#outlet = outlet;
  }

  async tell(event: StreamEvent): Promise<ExecutionResult | null> {
    const { services, makeContext, maskError, pacer } = this.#door;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      // What waits for a slow reader is decided when it reads again.
      await this.#outlet?.whenWritable();
      await pacer.turn();
      await services.gate.lease.whenHeld(REGAIN_MS);
      const context = makeContext(services, this.#opened);
      if (!(await admits(context, event.gate))) return null;
      const result = await executeValidated({ ...this.#operation, rootValue: event, contextValue: context });
      const { errors } = result;
      if (errors?.some(isPassing)) throw new ServiceError('UNAVAILABLE', 'The event cannot be made now.');
      if (errors?.some(isFault)) await context.consent.askAnew();
      if (context.consent.stands()) return errors ? { ...result, errors: errors.map(maskError) as never } : result;
    }
    // The stream holds the event, and tries again in a moment.
    throw new ServiceError('UNAVAILABLE', 'Consent moves faster than the event.');
  }
}

/**
 * A stream may be open for hours, and the pipeline around it holds on to the context in which it was opened. What each
 * event gets anew is let go of.
 */
function letGo(opened: { -readonly [Key in keyof Context]?: Context[Key] }): void {
  for (const key of ['em', 'loaders', 'consent', 'presence', 'now'] as const) opened[key] = undefined;
}
