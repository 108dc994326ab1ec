/** Writes out what `npm run import` reads. `--json` prints one object on the last line: the counts by kind. */
import { defineCommand, runMain } from 'citty';
import { DEFAULT_CODE, exportCampaigns } from '../offers/index.ts';
import { withDatabase } from './with-database.ts';

const campaigns = defineCommand({
  meta: {
    name: 'campaigns',
    description: 'The imported campaigns of a partner, their targets and redemptions. Who has left is not in them.',
  },
  args: {
    folder: { type: 'positional', required: true, description: 'the directory to write the three files into' },
    partner: { type: 'string', default: DEFAULT_CODE, description: "the code of the campaigns' partner" },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  run: ({ args }) =>
    withDatabase(async (em) => {
      const report = await exportCampaigns(em, args);
      const { campaigns: count, targets, redemptions } = report;
      console.log(`${count} campaigns, ${targets} targets and ${redemptions} redemptions in ${args.folder}.`);
      if (args.json) console.log(JSON.stringify(report));
    }),
});

await runMain(
  defineCommand({ meta: { name: 'export', description: 'Write out what was imported.' }, subCommands: { campaigns } }),
);
