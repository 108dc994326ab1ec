/**
 * Every state that a fan's consent can be in: how one gets there through the API, when it is looked at, and what it
 * leaves in force. A state whose engine the schema does not have yet is named as such, and comes alive with it.
 */
import type { GraphQLSchema } from 'graphql';
import { CONSENT_SCOPES } from '../../src/consent/scopes.ts';
import { becomeMinor, mutate, POLICY } from '../support/operations.ts';
import { tokenOf } from '../support/server.ts';
import { ALL, allBut, NONE, type Truth } from './oracle.ts';
import { expectSuccess, type Subject, type Upbringing } from './subject.ts';
import type { Moment, World } from './world.ts';

export interface State extends Upbringing {
  readonly name: string;
  readonly moment?: Moment;
  readonly enter?: (world: World, subject: Subject) => Promise<void>;
  readonly truth: Partial<Truth>;
  /** What has to be there for this state to exist. */
  readonly needs?: string;
}

const EVERYBODY = ['operator', 'this partner', 'another partner'] as const;
const granted = { consents: 'to everything', recipients: EVERYBODY } as const;
const DARK: Truth = {
  operator: NONE,
  thisPartner: NONE,
  anotherPartner: NONE,
  unbroken: NONE,
  present: false,
  visitLasts: true,
  visitKept: true,
};
const BRIGHT: Truth = { ...DARK, operator: ALL, thisPartner: ALL, anotherPartner: ALL, unbroken: ALL, present: true };

export const truthOf = ({ consents, truth }: State): Truth => ({
  ...(consents === 'to everything' ? BRIGHT : DARK),
  ...truth,
});

const withdraw =
  (scopes: readonly string[], recipient: 'this' | 'another' | null = null, more: object = {}) =>
  async (world: World, { token }: Subject) => {
    const recipientId = recipient ? world.partners[recipient].id : undefined;
    await expectSuccess(mutate(world.nodes.now, token, 'withdrawConsent', { scopes, recipientId, ...more }));
  };
const grantAgain =
  (scopes: readonly string[], recipient: 'this' | null = null) =>
  async (world: World, { token }: Subject) => {
    const recipientId = recipient ? world.partners[recipient].id : undefined;
    const input = { scopes, recipientId, duration: 'STANDING', policyVersion: POLICY };
    await expectSuccess(mutate(world.nodes.now, token, 'grantConsent', input));
  };
const setGame =
  (status: string) =>
  async (world: World, { gameId }: Subject) => {
    const staff = await tokenOf('STAFF', 'demo');
    await expectSuccess(mutate(world.nodes.now, staff, 'setGameStatus', { gameId, status }));
  };
const inTurn =
  (...acts: NonNullable<State['enter']>[]): State['enter'] =>
  async (world, subject) => {
    for (const act of acts) await act(world, subject);
  };
