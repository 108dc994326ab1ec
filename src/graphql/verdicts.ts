/**
 * Whether a document is valid, judged once and forgotten with it. The rules are the same for everybody while the process
 * lasts; yoga's own cache would spell them all out for each request.
 */
import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';

type Verdict = readonly Error[];

export function useVerdicts(): Plugin {
  const known = new WeakMap<DocumentNode, Verdict>();
  return {
    onValidate({ params: { documentAST }, setResult }) {
      const verdict = known.get(documentAST);
      if (verdict) return setResult(verdict as never);
      return ({ result }) => void known.set(documentAST, result as Verdict);
    },
  };
}
