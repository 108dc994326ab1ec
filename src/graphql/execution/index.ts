/** Operations over every transport are executed by plans: see `execute.ts`. */
import type { Plugin } from 'graphql-yoga';
import { executeByPlan } from './execute.ts';

/** Before all plugins that execute again or look at what was executed: they are handed this. */
export const usePlannedExecution = (): Plugin => ({
  onExecute({ setExecuteFn }) {
    setExecuteFn(executeByPlan);
  },
});
