/** A soak, shortened: real nodes, real sockets, kills and all. `npm run soak` is the same for twenty minutes. */
import { expect, it } from 'vitest';
import { runProgram } from '../support/process.ts';

it('of two nodes that are killed under their fans loses, repeats, leaks and leaves nothing', async () => {
  const args = ['--minutes', '0.7', '--fans', '30', '--churn', '60', '--json'];
  const { code, out, err } = await runProgram('soak/main.ts', args, {});
  const report = JSON.parse(out.split('\n').at(-1) || '{}');
  expect(report, `${out}\n${err}`).toMatchObject({
    lost: 0,
    repeated: 0,
    leaks: 0,
    listenersLeft: 0,
  });
  for (const name of ['subscribes', 'announcements', 'deliveries', 'kills']) expect(report[name]).toBeGreaterThan(0);
  expect(code).toBe(0);
}, 400_000);
