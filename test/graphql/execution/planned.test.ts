/**
 * Whoever asks gets the answer that graphql-js would have given, byte for byte, errors and their order included: of any
 * document, with any variables, whatever resolvers do.
 */
import fc from 'fast-check';
import { type DocumentNode, type ExecutionResult, execute, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { executeByPlan } from '../../../src/graphql/execution/execute.ts';
import { writeDocument } from './documents.ts';
import { drawn } from './draw.ts';
import { oddSchema } from './odd-schema.ts';

const schema = oddSchema();

/** Errors over there show the value that does not fit; ours do not. */
const withoutValues = (text: string) =>
  text
    .replace(/(Expected value of type \\"\w+\\" but got).*?\.","locations/g, '$1 another.","locations')
    .replace(/ with value .*? which is not a valid Object type name\./g, ', and not to a number.');

/** What has been asked that often is compiled. */
const TIMES = 6;

async function answerOf(
  run: typeof execute,
  document: DocumentNode,
  variableValues: Record<string, unknown>,
  seed: number,
) {
  const called: string[] = [];
  const result = await run({ schema, document, variableValues, contextValue: { seed, called }, rootValue: {} });
  return { answer: withoutValues(JSON.stringify(result as ExecutionResult)), called };
}

describe('an answer', () => {
  it.each(['query', 'mutation'] as const)('of a %s is what graphql-js would have given', async (kind) => {
    const counts = { valid: 0, failing: 0 };
    await fc.assert(
      fc.asyncProperty(
        drawn((draw) => writeDocument(draw, { schema, kind })),
        fc.nat(),
        async ({ text, variables }, seed) => {
          const document = parse(text);
          if (validate(schema, document).length > 0) return;
          counts.valid += 1;
          for (let time = 0; time < TIMES; time += 1) {
            const [theirs, ours] = [
              await answerOf(execute, document, variables, seed + time),
              await answerOf(executeByPlan as typeof execute, document, variables, seed + time),
            ];
            if (theirs.answer.includes('"errors"')) counts.failing += 1;
            expect(ours.answer).toEqual(theirs.answer);
            // Where an answer is given while something is still under way, ours begins nothing more.
            expect(ours.called).toEqual(theirs.called.slice(0, ours.called.length));
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(counts.valid).toBeGreaterThan(100);
    expect(counts.failing).toBeGreaterThan(50);
  });
});
