/**
 * Lineage, told by an oracle: fans grant, withdraw, pause and wait at random, games end and go on, and what was
 * captured in a game is shown there later only if consent was in force at every moment between.
 */
import type { MikroORM } from '@mikro-orm/postgresql';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOrm } from '../../src/db/orm.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { askRule } from '../support/rule.ts';

const SCOPE = 'OFFERS_LIVE';
const MINUTE = 60_000;

type Act =
  | { kind: 'grant'; duration: 'STANDING' | 'GAME' | 'UNTIL'; game: number; minutes: number }
  | { kind: 'withdraw' }
  | { kind: 'pause'; game: number }
  | { kind: 'wait'; minutes: number }
  | { kind: 'status'; game: number; status: 'LIVE' | 'FINAL' | 'SUSPENDED' | 'POSTPONED' };

const game = fc.nat(1);
const minutes = fc.integer({ min: 5, max: 50 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('grant'),
      duration: fc.constantFrom('STANDING', 'GAME', 'UNTIL'),
      game,
      minutes,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pause'), game }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), minutes }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('status'),
      game,
      status: fc.constantFrom('LIVE', 'FINAL', 'SUSPENDED', 'POSTPONED'),
    }),
  },
) as fc.Arbitrary<Act>;

describe('what was captured under one lineage', () => {
  let database: TestDatabase;
  let orm: MikroORM;
  let rule: ReturnType<typeof askRule>;
  beforeAll(async () => {
    database = await createTestDatabase();
    orm = await connectOrm(database.url);
    rule = askRule(orm);
    await rule.policy(1, false);
  });
  afterAll(async () => {
    await orm.close(true);
    await database.drop();
  });

  it('is shown under no other, in no game, after any gap', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 14 }), async (acts) => {
        let now = Date.now();
        rule.travelTo(new Date(now));
        const fan = await rule.fan();
        const games = [await rule.game(), await rule.game()];
        const captured: { game: number; lineages: readonly string[]; broken: boolean }[] = [];

        /** Looks at every game: what was captured must still, or no longer, be shown; then captures anew. */
        const look = async () => {
          for (const [place, gameId] of games.entries()) {
            const decision = await rule.decide(fan, { gameId });
            for (const moment of captured.filter((one) => one.game === place)) {
              moment.broken ||= !decision.holds(SCOPE);
              if (moment.broken) expect(decision.heldSince(SCOPE, moment.lineages)).toBe(false);
            }
            if (decision.holds(SCOPE)) captured.push({ game: place, lineages: decision.lineages, broken: false });
          }
        };
        const perform = async (one: Act) => {
          if (one.kind === 'withdraw') await rule.withdraw(fan, [SCOPE]);
          else if (one.kind === 'pause') await rule.pause(fan, games[one.game]!);
          else if (one.kind === 'wait') now += one.minutes * MINUTE;
          else if (one.kind === 'status') await setStatus(games[one.game]!, one.status);
          else {
            const until = one.duration === 'UNTIL' ? new Date(now + one.minutes * MINUTE) : null;
            // A game that is over takes no grants for it; a grant for all games names one or none.
            const { duration } = one;
            const gameId = duration === 'GAME' || one.minutes % 2 === 0 ? games[one.game]! : null;
            await rule.grant(fan, [SCOPE], { duration, gameId, until }).catch((error: { code?: string }) => {
              if (error.code !== 'INVALID_STATE') throw error;
            });
          }
          rule.travelTo(new Date(now));
        };
        /** As setGameStatus has it: on again, or no longer called off, is another sitting. */
        const setStatus = (id: string, status: string) =>
          rule.sql(`update game set status = '${status}',
            session = session + (status not in ('SCHEDULED', 'LIVE') and '${status}' = 'LIVE'
              or status = 'POSTPONED' and '${status}' <> 'POSTPONED')::int,
            ended_at = case when '${status}' = 'LIVE' then null else coalesce(ended_at, app_now()) end where id = ${id}`);

        for (const one of acts) {
          await look();
          await perform(one);
          await look();
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is shown again when nothing lay between, though the grants changed hands', async () => {
    rule.travelTo(null);
    const [fan, first] = [await rule.fan(), await rule.game()];
    await rule.grant(fan, [SCOPE], { duration: 'GAME', gameId: first });
    const { lineages } = await rule.decide(fan, { gameId: first });
    await rule.grant(fan, [SCOPE]);
    await rule.sql(`update game set status = 'FINAL', ended_at = app_now() - interval '1 hour' where id = ${first}`);
    expect((await rule.decide(fan, { gameId: first })).heldSince(SCOPE, lineages)).toBe(true);
  });

  it('is not passed on by a grant for one game to a grant for all, where elsewhere there was a gap', async () => {
    rule.travelTo(null);
    const [fan, first, second] = [await rule.fan(), await rule.game(), await rule.game()];
    const until = new Date(Date.now() + 10 * MINUTE);
    await rule.grant(fan, [SCOPE], { duration: 'UNTIL', until });
    await rule.grant(fan, [SCOPE], { duration: 'GAME', gameId: first });
    const captured = await rule.decide(fan, { gameId: second });
    rule.travelTo(new Date(Date.now() + 20 * MINUTE));
    expect((await rule.decide(fan, { gameId: second })).holds(SCOPE)).toBe(false);
    await rule.grant(fan, [SCOPE]);
    const after = await rule.decide(fan, { gameId: second });
    expect([after.holds(SCOPE), after.heldSince(SCOPE, captured.lineages)]).toEqual([true, false]);
  });
});
