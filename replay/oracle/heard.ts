/** What came over streams: nothing that was not for the listener, of that no field too many, and all of it. */
import type { Court, EntryOf } from './court.ts';
import { type FanBook, waysOf } from './fan-book.ts';

/** A fan who listens withdraws nothing meanwhile, so what they hear is certain. */
export function judgeHeard({ record }: Court, fan: FanBook, entry: EntryOf<'OFFER_HEARD'>): void {
  const { announcement, because, zone, at } = entry;
  const told = [...fan.told.values()].flatMap(waysOf);
  const found = told.find((each) => each.announcement === announcement);
  if (!found) {
    record.violation(entry, `announcement ${announcement}, which was not for them`);
    return;
  }
  const { game } = found;
  if (!fan.holds('OFFERS_LIVE', game, at)) record.violation(entry, 'without OFFERS_LIVE');
  if (because !== fan.holds('PERSONALIZATION', game, at)) record.violation(entry, `its reason shown: ${because}`);
  const allowed = fan.holds('PRESENCE_ZONE', game, at) ? fan.zone : null;
  if (zone !== null && zone !== allowed) record.violation(entry, `zone ${zone} shown, expected ${allowed}`);
}

/**
 * Of fans who share their presence with the partner, and of each what they share. Fans do things meanwhile: `restless` are
 * those who took something back at that instant, and of them nothing is certain.
 */
export function judgeActivity(
  { record, fans, books }: Court,
  entry: EntryOf<'ACTIVITY_HEARD'>,
  restless: ReadonlySet<number>,
): void {
  const { partner, partnerKey, campaign, fanKey, name, team, at } = entry;
  if (books.campaigns.get(campaign)?.plan.partner !== partner)
    record.violation(entry, `campaign ${campaign} of another`);
  const fan = [...fans.values()].find(({ key }) => key === fanKey);
  if (!fan || restless.has(fan.fan)) return;
  const shares = (scope: 'PRESENCE_VENUE' | 'PROFILE' | 'PROFILE_PREFERENCES') =>
    fan.holds(scope, null, at, partnerKey);
  if (!shares('PRESENCE_VENUE')) record.violation(entry, `fan ${fan.fan}, who does not share their presence`);
  if (name !== null && !shares('PROFILE')) record.violation(entry, `the name of fan ${fan.fan}`);
  if (team !== null && !shares('PROFILE_PREFERENCES')) record.violation(entry, `the team of fan ${fan.fan}`);
}
