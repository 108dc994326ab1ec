/** One state from beginning to end: raised, entered, asked by everybody in every way, and its traces read. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import type { Answer } from '../support/server.ts';
import { type LeakDocument, SHAPES, type Shape, writeDocuments } from './documents.ts';
import { judge, LACKING } from './judge.ts';
import { Oracle, type Truth, type ViewerName } from './oracle.ts';
import { findPaths, type Path } from './paths.ts';
import { leaksInMetrics } from './sinks.ts';
import { type State, truthOf } from './states.ts';
import { mayListen, StateStreams } from './streams.ts';
import { raise, type Subject } from './subject.ts';
import { Transports, transportsFor } from './transports.ts';
import type { World } from './world.ts';

export interface Plan {
  readonly paths: readonly Path[];
  readonly documents: readonly LeakDocument[];
  /** Gated fields that nothing fills yet. */
  readonly empty: ReadonlySet<string>;
  /** Gated fields that tell a zone: empty wherever nobody knows one. */
  readonly ofZone: ReadonlySet<string>;
}

/** What has no value in a state, whoever may see it. */
const emptyIn = ({ empty, ofZone }: Plan, { present, unbroken }: Truth): ReadonlySet<string> =>
  present && unbroken.has('PRESENCE_ZONE') ? empty : empty.union(ofZone);

export interface Outcome {
  cases: number;
  readonly leaks: string[];
  /** The gated coordinates at which each viewer was shown a value about the fan. */
  readonly shown: Map<ViewerName, Set<string>>;
}

export function makePlan(schema: GraphQLSchema, empty: readonly string[], shapes: readonly Shape[] = SHAPES): Plan {
  const idTypes = Object.keys(schema.getTypeMap()).filter((name) => isNode(schema, name));
  const paths = findPaths(schema, idTypes);
  const documents = shapes.flatMap((shape) => writeDocuments(schema, paths, shape, idTypes));
  const ofZone = new Set(gatedFields(schema).get('PRESENCE_ZONE'));
  return { paths, documents, empty: new Set(empty), ofZone };
}

const isNode = (schema: GraphQLSchema, name: string): boolean => {
  const type = schema.getType(name);
  return !!type && 'getInterfaces' in type && type.getInterfaces().some((each) => each.name === 'Node');
};

const ofKind = ({ documents }: Plan, kind: LeakDocument['kind']) => documents.filter((each) => each.kind === kind);

export async function runState(world: World, state: State, plan: Plan): Promise<Outcome> {
  const outcome: Outcome = { cases: 0, leaks: [], shown: new Map() };
  const transports = new Transports();
  const logged = world.log.length;
  const truth = truthOf(state);
  const node = world.nodes[state.moment ?? 'now'];
  const subject = await raise(world, state);
  const streams = new StateStreams(world, subject);
  const subscriptions = ofKind(plan, 'subscription');
  const openHere = node === world.nodes.now;

  if (state.consents === 'to everything') await streams.openBefore(subscriptions);
  await state.enter?.(world, subject);
  await streams.announceAfter(openHere ? truth : null);
  outcome.cases += await streams.resume(node.url, subscriptions);
  if (!truth.unclear && !truth.erased) await streams.expectEvents(truth, openHere);

  const ask = (kind: LeakDocument['kind']) =>
    askEverybody({ world, transports, url: node.url, subject, truth, plan }, outcome, kind);
  await ask('query');
  await ask('subscription');
  await ask('mutation');

  const canGoOn = openHere && !truth.unclear && !truth.erased && truth.visitLasts;
  if (canGoOn) await streams.awaitSentinel();
  outcome.leaks.push(...streams.judge(truth, openHere, emptyIn(plan, truth), outcome.shown));
  await streams.close();
  await transports.close();

  outcome.leaks.push(...world.log.leaks(subject.canaries, logged));
  for (const each of Object.values(world.nodes)) {
    outcome.leaks.push(...(await leaksInMetrics(each.url, subject.canaries)));
  }
  return outcome;
}

interface Asking {
  readonly world: World;
  readonly transports: Transports;
  readonly url: string;
  readonly subject: Subject;
  readonly truth: Truth;
  readonly plan: Plan;
}

const TRIES = 20;
const AGAIN_MS = 250;

