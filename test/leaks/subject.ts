/**
 * The fan whom nothing may give away: a team, a zone and a game of their own, a value in every column, a visit, a
 * presence and a delivery. What may be stored is stored through the API; what no consent allows is put there by force,
 * so that a state without consent has something to leak.
 */
import { mutate, POLICY } from '../support/operations.ts';
import { tokenOf } from '../support/server.ts';
import { type Canary, fillUnknownColumns, findCanaries } from './canaries.ts';
import { ALL } from './oracle.ts';
import type { World } from './world.ts';

/** How the fan came to consent: not at all, by enrolling alone, or to everything, towards these recipients. */
export interface Upbringing {
  readonly consents: 'never' | 'by enrolling' | 'to everything';
  readonly recipients?: readonly ('operator' | 'this partner' | 'another partner')[];
  readonly duration?: 'STANDING' | 'UNTIL' | 'GAME';
}

export interface Subject {
  readonly fanKey: string;
  readonly token: string;
  readonly gameKey: string;
  readonly gameId: string;
  readonly zoneKey: string;
  readonly zoneId: string;
  readonly teamId: string;
  readonly canaries: readonly Canary[];
  readonly sharesWithThisPartner: boolean;
}

let count = 0;

export async function raise(world: World, upbringing: Upbringing): Promise<Subject> {
  count += 1;
  const mark = `canary${count}x${Math.random().toString(36).slice(2, 10)}`;
  const place = count;
  const distinct = 1_920 + place;
  const key = async (statement: string) => (await world.sql<{ id: string }>(`${statement} returning id`))[0]!.id;
  const teamKey = await key(`insert into team (code, name) values ('${mark}', 'Team ${mark}')`);
  const zoneKey = await key(`insert into zone (venue_id, code, name, kind)
    values (${world.venueKey}, '${mark}', 'Zone ${mark}', 'SHOP')`);
  const gameKey = await key(
    `insert into game (venue_id, starts_at, status) values (${world.venueKey}, app_now(), 'LIVE')`,
  );
  const [zoneId, gameId, teamId] = [world.id('Zone', zoneKey), world.id('Game', gameKey), world.id('Team', teamKey)];
  const profile = { displayName: `Name ${mark}`, email: `${mark}@example.com`, birthYear: distinct };
  const arrivedAt = new Date(Date.now() - 45 * 60_000 - count * 1_013).toISOString();

  const node = world.nodes.now;
  const subject = `subject-${mark}`;
  const token = await tokenOf('FAN', subject);
  if (upbringing.consents === 'never') {
    await world.sql(`insert into fan (subject) values ('${subject}')`);
  } else {
    await expectSuccess(mutate(node, token, 'enrollFan', { displayName: 'Somebody', policyVersion: POLICY }));
  }
  const [fan] = await world.sql<{ id: string }>(`select id from fan where subject = '${subject}'`);
  const fanKey = fan!.id;
  if (upbringing.consents === 'to everything') {
    await consentToEverything(world, token, gameId, upbringing);
    await expectSuccess(mutate(node, token, 'updateMe', { ...profile, favoriteTeamId: teamId }));
    const visit = { gameId, method: 'TICKET', nonce: 'gate', zoneId, at: arrivedAt };
    await expectSuccess(mutate(node, token, 'checkIn', visit));
  } else {
    await world.sql(`update fan set display_name = '${profile.displayName}', email = '${profile.email}',
      birth_year = ${distinct}, favorite_team_id = ${teamKey} where id = ${fanKey}`);
    await world.sql(`insert into visit (fan_id, game_id, method, nonce, arrived_at)
      values (${fanKey}, ${gameKey}, 'TICKET', 'gate', '${arrivedAt}')`);
    await world.sql(`select open_presence(${gameKey})`);
    await world.sql(`insert into presence (game_id, fan_id, zone_id) values (${gameKey}, ${fanKey}, ${zoneKey})`);
  }
  const loyalty = await giveLoyalty(world, fanKey, `loyal-${mark}`, place);
  await fillUnknownColumns(node.services.orm, fanKey, mark, distinct);
  const told = (recipient: string | null) => node.services.idsFor(recipient).toGlobal('Fan', fanKey);
  const canaries: Canary[] = [
    ...(await findCanaries(node.services.orm, fanKey)),
    // Told by name as well, so that they stay canaries when a column no longer holds them in the clear.
    { value: profile.displayName, origin: 'the name', anyOf: ['PROFILE'] },
    { value: profile.email, origin: 'the e-mail address', anyOf: ['PROFILE'] },
    { value: profile.birthYear, origin: 'the year of birth', anyOf: ['PROFILE'] },
    { value: arrivedAt, origin: 'the arrival', anyOf: ['HISTORY_ATTENDANCE', 'PRESENCE_VENUE'] },
    ...loyalty,
    { value: `Team ${mark}`, origin: "the favorite team's name", anyOf: ['PROFILE_PREFERENCES'], isPublic: true },
    { value: teamId, origin: "the favorite team's id", anyOf: ['PROFILE_PREFERENCES'], isPublic: true },
    { value: `Zone ${mark}`, origin: "the zone's name", anyOf: ['PRESENCE_ZONE'], isPublic: true },
    { value: zoneId, origin: "the zone's id", anyOf: ['PRESENCE_ZONE'], isPublic: true },
    { value: told(null), origin: "the fan's id" },
    { value: told(world.partners.this.key), origin: 'the id that this partner knows' },
    { value: told(world.partners.another.key), origin: 'the id that another partner knows' },
  ];
  const sharesWithThisPartner = upbringing.recipients?.includes('this partner') ?? false;
  return { fanKey, token, gameKey, gameId, zoneKey, zoneId, teamId, canaries, sharesWithThisPartner };
}

