/** The loyalty program by the operator's own hand. */
import { setEarningRule, setProgram, setReward, setTier } from '../loyalty/index.ts';
import { code, command, name, optional, text } from './command.ts';

export const programCommand = command(
  'How the loyalty program works. What is left out stays as it is.',
  {
    'refund-policy': optional('ONLY_PENDING, WITHIN_BALANCE or ALLOW_NEGATIVE'),
    qualification: optional('ROLLING, or SEASON'),
    'qualification-days': optional('for ROLLING: the days that count'),
    'season-month': optional('for SEASON: the month in which it begins, 1 to 12'),
    'season-day': optional('and the day'),
    'time-zone': optional('IANA: by whose days caps and seasons count'),
    'life-days': optional('how long points live of which no rule says otherwise'),
  },
  async (em, args) => {
    await setProgram(em, camelCase(args) as Parameters<typeof setProgram>[1]);
    return 'The program is set.';
  },
);

export const setTierCommand = command(
  'A tier, by its code.',
  { code, name, points: text('the points that reach it') },
  async (em, args) => {
    await setTier(em, args);
    return `Tier ${args.code} is set.`;
  },
);

export const setRewardCommand = command(
  'A reward, by its code.',
  { code, title: text('its title'), points: text('its price'), stock: optional('how many there are') },
  async (em, args) => {
    await setReward(em, args);
    return `Reward ${args.code} is set.`;
  },
);

export const setRuleCommand = command(
  'What is earned by what, by the code of the rule.',
  {
    code,
    source: text('ATTENDANCE, STREAK, PURCHASE or ENGAGEMENT'),
    points: text('how many'),
    action: optional('of an engagement: VIEW or CLICK'),
    'per-amount': optional('of a purchase: for each so many minor units'),
    currency: optional('of that amount, ISO 4217'),
    every: optional('of a streak: each so many games in a row'),
    'cap-points': optional('at most so many'),
    'cap-period': optional('in each DAY, WEEK, MONTH, YEAR, SEASON, or EVER'),
    'pending-days': optional('how long they are pending'),
    'life-days': optional('how long they live'),
  },
  async (em, args) => {
    await setEarningRule(em, camelCase(args) as Parameters<typeof setEarningRule>[1]);
    return `Rule ${args.code} is set.`;
  },
);

/** `cap-points` as `capPoints`: options as services name them. */
const camelCase = (args: object) =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  );
