/** What fans do about consent and presence, and what they are shown. */
import { streakOf } from './audience.ts';
import type { Court, EntryOf } from './court.ts';
import { type FanBook, waysOf } from './fan-book.ts';
import { CAP_MS, isOver } from './world.ts';

export function judgeGrant({ world, record }: Court, fan: FanBook, entry: EntryOf<'GRANT'>): void {
  const { at, version, duration } = entry;
  const game = duration === 'GAME' ? world.game(entry.game!) : null;
  const outdated = world.current(at)?.version !== version;
  const over = game !== null && (isOver(game.status) || game.startsAt + CAP_MS <= at);
  if (record.expect(entry, outdated ? 'POLICY_OUTDATED' : over ? 'INVALID_STATE' : null)) {
    fan.consent.grant(entry.scopes, entry, at);
  }
}

export function judgeWithdrawal({ world, record }: Court, fan: FanBook, entry: EntryOf<'WITHDRAW'>): void {
  if (record.expect(entry, null)) fan.withdraw(entry, world, entry.at);
}

export function judgeSittingOut({ world, record }: Court, fan: FanBook, entry: EntryOf<'SIT_OUT'>): void {
  if (!record.expect(entry, isOver(world.game(entry.game).status) ? 'INVALID_STATE' : null)) return;
  fan.consent.sitOut(entry.game);
  if (fan.here === entry.game) fan.leave();
}

export function judgeErasure({ fans, record }: Court, fan: FanBook, entry: EntryOf<'ERASE'>): void {
  if (!record.expect(entry, null)) return;
  fan.leave();
  fans.delete(fan.fan);
}

export function judgeCheckIn({ world, record }: Court, fan: FanBook, entry: EntryOf<'CHECK_IN'>): void {
  const { game, zone, at } = entry;
  const allowed = fan.holds('PRESENCE_VENUE', game, at);
  const open = world.gatesOpen(game, at);
  if (!record.expect(entry, open ? (allowed ? null : 'CONSENT_REQUIRED') : 'INVALID_STATE')) return;
  if (!fan.visits.has(game)) fan.visits.set(game, { arrivedAt: at, provenAt: null });
  fan.enter(game, fan.holds('PRESENCE_ZONE', game, at) ? zone : null);
}

export function judgeCheckOut({ record }: Court, fan: FanBook, entry: EntryOf<'CHECK_OUT'>): void {
  const { game, at } = entry;
  const known = fan.holds('PRESENCE_VENUE', game, at) || fan.holds('HISTORY_ATTENDANCE', game, at);
  const left = record.expect(entry, fan.visits.has(game) && known ? null : 'NOT_FOUND');
  if (left && fan.here === game) fan.leave();
}

/** Somebody saw them come. */
export function judgeArrival({ world, record }: Court, fan: FanBook, entry: EntryOf<'ARRIVE'>): void {
  const { game, at } = entry;
  const allowed = fan.holds('HISTORY_ATTENDANCE', game, at);
  const open = world.gatesOpen(game, at);
  if (!record.expect(entry, open ? (allowed ? null : 'CONSENT_REQUIRED') : 'INVALID_STATE')) return;
  const visit = fan.visits.get(game) ?? { arrivedAt: at, provenAt: null };
  visit.provenAt ??= at;
  fan.visits.set(game, visit);
  const count = streakOf(fan, game, world);
  const earned = fan.holds('LOYALTY', game, at)
    ? fan.points.earn('ATTENDANCE', `game:${game}:${fan.key}`, {}, at) +
      fan.points.earn('STREAK', `streak:${game}:${fan.key}`, { count }, at)
    : 0;
  record.compare(entry, entry.points, earned);
}

export function judgeLook({ record }: Court, fan: FanBook, entry: EntryOf<'LOOK'>): void {
  const { balance, at } = entry;
  const shown = fan.holds('LOYALTY', null, at);
  if (shown !== (balance !== null)) record.violation(entry, `points shown: ${balance !== null}, granted: ${shown}`);
  if (!balance || !shown) return;
  const due = fan.points.balance(at);
  for (const name of ['points', 'pending', 'held', 'expired'] as const) {
    record.compare(entry, balance[name], due[name], name);
  }
  if (balance.tier !== due.tier) record.violation(entry, `tier ${balance.tier}, expected ${due.tier}`);
}

/** Those announced at one game: all of them, and no other. */
export function judgeOffers({ record }: Court, fan: FanBook, entry: EntryOf<'OFFERS'>): void {
  const { offers, game, at } = entry;
  const shown = fan.holds('OFFERS_LIVE', null, at);
  if (shown !== (offers !== null)) record.violation(entry, `offers shown: ${offers !== null}, granted: ${shown}`);
  if (!offers || !shown) return;
  for (const offer of offers) {
    const told = fan.told.get(offer);
    const here = told && waysOf(told).find((each) => each.game === game);
    if (here) fan.told.set(offer, { ...here, certain: true, or: [] });
    else record.violation(entry, `offer ${offer}, of which they were not told`);
  }
  for (const [offer, told] of fan.told) {
    if (offers.includes(offer)) continue;
    const { certain } = told;
    const [latest, ...or] = waysOf(told).filter((each) => each.game !== game);
    if (latest) fan.told.set(offer, { ...latest, certain, or });
    else if (certain) record.violation(entry, `offer ${offer} is missing`);
    else fan.told.delete(offer);
  }
}

export function judgeEngagement({ record }: Court, fan: FanBook, entry: EntryOf<'ENGAGE'>): void {
  const { offer, engagement, at } = entry;
  const told = fan.told.get(offer);
  if (!record.expect(entry, told ? null : 'NOT_FOUND')) return;
  const allowed = fan.holds('HISTORY_ENGAGEMENT', told!.game, at);
  if (allowed !== entry.recorded) record.violation(entry, `recorded: ${entry.recorded}, granted: ${allowed}`);
  if (!allowed) return;
  const name = `${offer} ${engagement}`;
  if (!fan.engaged.has(name)) fan.engaged.set(name, { offer, kind: engagement, at });
  if (engagement === 'DISMISS' || !fan.holds('LOYALTY', told!.game, at)) return;
  fan.points.earn('ENGAGEMENT', `offer:${offer}:${engagement}:${fan.key}`, { action: engagement }, at);
}
