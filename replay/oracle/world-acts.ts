/** Games as they go, campaigns as they are kept, and announcements: whom each had to reach. */
import type { Entry } from '../journal.ts';
import { isOpen, type Verdict, verdictOn } from './audience.ts';
import type { Court, EntryOf, Kind } from './court.ts';
import { isOver } from './world.ts';

/** With its end go presence, and the visits that no consent keeps. */
export function followGame({ world, fans }: Court, { game, status, at }: EntryOf<'GAME'>): void {
  world.setStatus(game, status, at);
  if (!isOver(status)) return;
  for (const fan of fans.values()) {
    if (fan.here === game) fan.leave();
    if (fan.visits.has(game) && !fan.holds('HISTORY_ATTENDANCE', game, at)) fan.visits.delete(game);
  }
}

export function followCampaign(
  { books, record }: Court,
  entry: EntryOf<'LAUNCH'> | EntryOf<'END'> | EntryOf<'PAUSE_CAMPAIGN'>,
): void {
  const campaign = books.campaigns.get(entry.campaign)!;
  if (!record.expect(entry, null)) return;
  if (entry.kind === 'LAUNCH') campaign.launched = true;
  else if (entry.kind === 'END') campaign.ended = true;
  else campaign.paused = entry.paused;
}

/** `entries` are all, and `place` is where this one stands among them. `heard`: announcements that were judged before. */
export function judgeAnnouncement(
  court: Court,
  entry: EntryOf<'ANNOUNCE'>,
  { entries, place, heard }: { entries: readonly Entry[]; place: number; heard: Set<string> },
): void {
  const { world, books, fans, record } = court;
  const campaign = books.campaigns.get(entry.campaign)!;
  const { game, at, announcement } = entry;
  if (announcement && heard.has(announcement)) return;
  if (!record.expect(entry, isOpen(campaign, game, world, at) ? null : 'INVALID_STATE')) return;
  heard.add(announcement!);
  const moving = findMoving(court, entry, entries, place);
  const partnerOf = (offer: string) => books.ofOffer.get(offer)!.plan.partner;
  for (const fan of fans.values()) {
    const judged: Verdict = verdictOn(fan, campaign, game, { world, contact: court.contact, partnerOf }, at);
    const verdict = moving.has(fan.fan) ? 'MAYBE' : judged;
    const before = fan.told.get(campaign.offer);
    if (verdict === 'NO' || before?.certain) continue;
    const or = before ? [before, ...before.or] : [];
    fan.told.set(campaign.offer, { announcement: announcement!, game, certain: verdict === 'YES', or });
  }
}

/** Whose acts may change whom an announcement reaches. */
const MOVES = new Set<Kind>([
  'GRANT',
  'WITHDRAW',
  'SIT_OUT',
  'ERASE',
  'CHECK_IN',
  'CHECK_OUT',
  'ENGAGE',
  'ARRIVE',
  'VETO',
]);

/** Who at that game did something while it was announced: whether it came before or after nobody knows. */
function findMoving(
  { fans }: Court,
  { at, sent, returned, game }: EntryOf<'ANNOUNCE'>,
  entries: readonly Entry[],
  place: number,
): Set<number> {
  const moving = new Set<number>();
  const note = (entry: Entry) => {
    if (!MOVES.has(entry.kind) || !('fan' in entry) || entry.sent >= returned || entry.returned <= sent) return;
    const there = entry.kind === 'CHECK_IN' ? entry.game === game : fans.get(entry.fan)?.last === game;
    if (there) moving.add(entry.fan);
  };
  for (let each = place - 1; each >= 0 && entries[each]!.returned > sent; each -= 1) note(entries[each]!);
  for (let each = place + 1; entries[each]?.at === at; each += 1) note(entries[each]!);
  return moving;
}

/** What partners read of campaigns that are over is exact. */
export function judgeHome({ books, record }: Court, entry: EntryOf<'HOME'>): void {
  for (const { campaign: key, redeemed, slots, money } of entry.campaigns) {
    const campaign = books.campaigns.get(key);
    if (!campaign) {
      record.violation(entry, `campaign ${key}, which nobody made`);
      continue;
    }
    const standing = campaign.redemptions.filter(({ rolledBack }) => rolledBack === null);
    const due = {
      redeemed: standing.length,
      slots: books.slots(campaign, entry, 'CERTAIN'),
      money: standing.reduce((sum, { spent }) => sum + spent, 0),
    };
    for (const [name, told] of Object.entries({ redeemed, slots, money })) {
      const expected = due[name as keyof typeof due];
      if (told !== null && told !== expected)
        record.violation(entry, `campaign ${key} tells ${told} ${name}, expected ${expected}`);
    }
  }
}
