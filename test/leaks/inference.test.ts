/**
 * Mask, then query. What cannot be read must not be found out either: where a scope is off, every answer about what it
 * gates is, byte for byte, the answer that a fan gets who never had such data; and nothing can be chosen by it.
 */
import {
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { withoutBalance } from '../support/balance.ts';
import { announce, createCampaign, mutate } from '../support/operations.ts';
import { type LeakDocument, writeDocuments } from './documents.ts';
import { ALL } from './oracle.ts';
import { gateOf, type Path } from './paths.ts';
import { idsFor, makePlan } from './run.ts';
import { expectSuccess, raise, type Subject } from './subject.ts';
import { Transports, transportsFor } from './transports.ts';
import { createWorld, type World } from './world.ts';

const schema = buildSchema();
const plan = makePlan(schema, []);
const idTypes = schema.getPossibleTypes(schema.getType('Node') as never).map(({ name }) => name);
const scopes = [...gatedFields(schema).keys()].sort();
const granted = { consents: 'to everything', recipients: ['operator', 'this partner', 'another partner'] } as const;

/** The paths that lead through a gate, of one scope or of any, and not through what is the fan's own right. */
const gatedPaths = (scope: string | null): Path[] =>
  plan.paths.filter(({ kind, steps }) => {
    const gates = steps.map(({ field }) => gateOf(field)).filter((gate) => gate !== null);
    const isOwnRight = steps.some(({ field }) => field.extensions.selfOnly);
    return kind === 'query' && !isOwnRight && (scope ? gates.includes(scope) : gates.length > 0);
  });

describe('what is withheld cannot be inferred', () => {
  let world: World;
  let transports: Transports;
  beforeAll(async () => {
    world = await createWorld();
    transports = new Transports();
  });
  afterAll(async () => {
    await transports.close();
    await world.close();
  });

  const withdraw = async (subject: Subject, withdrawn: readonly string[], erase: boolean) => {
    await expectSuccess(mutate(world.nodes.now, subject.token, 'withdrawConsent', { scopes: withdrawn, erase }));
    return subject;
  };
  /** Every viewer's answers to these documents about one fan, as text. */
  const answersAbout = async (subject: Subject, documents: readonly LeakDocument[]) => {
    const seats = Object.entries({ ...world.seats, 'the fan': { token: subject.token, recipientId: null } });
    const answers: string[] = [];
    for (const [viewer, { token, recipientId }] of seats) {
      const { ids } = await idsFor(world, subject, recipientId);
      for (const document of documents) {
        const variables = Object.fromEntries(document.variables.map((name) => [name, ids.get(name) ?? null]));
        for (const transport of transportsFor(document)) {
          const question = { url: world.nodes.now.url, token, document, variables };
          const answer = await transports.ask(transport, question);
          answers.push(`${viewer}, ${transport}, ${document.shape}: ${withoutBalance(JSON.stringify(answer))}`);
        }
      }
    }
    return answers;
  };
  const written = (paths: readonly Path[]) =>
    (['plain', 'largest page'] as const).flatMap((shape) => writeDocuments(schema, paths, shape, idTypes));

  it.each(scopes)('without %s it is as if there were nothing to gate', async (scope) => {
    const paths = gatedPaths(scope);
    if (paths.length === 0) return; // only events have fields under it: the streams of the leak suite
    const documents = written(paths);
    const secretive = await withdraw(await raise(world, granted), [scope], false);
    const empty = await withdraw(await raise(world, granted), [scope], true);
    expect(await answersAbout(secretive, documents)).toEqual(await answersAbout(empty, documents));
  });

  it('without any consent a fan with a history answers like one without', async () => {
    const documents = written(gatedPaths(null));
    const secretive = await raise(world, { consents: 'never' });
    const empty = await raise(world, { consents: 'never' });
    await world.sql(`update fan set display_name = null, email = null, birth_year = null, favorite_team_id = null
      where id = ${empty.fanKey}`);
    await world.sql(`delete from visit where fan_id = ${empty.fanKey}`);
    await world.sql(`delete from presence where fan_id = ${empty.fanKey}`);
    expect(await answersAbout(secretive, documents)).toEqual(await answersAbout(empty, documents));
  });

  it('node answers malformed, unknown, foreign and forbidden ids alike, whoever asks', async () => {
    const subject = await withdraw(await raise(world, granted), [...ALL], false);
    const query = 'query ($id: ID!) { node(id: $id) { __typename id } }';
    for (const { token, recipientId } of Object.values(world.seats)) {
      const { ids } = await idsFor(world, subject, recipientId);
      const foreign = await idsFor(world, subject, recipientId === null ? world.partners.this.key : null);
      const { idsFor: sealed } = world.nodes.now.services;
      const asked = [
        'nonsense',
        '',
        sealed(recipientId).toGlobal('Fan', '987654321'),
        ...['Fan', 'Visit', 'Consent'].flatMap((type) => [ids.get(type)!, foreign.ids.get(type)!]),
      ];
      const answers = await Promise.all(asked.map((id) => world.nodes.now.ask(token, query, { id })));
      const nothing = { data: { node: null }, extensions: answers[0]!.extensions };
      expect(new Set(answers.map((answer) => withoutBalance(JSON.stringify(answer))))).toEqual(
        new Set([withoutBalance(JSON.stringify(nothing))]),
      );
    }
  });

  it('many operations in one request are refused, so that none slips by', async () => {
    const response = await fetch(world.nodes.now.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]),
    });
    const answer = await response.json();
    expect([answer.data, answer.errors.length > 0]).toEqual([undefined, true]);
  });

  it('an announcement to the fans of a team reaches nobody who lacks one of the scopes that this needs', async () => {
    const needed = scopesOf(schema, 'SegmentInput', 'favoriteTeamIds');
    expect(needed.sort()).toEqual(['PERSONALIZATION', 'PROFILE_PREFERENCES']);
    const fan = await raise(world, granted);
    const reached = async () => {
      const campaign = await createCampaign(world.nodes.now, { segment: { favoriteTeamIds: [fan.teamId] } });
      const input = { campaignId: campaign.id, gameId: fan.gameId, idempotencyKey: 'once' };
      const answer = await expectSuccess(mutate(world.nodes.now, campaign.token, 'announceOffer', input));
      const rows = await world.sql<{ n: number }>(`select count(*)::int as n from delivery d
        where d.announcement_id = (select max(id) from announcement) and d.fan_id = ${fan.fanKey}`);
      return { reached: rows[0]!.n, answer: Object.keys(answer).sort() };
    };
    const before = await reached();
    expect(before.reached).toBe(1);
    for (const scope of needed) {
      await withdraw(fan, [scope], false);
      // The partner is told the same, whoever was reached.
      expect(await reached()).toEqual({ ...before, reached: 0 });
      const again = { scopes: [scope], duration: 'STANDING', policyVersion: '2026-1' };
      await expectSuccess(mutate(world.nodes.now, fan.token, 'grantConsent', again));
    }
  });

  it('an announcement to a zone reaches nobody who does not say where they are', async () => {
    const fan = await raise(world, granted);
    const deliveries = () => world.sql(`select 1 from delivery where fan_id = ${fan.fanKey}`);
    await announce(world.nodes.now, fan.gameId, { zoneIds: [fan.zoneId] });
    expect(await deliveries()).toHaveLength(1);
    await withdraw(fan, ['PRESENCE_ZONE'], false);
    await announce(world.nodes.now, fan.gameId, { zoneIds: [fan.zoneId] });
    expect(await deliveries()).toHaveLength(1);
  });
});

