/** Loads real schedules. `--json` prints one object on the last line: the counts by kind, and `refused`. */

import { defineCommand, runMain } from 'citty';
import { SingleBar } from 'cli-progress';
import { RETROSHEET_STATEMENT } from '../seed/fenway.ts';
import { importRetrosheet } from '../venues/import/retrosheet.ts';
import { withDatabase } from './with-database.ts';

const retrosheet = defineCommand({
  meta: { name: 'retrosheet', description: "A season of Retrosheet's game logs, with its parks." },
  args: {
    games: { type: 'positional', required: true, description: 'a game log, such as GL2018.TXT' },
    parks: { type: 'string', required: true, description: 'the park codes, such as parkcode.txt' },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  run: ({ args }) =>
    withDatabase(async (em) => {
      const bar = new SingleBar({ format: 'games [{bar}] {value}/{total}', stream: process.stderr });
      console.log(RETROSHEET_STATEMENT);
      try {
        const report = await importRetrosheet(em, args, {
          progress: (done, total) => {
            if (done <= total && !bar.isActive) bar.start(total, 0);
            bar.update(done);
          },
          refused: (file, line, reason) => console.error(`${file}, line ${line}: ${reason}`),
        });
        bar.stop();
        const { venues, teams, games, refused } = report;
        console.log(`${games} games of ${teams} teams and ${venues} venues; ${refused} rows refused.`);
        if (args.json) console.log(JSON.stringify(report));
      } finally {
        bar.stop();
      }
    }),
});

await runMain(
  defineCommand({ meta: { name: 'import', description: 'Load real schedules.' }, subCommands: { retrosheet } }),
);
