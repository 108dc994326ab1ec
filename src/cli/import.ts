/** Loads real schedules and campaigns. `--json` prints one object on the last line: the counts by kind, and `refused`. */

import { defineCommand, runMain } from 'citty';
import { SingleBar } from 'cli-progress';
import { createSealer } from '../consent/index.ts';
import { Seal } from '../graphql/ids.ts';
import { DEFAULT_CODE, importCampaigns, MOST_PER_FAN } from '../offers/index.ts';
import { RETROSHEET_STATEMENT } from '../seed/fenway.ts';
import { FIRST_POLICY } from '../seed/policy.ts';
import { importRetrosheet } from '../venues/import/retrosheet.ts';
import { withDatabase } from './with-database.ts';

/** Shows how far it is, and says each refusal as it comes. */
async function withBar<T>(
  what: string,
  work: (listener: {
    progress(done: number, total: number): void;
    refused(file: string, line: number, reason: string): void;
  }) => Promise<T>,
): Promise<T> {
  const bar = new SingleBar({ format: `${what} [{bar}] {value}/{total}`, stream: process.stderr });
  try {
    return await work({
      progress: (done, total) => {
        if (done <= total && !bar.isActive) bar.start(total, 0);
        bar.update(done);
      },
      refused: (file, line, reason) => console.error(`${file}, line ${line}: ${reason}`),
    });
  } finally {
    bar.stop();
  }
}

const retrosheet = defineCommand({
  meta: { name: 'retrosheet', description: "A season of Retrosheet's game logs, with its parks." },
  args: {
    games: { type: 'positional', required: true, description: 'a game log, such as GL2018.TXT' },
    parks: { type: 'string', required: true, description: 'the park codes, such as parkcode.txt' },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  run: ({ args }) =>
    withDatabase(async (em) => {
      console.log(RETROSHEET_STATEMENT);
      const report = await withBar('games', (listener) => importRetrosheet(em, args, listener));
      const { venues, teams, games, refused } = report;
      console.log(`${games} games of ${teams} teams and ${venues} venues; ${refused} rows refused.`);
      if (args.json) console.log(JSON.stringify(report));
    }),
});

const campaigns = defineCommand({
  meta: {
    name: 'campaigns',
    description: [
      'Campaigns, whom they targeted and what was redeemed of them: campaign_descriptions.csv, campaigns.csv and',
      'coupon_redemptions.csv. Households that are not known become members as of their first campaign, and are recorded',
      'as having agreed to membership, and to live offers until the end of their last. Whoever runs this states that they',
      'did. Nobody who is known already is granted anything.',
    ].join(' '),
  },
  args: {
    folder: { type: 'positional', required: true, description: 'the directory of the three files' },
    partner: { type: 'string', default: DEFAULT_CODE, description: "the code of the campaigns' partner" },
    venue: {
      type: 'string',
      default: DEFAULT_CODE,
      description: "the venue's code; its time zone says when a day begins",
    },
    'cap-per-fan': {
      type: 'string',
      default: String(MOST_PER_FAN),
      description: 'how often a household may redeem of a new campaign',
    },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  run: ({ args }) =>
    withDatabase(async (em, config) => {
      const tools = {
        sealer: await createSealer(config.MASTER_KEY),
        claimCodes: new Seal(config.MASTER_KEY, 'claim code'),
        firstPolicy: FIRST_POLICY,
      };
      const files = { ...args, capPerFan: Number(args['cap-per-fan']) };
      const report = await withBar('steps', (listener) => importCampaigns(em, files, tools, listener));
      const { campaigns: count, targets, members, redemptions, refused } = report;
      console.log(
        `${count} campaigns, ${targets} targets of ${members} members, ${redemptions} redemptions; ${refused} rows refused.`,
      );
      if (args.json) console.log(JSON.stringify(report));
    }),
});

await runMain(
  defineCommand({
    meta: { name: 'import', description: 'Load what was elsewhere.' },
    subCommands: { retrosheet, campaigns },
  }),
);
