import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take minutes: begun last, each would be waited for alone while a core is idle. */
const LONG = [
  'test/leaks/leaks.test.ts',
  'test/cli/start.test.ts',
  'test/offers/import/import.test.ts',
  'test/bench/smoke.test.ts',
  'test/leaks/inference.test.ts',
  'test/soak/soak.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const first = LONG.flatMap((name) => sorted.filter(({ moduleId }) => moduleId.endsWith(name)));
    return [...first, ...sorted.filter((file) => !first.includes(file))];
  }
}

export default defineConfig({
  resolve: {
    // graphql has two builds; without this alias vitest loads both, and instanceof fails between the realms.
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // The states of the leak suite tell each other's partner of their offers: many at once are slower than two.
    maxConcurrency: 2,
    reporters: ['default', ['json', { outputFile: '.vitest-report.json' }]],
  },
});
