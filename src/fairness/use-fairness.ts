/**
 * What one caller may take from the others, over whatever transport: each operation is paid for before it runs, a
 * subscription when it subscribes, and waits for its turn among the caller's own. `extensions.cost` tells the balance.
 */
import type { ServerResponse } from 'node:http';
import type { ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { costOf } from '../graphql/limits.ts';
import { Refusal } from '../graphql/refusal.ts';
import type { Budget } from './budget.ts';
import type { Caller } from './caller.ts';
import type { Connections } from './connections.ts';
import type { Turns } from './turns.ts';

interface Shares {
  readonly budget: Budget;
  readonly connections: Connections;
  readonly turns: Turns;
}

interface Asked {
  readonly caller: Caller;
  /** Of a socket; all else is HTTP. */
  readonly extra?: unknown;
  readonly res?: ServerResponse;
}

interface Bill {
  readonly requested: number;
  /** Points a minute. */
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Comes last among the plugins, so that everything that runs waits for its turn. */
export function useFairness({ budget, connections, turns }: Shares): Plugin<Asked> {
  const pay = (args: ExecutionArgs): Promise<{ bill: Bill; refusal: Refusal | null }> => {
    const requested = costOf(args);
    return budget.spend(asked(args).caller, requested).then(({ enough, limit, remaining, resetMs }) => {
      const bill = { requested, limit, remaining, resetMs };
      return { bill, refusal: enough ? null : rateLimited(bill) };
    });
  };
  return {
    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      return pay(args).then(({ bill, refusal }) => {
        if (refusal) return setResultAndStopExecution({ errors: [refusal], extensions: { cost: bill } });
        const { caller } = asked(args);
        setExecuteFn((given: ExecutionArgs) => turns.take(caller.key, () => executeFn(given)));
        return {
          onExecuteDone({ result, setResult }) {
            if (Symbol.asyncIterator in result) return;
            setResult({ ...result, extensions: { ...result.extensions, cost: bill } });
          },
        };
      });
    },
    async onSubscribe({ args, subscribeFn, setSubscribeFn, setResultAndStopExecution }) {
      const { caller, extra, res } = asked(args);
      const { refusal } = await pay(args);
      if (refusal) return setResultAndStopExecution({ errors: [refusal] });
      if (!extra && res && !res.closed && !connections.admit(caller, res)) {
        return setResultAndStopExecution({ errors: [tooManyConnections()] });
      }
      setSubscribeFn((given: ExecutionArgs) => turns.take(caller.key, () => subscribeFn(given)));
    },
  };
}

const asked = (args: { contextValue?: unknown }) => args.contextValue as Asked;

function rateLimited(bill: Bill): Refusal {
  const seconds = Math.max(1, Math.ceil(bill.resetMs / 1_000));
  const message = `You may spend ${bill.limit} points of cost a minute. Try again in ${seconds} seconds.`;
  const http = { status: 429, headers: { 'retry-after': String(seconds) } };
  return new Refusal('RATE_LIMITED', message, { ...bill }, http);
}

const tooManyConnections = () =>
  new Refusal('CONNECTION_LIMIT_EXCEEDED', 'You hold too many connections open.', {}, { status: 429 });
