/** The operator's own hand: venues, zones, games, staff, sensors, partners and policies, beside a running server or not. */
import { readFile } from 'node:fs/promises';
import { defineCommand, runMain } from 'citty';
import { Barrier, publishPolicy } from '../consent/index.ts';
import { composeNotice } from '../consent/notice.ts';
import { InputError } from '../errors.ts';
import { setAgeOfConsent } from '../fans/index.ts';
import { createIdsFor } from '../graphql/ids.ts';
import { buildSchema } from '../graphql/schema.ts';
import { setContactPolicy } from '../offers/index.ts';
import { createPartner } from '../partners/index.ts';
import { addSensor, addStaff, createGame, createVenue, createZone } from '../venues/index.ts';
import { code, command, name, optional, text } from './command.ts';
import { programCommand, setRewardCommand, setRuleCommand, setTierCommand } from './operator-loyalty.ts';

const venue = text("the venue's code");

const createVenueCommand = command(
  'A place where games happen.',
  {
    code,
    name,
    city: text('its city'),
    state: optional('its state'),
    'time-zone': text('its IANA time zone'),
    latitude: optional('degrees, WGS 84'),
    longitude: optional('degrees, WGS 84'),
    capacity: optional('seats'),
  },
  async (em, args) => {
    await createVenue(em, { ...args, timeZone: args['time-zone'] });
    return `Venue ${args.code} is created.`;
  },
);

const createZoneCommand = command(
  'A part of a venue.',
  { venue, code, name, kind: text('GATE, SEATING, CONCESSION, RESTROOM, …') },
  async (em, args) => {
    await createZone(em, args);
    return `Zone ${args.code} is created.`;
  },
);

const createGameCommand = command(
  'A game to come. Prints its id.',
  { venue, 'starts-at': text('ISO 8601'), home: optional("a team's code"), away: optional("a team's code") },
  async (em, args, config) => {
    const key = await createGame(em, { ...args, startsAt: args['starts-at'] });
    return createIdsFor(config.MASTER_KEY)(null).toGlobal('Game', key);
  },
);

const addStaffCommand = command(
  'A member of staff.',
  { venue, subject: text('the `sub` of their token') },
  async (em, args) => {
    await addStaff(em, args);
    return `${args.subject} is staff at ${args.venue}.`;
  },
);

const addSensorCommand = command('A sensor.', { venue, code, zone: optional("a zone's code") }, async (em, args) => {
  await addSensor(em, args);
  return `Sensor ${args.code} is added.`;
});

const createPartnerCommand = command('A sponsor or vendor.', { code, name }, async (em, args) => {
  await createPartner(em, args);
  return `Partner ${args.code} is created.`;
});

const setAgeCommand = command(
  'The age from which one consents for oneself. Below it a guardian does.',
  {
    jurisdiction: text('ISO 3166, or * for all others'),
    years: text('that age'),
    source: text('the law it comes from'),
  },
  async (em, args) => {
    const years = await setAgeOfConsent(em, args);
    await new Barrier({ em }).pass();
    return `In ${args.jurisdiction} one consents for oneself from ${years} years on.`;
  },
);

const setContactCommand = command(
  'How often fans are told of offers at all, by all partners together. What is left out stays as it is.',
  {
    'per-game': optional('announcements to a fan at one game, or none for no limit'),
    'per-hour': optional('announcements to a fan within an hour, or none for no limit'),
    'quiet-minutes': optional('how long none come after one was dismissed'),
    'less-days': optional('how long “less like this” lasts'),
  },
  async (em, args) => {
    await setContactPolicy(em, {
      perGame: args['per-game'],
      perHour: args['per-hour'],
      quietMinutes: args['quiet-minutes'],
      lessDays: args['less-days'],
    });
    return 'The limits of contact are set.';
  },
);

const publishPolicyCommand = command(
  'A new version of the notice. Published is final.',
  {
    version: text('its version'),
    text: text('the file that holds its words; the list of what is collected is put behind them'),
    verbatim: { type: 'boolean', description: 'publishes the file as it is, without the list', default: false },
    material: { type: 'boolean', description: 'asks every fan anew', default: false },
    'effective-at': optional('ISO 8601; at once without it'),
    language: optional('BCP 47, en without it'),
  },
  async (em, args) => {
    const effectiveAt = args['effective-at'] ? new Date(args['effective-at']) : null;
    if (effectiveAt && Number.isNaN(effectiveAt.getTime())) throw new InputError('--effective-at is not an instant.');
    const notice = await readFile(args.text, 'utf8').catch(() => {
      throw new InputError(`${args.text} cannot be read.`);
    });
    if (notice.trim() === '') throw new InputError(`${args.text} is empty.`);
    const { version, language = 'en', material: materialChange } = args;
    const composed = args.verbatim ? notice : composeNotice(notice, buildSchema());
    const policy = await publishPolicy(em, { version, text: composed, materialChange, effectiveAt, language });
    await new Barrier({ em }).pass();
    return `Policy ${policy.version} takes effect at ${policy.effectiveAt.toISOString()}. SHA-256 ${policy.sha256}`;
  },
);

const group = (description: string, subCommands: Record<string, ReturnType<typeof command>>) =>
  defineCommand({ meta: { description }, subCommands: subCommands as never });

await runMain(
  defineCommand({
    meta: { name: 'operator', description: 'Set up venues, games, people, partners and policies.' },
    subCommands: {
      venue: group('Venues.', { create: createVenueCommand as never }),
      zone: group('Zones.', { create: createZoneCommand as never }),
      game: group('Games.', { create: createGameCommand as never }),
      staff: group('Staff.', { add: addStaffCommand as never }),
      sensor: group('Sensors.', { add: addSensorCommand as never }),
      partner: group('Partners.', { create: createPartnerCommand as never }),
      program: programCommand as never,
      tier: group('Tiers.', { set: setTierCommand as never }),
      rule: group('What is earned by what.', { set: setRuleCommand as never }),
      reward: group('Rewards.', { set: setRewardCommand as never }),
      age: group('Ages of consent.', { set: setAgeCommand as never }),
      contact: group('Limits of contact.', { set: setContactCommand as never }),
      policy: group('Policies.', { publish: publishPolicyCommand as never }),
    },
  }),
);
