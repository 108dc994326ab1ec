/** Pothos with scope-auth, set up as its documentation does: a scope loader that asks for one consent. */
import SchemaBuilder from '@pothos/core';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type { Context } from './context.ts';

export const SCOPES = ['OFFERS', 'REASONS'] as const;
export type Scope = (typeof SCOPES)[number];

export const builder = new SchemaBuilder<{
  Context: Context;
  AuthScopes: { signedIn: boolean; consent: Scope };
}>({
  plugins: [ScopeAuthPlugin],
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ subject, pool }) => ({
      signedIn: subject !== null,
      consent: async (scope) => {
        const { rowCount } = await pool.query('select 1 from consent where subject = $1 and scope = $2', [
          subject,
          scope,
        ]);
        return rowCount === 1;
      },
    }),
  },
});
