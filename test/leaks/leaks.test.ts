/**
 * The leak suite. Every path in the schema to every field about a fan, in every shape and over every transport, times
 * every state of consent, times every kind of viewer: a case is one of each. All of it is derived from the schema and
 * from the database, so a new gated field is covered without a line here.
 */
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import type { ViewerName } from './oracle.ts';
import { makePlan, type Outcome, runState } from './run.ts';
import { isThere, listStates, type State } from './states.ts';
import { createWorld, type World } from './world.ts';

/** Gated fields whose engines are yet to come. Whoever brings one removes its line. */
const EMPTY = ['OfferAnnounced.walkingSeconds'];

describe('the leak suite', { timeout: 180_000 }, () => {
  const schema = buildSchema();
  const gated = gatedFields(schema);
  const plan = makePlan(schema, EMPTY);
  const states = listStates(gated.keys());
  const outcomes = new Map<string, Outcome>();
  const missing: string[] = [];
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(async () => {
    await world.close();
    const total = [...outcomes.values()].reduce((sum, { cases }) => sum + cases, 0);
    const lines = [...outcomes].map(
      ([name, { cases, leaks }]) => `  ${cases} ${name}${leaks.length ? `: ${leaks.length} LEAKS` : ''}`,
    );
    process.stdout.write(
      [
        `leak suite: ${total} cases, ${plan.paths.length} paths in ${plan.documents.length} documents, ${outcomes.size} states`,
        ...lines,
        ...missing.map((what) => `  not yet there: ${what}`),
        '',
      ].join('\n'),
    );
  });

  const judgeState = async (state: State, { skip }: TestContext) => {
    if (!(await isThere(state, schema, world.nodes.now.url))) {
      missing.push(`${state.name} (${state.needs})`);
      skip(`not yet there: ${state.needs}`);
    }
    const outcome = await runState(world, state, plan);
    outcomes.set(state.name, outcome);
    expect(outcome.leaks.slice(0, 20)).toEqual([]);
  };
  // The end of a game drops its presence, for which everything that reads presence waits: it comes by itself.
  const endsGame = ({ duration }: State) => duration === 'GAME';
  const title = 'shows what is granted and nothing else: $name';
  it.concurrent.for(states.filter((state) => !endsGame(state)))(title, judgeState);
  it.for(states.filter(endsGame))(title, judgeState);

  it('shows every gated field to the fan once all is granted, so that nothing is silent for want of a value', () => {
    const shown = outcomes.get('granted to this partner')!.shown;
    const all = [...gated.values()].flat().filter((coordinate) => !EMPTY.includes(coordinate));
    const shownTo = (viewer: ViewerName) => all.filter((coordinate) => shown.get(viewer)?.has(coordinate));
    expect(shownTo('the fan')).toEqual(all);
    expect(EMPTY.filter((coordinate) => shown.get('the fan')?.has(coordinate))).toEqual([]);
  });
});