const isToldToTryAgain = ({ errors }: Answer): boolean =>
  errors?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE') ?? false;

async function askEverybody(
  { world, transports, url, subject, truth, plan }: Asking,
  outcome: Outcome,
  kind: LeakDocument['kind'],
): Promise<void> {
  const seats = [...Object.entries(world.seats), ['the fan', { token: subject.token, recipientId: null }] as const];
  const documents = ofKind(plan, kind);
  await Promise.all(
    seats.map(async ([name, { token, recipientId }]) => {
      const viewer = name as ViewerName;
      const oracle = new Oracle(truth, viewer);
      const { ids, absent } = await idsFor(world, subject, recipientId);
      const shown = outcome.shown.get(viewer) ?? new Set<string>();
      outcome.shown.set(viewer, shown);
      for (const document of documents) {
        // Only the fan can act on the fan; to all others one shape shows that they are refused.
        if (kind !== 'query' && viewer !== 'the fan' && document.shape !== 'plain') continue;
        // Streams are listened to; to whom they are not for they are refused.
        if (kind === 'subscription' && (mayListen(viewer, document) || document.shape !== 'plain')) continue;
        for (const transport of kind === 'subscription' ? (['graphql-ws'] as const) : transportsFor(document)) {
          const used = Object.fromEntries(document.variables.map((name) => [name, ids.get(name) ?? null]));
          const question = { url, token, document, variables: used };
          const judged = {
            picks: document.picks,
            canaries: subject.canaries,
            oracle,
            // A mutation may be to leave.
            empty: kind === 'mutation' ? plan.empty.union(plan.ofZone) : emptyIn(plan, truth),
            absent,
          };
          const where = `${viewer}, ${transport}, ${document.shape}`;
          let answer = await transports.ask(transport, question);
          // On a busy machine a lease may lapse. An answer that says so may lack values, and hold nothing else.
          for (let tries = 1; tries < TRIES && isToldToTryAgain(answer); tries += 1) {
            const { leaks } = judge({ ...judged, answer });
            outcome.leaks.push(...leaks.filter((leak) => !leak.endsWith(LACKING)).map((leak) => `${where}: ${leak}`));
            await sleep(AGAIN_MS);
            answer = await transports.ask(transport, question);
          }
          const found = judge({ ...judged, answer });
          outcome.cases += document.paths.length;
          for (const coordinate of found.shown) shown.add(coordinate);
          outcome.leaks.push(...found.leaks.map((leak) => `${where}: ${leak}`));
          if (viewer === 'the fan' && kind !== 'subscription' && !answer.data && !truth.erased) {
            outcome.leaks.push(`${where}: no answer but ${JSON.stringify(answer)}`);
          }
        }
      }
    }),
  );
}

/** The tables of types that are not called like them. */
const TABLES: Readonly<Record<string, string>> = { Consent: 'consent_grant', ConsentHistoryEntry: 'consent_event' };

const NO_KEY = '999999';

/** The id of a thing of each type, the fan's own where it is personal, as a viewer knows it. */
export async function idsFor(
  world: World,
  subject: Subject,
  recipientId: string | null,
): Promise<{ ids: Map<string, string>; absent: Set<string> }> {
  const { services, schema } = world.nodes.now;
  const ids = new Map<string, string>();
  const absent = new Set<string>();
  for (const type of schema.getPossibleTypes(schema.getType('Node') as never)) {
    const table = TABLES[type.name] ?? type.name.replace(/(?<=.)([A-Z])/g, '_$1').toLowerCase();
    const known = { Fan: subject.fanKey, Game: subject.gameKey, Zone: subject.zoneKey }[type.name];
    const key = known ?? (await findKey(world, table, subject.fanKey));
    if (key === null) absent.add(type.name);
    ids.set(type.name, services.idsFor(recipientId).toGlobal(type.name as never, key ?? NO_KEY));
  }
  return { ids, absent };
}

async function findKey(world: World, table: string, fanKey: string): Promise<string | null> {
  const personal = await world.sql(`select 1 from information_schema.columns
    where table_name = '${table}' and column_name = 'fan_id'`);
  const where = personal.length > 0 ? `where fan_id = ${fanKey}` : '';
  const [row] = await world.sql<{ id: string }>(`select id from "${table}" ${where} order by id desc limit 1`);
  return row?.id ?? null;
}
