/**
 * Plays a real game day against the server and judges every frame. Exit code 1 when anything leaked or went missing.
 * With `--json` the last line on standard output is one object.
 */
import { sql } from '@mikro-orm/postgresql';
import { defineCommand, runMain } from 'citty';
import { SingleBar } from 'cli-progress';
import { failPlainly } from '../src/cli/fail.ts';
import { readNumber } from '../src/cli/read-number.ts';
import { withDatabase } from '../src/cli/with-database.ts';
import { arrayOf } from '../src/db/sql.ts';
import { InputError } from '../src/errors.ts';
import { createIdsFor } from '../src/graphql/ids.ts';
import { issueDevelopmentToken } from '../src/identity/development-issuer.ts';
import { REPLAY_STAFF, type Replay, replayGame } from '../src/venues/index.ts';
import { type Endpoints, GraphQLClient } from './client.ts';
import { GAME } from './documents.ts';
import type { Day } from './fan.ts';
import type { PartnerRecord } from './journal.ts';
import { DELIVERED_MS, judge } from './oracle.ts';
import { judgePartners } from './partner-oracle.ts';
import { type Played, type Progress, play } from './play.ts';
import { Random } from './random.ts';
import { describe, summarize } from './report.ts';
import { Cluster } from './server.ts';
import { makeTrouble, TROUBLED_DELIVERY_MS } from './trouble.ts';

const PARTNERS = ['demo-partner', 'demo-partner-2', 'demo-partner-3'];
const MOST_FANS = 20_000;
const MOST_NODES = 8;

const command = defineCommand({
  meta: { name: 'gameday', description: 'Play a game day and judge every frame.' },
  args: {
    fans: { type: 'string', default: '500', description: 'how many come' },
    game: { type: 'string', description: "a game's id or Retrosheet key; without it the one with the largest crowd" },
    url: { type: 'string', description: 'of a running server, such as http://127.0.0.1:4000' },
    seed: { type: 'string', description: 'to play the same chances again' },
    nodes: { type: 'string', default: '1', description: 'how many servers, over one database' },
    trouble: {
      type: 'boolean',
      default: false,
      description: 'freeze one node, kill one, lose wake-ups; needs 3 nodes',
    },
    json: { type: 'boolean', default: false, description: 'end with one JSON object' },
  },
  async run({ args }) {
    try {
      const count = readNumber('--fans', args.fans, 1, MOST_FANS);
      const seed = readNumber('--seed', args.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1);
      const nodes = readNumber('--nodes', args.nodes, 1, MOST_NODES);
      if (args.trouble && (args.url || nodes < 3)) throw new InputError('--trouble needs --nodes 3 and no --url.');
      if (args.url && nodes > 1) throw new InputError('--nodes are servers of its own: leave out --url.');
      const cluster = args.url ? null : await Cluster.start(nodes);
      try {
        const url = args.url ? endpoint(args.url) : null;
        const plan = { fans: count, seed, game: args.game ?? null, trouble: args.trouble, json: args.json };
        process.exitCode = await run(() => (url ? [url] : cluster!.urls), cluster, plan);
      } finally {
        await cluster?.stop();
      }
    } catch (error) {
      failPlainly(error);
    }
  },
});

interface Wanted {
  fans: number;
  seed: number;
  game: string | null;
  trouble: boolean;
  json: boolean;
}

async function run(endpoints: Endpoints, cluster: Cluster | null, wanted: Wanted): Promise<number> {
  const { seed } = wanted;
  const client = new GraphQLClient(endpoints);
  const { replay, gameId } = await prepare(wanted.game);
  const day = await lookAround(client, gameId, new Random(seed));
  const troubles: string[] = [];
  const plan = {
    fans: wanted.fans,
    seed,
    deliveredMs: wanted.trouble ? TROUBLED_DELIVERY_MS : DELIVERED_MS,
    trouble: async () => {
      if (wanted.trouble && cluster) troubles.push(...(await makeTrouble(cluster)));
    },
  };
  const played = await withBar((progress) => play(day, plan, progress));
  await client.must(await issueDevelopmentToken('STAFF', REPLAY_STAFF), 'setGameStatus', { gameId, status: 'FINAL' });

  const verdict = judge(played.fans, played.announcements, plan.deliveredMs);
  const partners = await nameFans(played);
  const ofPartners = judgePartners(partners, played.fans, played.announcements, plan.deliveredMs);
  verdict.leaks.push(...ofPartners.leaks);
  verdict.missing.push(...ofPartners.missing);
  verdict.missing.push(
    ...played.fans.flatMap(({ name, refusals }) => refusals.map((refusal) => `${name}: ${refusal}`)),
  );
  const report = summarize(played, verdict, { seed, nodes: endpoints().length });
  console.log(describe(replay, played, verdict, report, troubles));
  if (wanted.json) console.log(JSON.stringify(report));
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

/** On the operator's side again: under which id each partner knows each fan. Whom an id stands for nobody else can tell. */
async function nameFans({ fans, sponsors }: Played): Promise<PartnerRecord[]> {
  const records: PartnerRecord[] = [];
  await withDatabase(async (em, config) => {
    const idsFor = createIdsFor(config.MASTER_KEY);
    const keys = await em.execute<{ id: string; subject: string }[]>(
      sql`select id, subject from fan where subject = any (${arrayOf(fans.map(({ name }) => name))}::text[])`,
    );
    for (const { code, activities, line } of sponsors) {
      const [partner] = await em.execute<{ id: string }[]>(sql`select id from partner where code = ${code}`);
      const ids = idsFor(partner!.id);
      const names = new Map(keys.map(({ id, subject }) => [ids.toGlobal('Fan', id), subject]));
      records.push({ code, activities, sessions: line.sessions, names });
    }
  });
  return records;
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

function endpoint(url: string): string {
  if (!URL.canParse(url)) throw new InputError('--url must be a URL, such as http://127.0.0.1:4000.');
  return new URL('/graphql', url).href;
}

await runMain(command);