/** An operation that the schema may not have yet. */
const act =
  (name: string, input: (subject: Subject) => object, headers: Record<string, string> = {}) =>
  async (world: World, subject: Subject) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation Act($input: ${type}!) { ${name}(input: $input) { __typename ... on Error { message } } }`;
    await send(world, subject, { query, variables: { input: input(subject) } }, headers);
  };

async function send(world: World, { token }: Subject, body: object, headers: Record<string, string>): Promise<void> {
  const response = await fetch(world.nodes.now.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (/"errors":|Error"/.test(text)) throw new Error(text);
}

const ALL_SCOPES = [...ALL];
const OVER = { ...DARK, visitLasts: false };
const ONE_BY_ONE = ['PRESENCE_VENUE', 'OFFERS_LIVE', 'HISTORY_ATTENDANCE', 'HISTORY_ENGAGEMENT'];

/** `gates` are the scopes that gate something in the schema: each is also withdrawn alone. */
export function listStates(gates: Iterable<string>): State[] {
  return [
    { name: 'never asked', consents: 'never', truth: {} },
    {
      name: 'enrolled and nothing more',
      consents: 'by enrolling',
      truth: { operator: new Set(['PROFILE', 'LOYALTY']) },
    },
    {
      name: 'granted to the operator only',
      consents: 'to everything',
      truth: { thisPartner: NONE, anotherPartner: NONE },
    },
    {
      name: 'granted to this partner',
      consents: 'to everything',
      recipients: ['operator', 'this partner'],
      truth: { anotherPartner: NONE },
    },
    {
      name: 'granted to another partner',
      consents: 'to everything',
      recipients: ['operator', 'another partner'],
      truth: { thisPartner: NONE },
    },
    {
      name: 'refused',
      consents: 'by enrolling',
      enter: inTurn(withdraw(ALL_SCOPES), withdraw(ALL_SCOPES, 'this'), withdraw(ALL_SCOPES, 'another')),
      truth: {},
    },
    {
      name: 'withdrawn from the operator, so from partners too',
      ...granted,
      enter: withdraw(ALL_SCOPES),
      truth: { ...DARK, thisPartner: ALL, anotherPartner: ALL },
    },
    {
      name: 'withdrawn from this partner',
      ...granted,
      enter: withdraw(ALL_SCOPES, 'this'),
      truth: { thisPartner: NONE },
    },
    ...['PRESENCE_VENUE', 'PROFILE'].map(
      (scope): State => ({
        name: `withdrawn from this partner: ${scope}`,
        ...granted,
        enter: withdraw([scope], 'this'),
        truth: { thisPartner: allBut(scope) },
      }),
    ),
    {
      name: 'withdrawn from this partner and granted again',
      ...granted,
      enter: inTurn(withdraw(ALL_SCOPES, 'this'), grantAgain(ALL_SCOPES, 'this')),
      truth: { brokenToThisPartner: ALL },
    },
    { name: 'withdrawn and erased', ...granted, enter: withdraw(ALL_SCOPES, null, { erase: true }), truth: DARK },
    ...[...new Set([...gates, ...ONE_BY_ONE])].sort().map(
      (scope): State => ({
        name: `withdrawn: ${scope}`,
        ...granted,
        enter: withdraw([scope]),
        truth: { operator: allBut(scope), unbroken: allBut(scope), present: scope !== 'PRESENCE_VENUE' },
      }),
    ),
    {
      name: 'withdrawn and granted again',
      ...granted,
      enter: inTurn(withdraw(ALL_SCOPES), grantAgain(ALL_SCOPES)),
      truth: { unbroken: NONE, present: false },
    },
    {
      name: 'withdrawn and granted again: PERSONALIZATION, PRESENCE_ZONE',
      ...granted,
      enter: inTurn(withdraw(['PERSONALIZATION', 'PRESENCE_ZONE']), grantAgain(['PERSONALIZATION', 'PRESENCE_ZONE'])),
      truth: { unbroken: allBut('PERSONALIZATION', 'PRESENCE_ZONE') },
    },
    { name: 'expired', ...granted, duration: 'UNTIL', moment: 'two hours later', truth: { ...DARK, visitKept: true } },
    {
      name: 'game over',
      ...granted,
      duration: 'GAME',
      moment: 'two hours later',
      enter: setGame('FINAL'),
      truth: OVER,
    },
    {
      name: 'game canceled',
      ...granted,
      duration: 'GAME',
      enter: setGame('CANCELED'),
      truth: { ...OVER, visitKept: false },
    },
    { name: 'policy outdated', ...granted, moment: 'under the next policy', truth: DARK },
    {
      name: 'paused for the game',
      ...granted,
      needs: 'Mutation.pauseForGame',
      enter: act('pauseForGame', ({ gameId }) => ({ gameId })),
      truth: { unbroken: NONE, present: false, visitKept: false, unclear: new Set(CONSENT_SCOPES) },
    },
    {
      name: 'vetoed by GPC',
      ...granted,
      needs: '/.well-known/gpc.json',
      enter: (world, subject) => send(world, subject, { query: '{ me { id } }' }, { 'sec-gpc': '1' }),
      truth: { thisPartner: NONE, anotherPartner: NONE },
    },
    {
      name: 'minor',
      ...granted,
      needs: 'Mutation.enrollWard',
      enter: (world, { fanKey }) => becomeMinor(world.nodes.now, `id = ${fanKey}`),
      truth: { thisPartner: NONE, anotherPartner: NONE, unclear: new Set(CONSENT_SCOPES) },
    },
    {
      name: 'erased',
      ...granted,
      needs: 'Mutation.eraseMe',
      enter: act('eraseMe', () => ({ confirm: 'ERASE' })),
      truth: { ...DARK, visitKept: false, erased: true },
    },
  ];
}

/** Whether the server has what a state needs: a mutation of the schema, or a page. */
export async function isThere({ needs }: State, schema: GraphQLSchema, url: string): Promise<boolean> {
  if (!needs) return true;
  if (needs.startsWith('/')) return (await fetch(new URL(needs, url))).ok;
  return schema.getMutationType()?.getFields()[needs.split('.')[1]!] !== undefined;
}
