/** The season from its first game to its last, instant by instant, on a server whose clock is moved from one to the next. */
import type { Logger } from 'pino';
import { inParallel, Random } from '../gameday/random.ts';
import type { Config } from '../src/config.ts';
import { publishPolicy } from '../src/consent/index.ts';
import { setProgram } from '../src/loyalty/index.ts';
import { instantsOf } from './calendar.ts';
import { ReplayClient } from './client.ts';
import { gatherCrowd } from './crowd.ts';
import { beginGame, type Cast, endGame } from './evening.ts';
import { Journal } from './journal.ts';
import { Names } from './names.ts';
import type { OwnDatabase } from './own-database.ts';
import { Phone } from './phone.ts';
import { layOutProgram, PARTNERS } from './program.ts';
import { type Rows, readRows } from './rows.ts';
import type { Scene } from './scene.ts';
import { type Laid, layOutSeason, type Season } from './season.ts';
import { Sponsors } from './sponsors.ts';
import { Stand } from './stand.ts';
import { Tills } from './till.ts';

const DAY_MS = 86_400_000;
const GAMES_AT_ONCE = 4;
const FANS_AT_ONCE = 12;

export interface Replay {
  readonly season: Season;
  readonly database: OwnDatabase;
  readonly fans: number;
  readonly seed: number;
  readonly config: Config;
  readonly log: Logger;
}

export interface Played {
  readonly scene: Scene;
  readonly rows: Rows;
  readonly visits: number;
  readonly campaigns: number;
}

/** `progress`: games that are over, of all. */
export async function playSeason(replay: Replay, progress: (done: number, of: number) => void): Promise<Played> {
  const { season, fans, seed, database, config, log } = replay;
  const instants = instantsOf(season);
  const random = new Random(seed);
  const crowd = gatherCrowd(season, fans, PARTNERS.length, random);
  const [first, last] = [instants[0]!.at, instants.at(-1)!.at];
  const stand = await Stand.start(first - 2 * DAY_MS, database.url, config, log);
  const client = new ReplayClient(stand.url);
  try {
    const scene = await prepare(stand, client, replay, crowd, first - 2 * DAY_MS);
    const phones = crowd.map((guest) => new Phone(scene, guest));
    const coming = new Map<number, Phone[]>(season.games.map((_, game) => [game, []]));
    for (const phone of phones) for (const game of phone.guest.games) coming.get(game)!.push(phone);
    const cast: Cast = { scene, sponsors: new Sponsors(scene), tills: new Tills(scene), width: FANS_AT_ONCE };
    const middle = instants[Math.floor(instants.length / 2)]!.at;
    let week = -1;
    let done = 0;
    for (const { at, begin, end } of instants) {
      await stand.moveTo(at);
      scene.journal.at = at;
      if (at === middle) await changeTheRules(scene, stand);
      const now = Math.floor((at - first) / (7 * DAY_MS));
      await cast.sponsors.tend(random);
      if (now !== week) await cast.sponsors.beginWeek(random, membersOf(phones), stand.orm.em.fork());
      week = now;
      await inParallel(end, GAMES_AT_ONCE, async (game) => {
        await endGame(cast, game, coming.get(game)!, new Random(seed + game));
        done += 1;
        progress(done, season.games.length);
      });
      const stopListening = await cast.sponsors.listen();
      await inParallel(begin, GAMES_AT_ONCE, (game) =>
        beginGame(cast, game, coming.get(game)!, new Random(seed - game)),
      );
      stopListening();
    }
    // Long after the last game, when every campaign is over.
    await stand.moveTo(last + 10 * DAY_MS);
    scene.journal.at = last + 10 * DAY_MS;
    await inParallel(membersOf(phones), GAMES_AT_ONCE * FANS_AT_ONCE, (fan) => phones[fan]!.look());
    await cast.sponsors.readHomes();
    const rows = await readRows(stand.orm.em.fork());
    const visits = [...coming.values()].reduce((sum, each) => sum + each.length, 0);
    return { scene, rows, visits, campaigns: cast.sponsors.made };
  } finally {
    client.close();
    await stand.close();
  }
}

const membersOf = (phones: readonly Phone[]): number[] =>
  phones.filter(({ enrolled, erased }) => enrolled && !erased).map(({ fan }) => fan);

/** Everything that is there before the first fan: the season to be played, the program, a notice, partners. */
async function prepare(
  { orm }: Stand,
  client: ReplayClient,
  { season, config, seed }: Replay,
  crowd: Scene['crowd'],
  at: number,
): Promise<Scene> {
  const names = new Names(config.MASTER_KEY);
  const journal = new Journal();
  journal.at = at;
  const em = orm.em.fork();
  const laid: Laid = await layOutSeason(em, season);
  await layOutProgram(em);
  const version = '1';
  await publishPolicy(em.fork(), { version, text: 'What is kept.', materialChange: false, effectiveAt: new Date(at) });
  journal.say({ kind: 'POLICY', version, effectiveAt: at, material: false });
  const found = await em.execute<{ id: string }[]>('select id from partner order by id');
  const taken = await em.execute<{ id: string; code: string }[]>('select id, code from reward');
  const partners = found.map(({ id }) => id);
  const rewards = new Map(taken.map(({ id, code }) => [code, id]));
  const { MASTER_KEY: masterKey } = config;
  return { season, laid, crowd, names, masterKey, journal, seed, partners, rewards, client, version };
}

/** In the middle of the season: a notice that asks for everything anew, and refunds that may leave a debt. */
async function changeTheRules(scene: Scene, { orm }: Stand): Promise<void> {
  const version = '2';
  const { at } = scene.journal;
  await publishPolicy(orm.em.fork(), {
    version,
    text: 'What is kept, and more.',
    materialChange: true,
    effectiveAt: new Date(at),
  });
  scene.journal.say({ kind: 'POLICY', version, effectiveAt: at, material: true });
  scene.version = version;
  await setProgram(orm.em.fork(), { refundPolicy: 'ALLOW_NEGATIVE' });
  scene.journal.say({ kind: 'REFUNDS', policy: 'ALLOW_NEGATIVE' });
}
