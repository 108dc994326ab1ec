/**
 * Plays a real game day against the server and judges every frame. Exit code 1 when anything leaked or went missing.
 * With `--json` the last line on standard output is one object.
 */
import { defineCommand, runMain } from 'citty';
import { SingleBar } from 'cli-progress';
import { failPlainly } from '../src/cli/fail.ts';
import { withDatabase } from '../src/cli/with-database.ts';
import { InputError } from '../src/errors.ts';
import { createIdsFor } from '../src/graphql/ids.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { REPLAY_STAFF, type Replay, replayGame } from '../src/venues/index.ts';
import { GraphQLClient } from './client.ts';
import { GAME } from './documents.ts';
import type { Day } from './fan.ts';
import { judge } from './oracle.ts';
import { type Played, type Progress, play } from './play.ts';
import { Random } from './random.ts';
import { describe, summarize } from './report.ts';
import { startServer } from './server.ts';

const PARTNERS = ['demo-partner', 'demo-partner-2', 'demo-partner-3'];
const MOST_FANS = 20_000;

const command = defineCommand({
  meta: { name: 'gameday', description: 'Play a game day and judge every frame.' },
  args: {
    fans: { type: 'string', default: '500', description: 'how many come' },
    game: { type: 'string', description: "a game's id or Retrosheet key; without it the one with the largest crowd" },
    url: { type: 'string', description: 'of a running server, such as http://127.0.0.1:4000' },
    seed: { type: 'string', description: 'to play the same chances again' },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  async run({ args }) {
    try {
      const count = readNumber('--fans', args.fans, 1, MOST_FANS);
      const seed = readNumber('--seed', args.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1);
      const server = args.url ? null : await startServer();
      try {
        process.exitCode = await run(server?.url ?? endpoint(args.url!), count, seed, args.game ?? null, args.json);
      } finally {
        await server?.stop();
      }
    } catch (error) {
      failPlainly(error);
    }
  },
});

async function run(url: string, count: number, seed: number, game: string | null, json: boolean): Promise<number> {
  const client = new GraphQLClient(url);
  const { replay, gameId } = await prepare(game);
  const day = await lookAround(client, gameId, new Random(seed));
  const played = await withBar((progress) => play(day, count, seed, progress));
  await client.must(await issueDevelopmentToken('STAFF', REPLAY_STAFF), 'setGameStatus', { gameId, status: 'FINAL' });

  const verdict = judge(played.fans, played.announcements);
  verdict.missing.push(
    ...played.fans.flatMap(({ name, refusals }) => refusals.map((refusal) => `${name}: ${refusal}`)),
  );
  const report = summarize(played, verdict, seed);
  console.log(describe(replay, played, verdict, report));
  if (json) console.log(JSON.stringify(report));
  return report.leaks === 0 && report.missing === 0 ? 0 : 1;
}

/** On the operator's side: the fact is cloned to now. */
async function prepare(game: string | null): Promise<{ replay: Replay; gameId: string }> {
  const prepared: { replay: Replay; gameId: string }[] = [];
  await withDatabase(async (em, config) => {
    const ids = createIdsFor(config.MASTER_KEY)(null);
    const reference = game === null ? null : ids.parse(game);
    const replay = await replayGame(em, reference?.type === 'Game' ? reference.key : game);
    prepared.push({ replay, gameId: ids.toGlobal('Game', replay.gameId) });
  });
  return prepared[0]!;
}

/** On the clients' side: all that the API says about the game, and nothing else. */
async function lookAround(client: GraphQLClient, gameId: string, random: Random): Promise<Day> {
  const { data } = await client.ask(null, GAME, { id: gameId });
  const { node, currentPolicy, partners } = data;
  if (!node) throw new InputError('The server at that URL does not know the game: does it use this database?');
  const known: { id: string; code: string }[] = partners.edges.map((edge: { node: object }) => edge.node);
  return {
    client,
    random,
    gameId,
    policyVersion: currentPolicy.version,
    zones: node.venue.zones.map(({ id }: { id: string }) => id),
    teams: [node.homeTeam?.id, node.awayTeam?.id].filter(Boolean),
    partners: known.filter(({ code }) => PARTNERS.includes(code)),
  };
}

async function withBar(work: (progress: Progress) => Promise<Played>): Promise<Played> {
  const bar = new SingleBar({ format: '{phase} [{bar}] {value}/{total}', stream: process.stderr, hideCursor: true });
  try {
    return await work({
      begin: (phase, steps) => {
        bar.stop();
        bar.start(steps, 0, { phase });
      },
      step: () => bar.increment(),
    });
  } finally {
    bar.stop();
  }
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new InputError(`${name} must be a number from ${least} to ${most}.`);
}

function endpoint(url: string): string {
  if (!URL.canParse(url)) throw new InputError('--url must be a URL, such as http://127.0.0.1:4000.');
  return new URL('/graphql', url).href;
}

await runMain(command);
