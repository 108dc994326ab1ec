/** A decision that somebody carries along counts exactly as long as the gate would decide the same from memory. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Decision } from '../../src/consent/decision.ts';
import { Memory } from '../../src/consent/memory.ts';
import { enrollFan, liveGameId, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('a decision', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const present = () => server.services.gate.lease.present()!;
  async function decisionsOf(scopes: string[]) {
    const { token } = await enrollFan(server, scopes);
    const ids = server.services.idsFor(null);
    const fanId = ids.parse((await server.ask(token, '{ me { id } }')).data.me.id)!.key;
    const gameId = ids.parse(await liveGameId(server))!.key;
    const keys = [null, gameId].map((game) => ({ fanId, recipientId: null, gameId: game }));
    const decisions = await Promise.all(keys.map((key) => server.services.gate.decide(key)));
    return { token, keys, decisions };
  }

  it('counts until the fan withdraws, wherever it was asked, and no other fan’s ends with it', async () => {
    const fan = await decisionsOf(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    const other = await decisionsOf(['PRESENCE_VENUE', 'OFFERS_LIVE']);
    expect(fan.decisions.every((decision) => decision.counts(present()))).toBe(true);
    await mutate(server, fan.token, 'withdrawConsent', { scopes: ['OFFERS_LIVE'] });
    expect(fan.decisions.some((decision) => decision.counts(present()))).toBe(false);
    for (const [place, key] of fan.keys.entries()) {
      expect(server.services.gate.confirms(key, fan.decisions[place]!, present())).toBe(false);
    }
    expect(other.decisions.every((decision) => decision.counts(present()))).toBe(true);
  });

  it('that was forgotten is confirmed when it has been made again and says the same', async () => {
    const { keys, decisions } = await decisionsOf(['PRESENCE_VENUE']);
    const { gate } = server.services;
    gate.forgetAll();
    expect(gate.confirms(keys[0]!, decisions[0]!, present())).toBe(false);
    await gate.decide(keys[0]!);
    expect(decisions[0]!.counts(present())).toBe(false);
    expect(gate.confirms(keys[0]!, decisions[0]!, present())).toBe(true);
  });
});

describe('the memory of decisions', () => {
  const fan = fc.constantFrom('1', '2', '3');
  const recipient = fc.constantFrom(null, '1', '2');
  const game = fc.constantFrom(null, '1', '2');
  const act = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('keep' as const),
        fan,
        recipient,
        game,
        until: fc.integer({ min: 1, max: 100 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('forget' as const), fan }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('forgetAll' as const) }) },
  );

  it('finds what was kept last, and nothing counts that it does not find', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (acts, capacity) => {
        const memory = new Memory(capacity);
        const expected = new Map<string, Decision>();
        const made: { decision: Decision; until: number; name: string }[] = [];
        for (const each of acts) {
          if (each.kind === 'keep') {
            const decision = new Decision(made.length, []);
            const name = `${each.fan}|${each.recipient}|${each.game}`;
            if (expected.size >= capacity) expected.clear();
            memory.keep({ fanId: each.fan, recipientId: each.recipient, gameId: each.game }, decision, 0, each.until);
            expected.set(name, decision);
            made.push({ decision, until: each.until, name });
          } else if (each.kind === 'forget') {
            memory.forget(each.fan);
            for (const name of expected.keys()) if (name.startsWith(`${each.fan}|`)) expected.delete(name);
          } else {
            memory.forgetAll();
            expected.clear();
          }
          for (const { decision, until, name } of made) {
            const isKept = expected.get(name) === decision;
            expect(decision.counts(until)).toBe(false);
            expect(decision.counts(until - 1)).toBe(isKept);
            const [fanId, recipientId, gameId] = name.split('|').map((part) => (part === 'null' ? null : part!));
            expect(memory.find(fanId!, recipientId!, gameId!)).toBe(expected.get(name));
          }
        }
      }),
    );
  });

  it('keeps no game in which all is over, and the others', () => {
    const memory = new Memory(10);
    const keep = (gameId: string, now: number, until: number) =>
      memory.keep({ fanId: '1', recipientId: null, gameId }, new Decision(1, []), now, until);
    keep('over', 0, 10);
    keep('goes on', 0, 30);
    keep('next', 20, 40);
    expect(['over', 'goes on', 'next'].map((game) => memory.find('1', null, game) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });
});
