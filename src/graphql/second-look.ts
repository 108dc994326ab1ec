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
      setExecuteFn(async (args: ExecutionArgs) => {
        const opened = args.contextValue as Context;
        const result = (await executeFn(args)) as ExecutionResult;
        if (result.errors?.some(isFault)) await opened.consent.askAnew();
        if (opened.consent.stands()) return result;
        await opened.consent.recall();
        if (opened.consent.stands()) return result;
        const operation = getOperationAST(args.document, args.operationName);
        if (operation?.operation === OperationTypeNode.MUTATION) return withoutGatedFields(args, result);
        for (let looks = 1; looks < LOOKS; looks += 1) {
          const fresh = createContext(services, opened.viewer, opened.expiresAt, opened.vetoesPartners);
          const again = (await executeFn({ ...args, contextValue: { ...opened, ...fresh } })) as ExecutionResult;
          if (fresh.consent.stands()) return again;
        }
        return { errors: [unavailable()] };
      });
    },
  };
}

/** After a pause of the process the lease is back within milliseconds. */
const REGAIN_MS = 1_000;

/** For the beginning of an operation, before anything is asked of the database. @throws GraphQLError UNAVAILABLE. */
export async function requireLease({ gate }: Services): Promise<void> {
  if (!(await gate.lease.whenHeld(REGAIN_MS))) throw unavailable();
}

const unavailable = () =>
  new GraphQLError('The service cannot answer now. Try again.', {
    extensions: { code: 'UNAVAILABLE', http: { status: 503 } },
  });