/** Points, a purchase and a reward that nobody else has, whatever is consented to. */
async function giveLoyalty(world: World, fanKey: string, mark: string, place: number): Promise<Canary[]> {
  const points = 7_000_000 + place * 1_013;
  const total = 8_000_000 + place * 1_019;
  const price = 1_000_000 + place * 1_021;
  const title = `Reward ${mark}`;
  await world.sql(`select points_earn(${fanKey}, 'OFFER', '${mark}', '', ${points + price}, 0, null),
    points_earn(${fanKey}, 'OFFER', '${mark}-pending', '', ${points + 1}, 30, null)`);
  const [bought] = await world.sql(`insert into purchase (fan_id, venue_id, total, currency, till, idempotency_key, at)
    values (${fanKey}, ${world.venueKey}, ${total}, 'USD', '${mark}', '${mark}', app_now() - interval '1 hour') returning id`);
  await world.sql(`insert into purchase_refund (purchase_id, fan_id, amount, points_taken, till, idempotency_key)
    values (${bought!.id}, ${fanKey}, ${total - 5}, ${points + 7}, '${mark}', '${mark}')`);
  const [reward] = await world.sql(`insert into reward (code, title, points, available_until)
    values ('${mark}', '${title}', ${price}, app_now()) returning id`);
  const [issued] = await world.sql(`insert into reward_redemption (fan_id, reward_id, points, idempotency_key)
    values (${fanKey}, ${reward!.id}, ${price}, '${mark}') returning id`);
  await world.sql(`select points_hold(${fanKey}, 'REWARD', 'reward:${issued!.id}', ${price})`);
  return [
    { value: points, origin: 'the points', anyOf: ['LOYALTY'] },
    { value: points + price, origin: 'the points earned', anyOf: ['LOYALTY'] },
    { value: points + 1, origin: 'the pending points', anyOf: ['LOYALTY'] },
    { value: total, origin: 'the total of a purchase', anyOf: ['HISTORY_PURCHASE'] },
    { value: total - 5, origin: 'what was refunded', anyOf: ['HISTORY_PURCHASE'] },
    { value: points + 7, origin: 'the points that went with a refund', anyOf: ['LOYALTY'] },
    { value: title, origin: 'the reward taken', anyOf: ['LOYALTY'], isPublic: true },
  ];
}

/** What enrolling granted is withdrawn first, so that everything has the same duration. */
async function consentToEverything(world: World, token: string, gameId: string, upbringing: Upbringing) {
  const { recipients = ['operator'], duration = 'STANDING' } = upbringing;
  const ids = {
    operator: undefined,
    'this partner': world.partners.this.id,
    'another partner': world.partners.another.id,
  };
  if (duration !== 'STANDING') {
    await expectSuccess(mutate(world.nodes.now, token, 'withdrawConsent', { scopes: ['PROFILE', 'LOYALTY'] }));
  }
  for (const recipient of recipients) {
    await expectSuccess(
      mutate(world.nodes.now, token, 'grantConsent', {
        scopes: [...ALL],
        recipientId: ids[recipient],
        duration,
        gameId: duration === 'GAME' ? gameId : undefined,
        until: duration === 'UNTIL' ? new Date(Date.now() + 3_600_000).toISOString() : undefined,
        policyVersion: POLICY,
      }),
    );
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a mutation's result, whichever
export async function expectSuccess(result: Promise<any>): Promise<any> {
  const answer = await result;
  if (answer.code) throw new Error(`${answer.code}: ${answer.message}`);
  return answer;
}
