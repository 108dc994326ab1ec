import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // graphql has two builds; without this alias vitest loads both, and instanceof fails between the realms.
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // The states of the leak suite tell each other's partner of their offers: many at once are slower than two.
    maxConcurrency: 2,
    reporters: ['default', ['json', { outputFile: '.vitest-report.json' }]],
  },
});
