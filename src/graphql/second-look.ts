/**
 * Queries and mutations, before and after. Without a lease an operation is not begun. When it is done, what it decided
 * is looked at once more in the tick that writes the answer: if consent has moved on meanwhile, a query is executed
 * again on a fresh context, and a mutation, which must not be repeated, answers with its gated fields empty.
 */
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Context, createContext, type Services } from '../context.ts';
import { withoutGatedFields } from './consent-plugin/without-gated-fields.ts';
import { isFault } from './mask-error.ts';

const LOOKS = 3;

export function useSecondLook(services: Services): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      const look = (args: ExecutionArgs, result: ExecutionResult) => {
        const failed = result.errors?.some(isFault) ?? false;
        const { consent } = args.contextValue as Context;
        return !failed && consent.stands() ? result : lookAgain(args, result, failed);
      };
      /** Consent is in motion, the lease is away, or something failed as nothing should. */
      const lookAgain = async (
        args: ExecutionArgs,
        result: ExecutionResult,
        failed: boolean,
      ): Promise<ExecutionResult> => {
        const opened = args.contextValue as Context;
        await (failed ? opened.consent.askAnew() : opened.consent.recall());
        if (opened.consent.stands()) return result;
        const operation = getOperationAST(args.document, args.operationName);
        if (operation?.operation === OperationTypeNode.MUTATION) return withoutGatedFields(args, result);
        for (let looks = 1; looks < LOOKS; looks += 1) {
          const fresh = createContext(services, opened.viewer, opened.expiresAt, opened.vetoesPartners);
          const again = (await executeFn({ ...args, contextValue: { ...opened, ...fresh } })) as ExecutionResult;
          if (fresh.consent.stands()) return again;
        }
        return { errors: [unavailable()] };
      };
      setExecuteFn((args: ExecutionArgs) => {
        const result = executeFn(args) as ExecutionResult | Promise<ExecutionResult>;
        return result instanceof Promise ? result.then((done) => look(args, done)) : look(args, result);
      });
    },
  };
}

/** After a pause of the process the lease is back within milliseconds. */
const REGAIN_MS = 1_000;

/**
 * For the beginning of an operation, before anything is asked of the database; nothing to wait for where the lease is
 * held. @throws GraphQLError UNAVAILABLE.
 */
export function requireLease({ gate: { lease } }: Services): Promise<void> | undefined {
  if (lease.held()) return undefined;
  return lease.whenHeld(REGAIN_MS).then((held) => {
    if (!held) throw unavailable();
  });
}

const unavailable = () =>
  new GraphQLError('The service cannot answer now. Try again.', {
    extensions: { code: 'UNAVAILABLE', http: { status: 503 } },
  });
