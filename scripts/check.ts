/**
 * What CI runs: format and lint, types, the rules of who may know whom, the printed schema, the notice, and every test
 * (the drift of migrations is one). It ends with vitest's own result, counted from its report. Exit code 1 when
 * anything failed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

const REPORT = '.vitest-report.json';

const STEPS: readonly (readonly [string, readonly string[]])[] = [
  ['format and lint', ['npm', 'run', '--silent', 'lint']],
  ['types', ['npm', 'run', '--silent', 'types']],
  ['dependency rules', ['npm', 'run', '--silent', 'rules']],
  ['printed schema', ['npm', 'run', '--silent', 'schema', '--', '--check']],
  ['notice', ['npm', 'run', '--silent', 'notice', '--', '--check']],
  ['tests', ['npm', 'test', '--silent']],
];

rmSync(REPORT, { force: true });
const failed = STEPS.filter(([name, [program, ...args]]) => {
  console.log(`\n--- ${name}`);
  return spawnSync(program!, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status !== 0;
});
if (failed.length > 0) console.log(`\nFailed: ${failed.map(([name]) => name).join(', ')}`);
console.log(`\n${countTests()}`);
process.exit(failed.length === 0 ? 0 : 1);

function countTests(): string {
  const report = JSON.parse(readFileSync(REPORT, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numFailedTestSuites: number;
    testResults: { status: string; assertionResults: unknown[] }[];
  };
  // A file that could not even be loaded has no tests of its own to count.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : '';
  return `${report.numPassedTests} passed, ${report.numFailedTests + broken.length} failed${skipped}`;
}