describe('an input', () => {
  /** What fans say of themselves, or of their wards, is stored under its scope, and chooses nobody. */
  const OWN_WORDS = ['EnrollFanInput', 'EnrollWardInput', 'UpdateMeInput', 'CheckInInput'];
  /** The moment of what happened, or is asked about, and sums of money: called as in a purchase, and choosing nobody. */
  const MOMENTS = ['CheckOutInput', 'RecordEngagementInput', 'DryRunCampaignInput', 'RedeemClaimInput'];
  const MONEY = ['AmountInput', 'RecordPurchaseInput', 'RefundPurchaseInput'];
  const CHOOSING_NOBODY = [...OWN_WORDS, ...MOMENTS, ...MONEY];

  it('that chooses by a gated field carries the scope of that field', () => {
    const scopesByName = gatesByName(schema);
    const missing: string[] = [];
    let found = 0;
    for (const { owner, name, field } of inputFieldsOf(schema)) {
      const gates = scopesByName.get(name.replace(/Ids?$/, ''));
      if (!gates || CHOOSING_NOBODY.includes(owner)) continue;
      found += 1;
      const carried = (field.extensions.consent ?? []) as readonly string[];
      if (!gates.some((gate) => carried.includes(gate))) missing.push(`${owner}.${name} needs ${gates.join(' or ')}`);
    }
    expect(missing).toEqual([]);
    expect(found).toBeGreaterThan(0);
  });
});

/** The scopes that gate fields of a name, such as `favoriteTeam`. */
function gatesByName(of: GraphQLSchema): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const type of Object.values(of.getTypeMap()).filter(isObjectType)) {
    for (const field of Object.values(type.getFields())) {
      const gate = gateOf(field);
      if (gate) found.set(field.name, [...(found.get(field.name) ?? []), gate]);
    }
  }
  return found;
}

/** Every field of every input, and every argument of every field. */
function* inputFieldsOf(of: GraphQLSchema) {
  for (const type of Object.values(of.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) yield { owner: type.name, name: field.name, field };
    }
    if (!isObjectType(type)) continue;
    for (const { name, args } of Object.values((type as GraphQLObjectType).getFields())) {
      for (const field of args) {
        if (!isInputObjectType(getNamedType(field.type)))
          yield { owner: `${type.name}.${name}`, name: field.name, field };
      }
    }
  }
}

function scopesOf(of: GraphQLSchema, input: string, name: string): string[] {
  const type = of.getType(input);
  const field = isInputObjectType(type) ? (type.getFields()[name] as GraphQLInputField) : undefined;
  return [...((field?.extensions.consent ?? []) as readonly string[])];
}
