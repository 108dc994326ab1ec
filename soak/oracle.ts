/**
 * The soak's judge. From what each fan did, as their mutations were answered, it knows which announcements had to come
 * exactly once over the fan's stream, however often that was resumed, and which must not have come. What overlaps an
 * act's uncertain interval is not judged. It shares no line with the server.
 */
import { consentPeriods, covers, type Period, presencePeriods, touches } from '../gameday/certainty.ts';
import type { FanRecord } from '../gameday/journal.ts';
import { mayShow } from '../gameday/knowledge.ts';
import type { Announced, PhoneRecord, Received } from './journal.ts';

export interface Verdict {
  readonly lost: string[];
  readonly repeated: string[];
  readonly leaks: string[];
}

/** What is killed may delay by so much what is due, beyond the longest delay that was seen. */
const DELAY_MS = 15_000;

export function judge(phones: readonly PhoneRecord[], announced: readonly Announced[]): Verdict {
  const verdict: Verdict = { lost: [], repeated: [], leaks: [] };
  const made = new Map(announced.map((announcement) => [announcement.id, announcement]));
  const delays = phones.flatMap(({ frames }) => frames.map(({ id, at }) => at - (made.get(id ?? '')?.returned ?? at)));
  const deliveredMs = DELAY_MS + delays.reduce((most, delay) => Math.max(most, delay), 0);
  for (const phone of phones) judgePhone(phone, made, deliveredMs, verdict);
  return verdict;
}

function judgePhone(
  phone: PhoneRecord,
  made: ReadonlyMap<string, Announced>,
  deliveredMs: number,
  { lost, repeated, leaks }: Verdict,
): void {
  const fan = { acts: phone.acts } as FanRecord;
  const presence = presencePeriods(fan);
  const consent = {
    venue: consentPeriods(fan, 'PRESENCE_VENUE'),
    offers: consentPeriods(fan, 'OFFERS_LIVE'),
    reasons: consentPeriods(fan, 'PERSONALIZATION'),
  };
  const inAudience = (announcement: Announced, fits: typeof covers) =>
    [consent.venue, consent.offers, presence].every((periods: readonly Period<unknown>[]) =>
      periods.some((period) => fits(period, announcement)),
    );
  const judgeFrame = ({ id, at, reason, trouble }: Received): string | null => {
    if (trouble !== null || id === null) return null;
    const announcement = made.get(id);
    if (!announcement) return 'which nobody made';
    if (at < announcement.sent) return 'before it was made';
    if (!inAudience(announcement, touches)) return 'for which they were not there, or did not consent';
    if (!mayShow(consent.offers, announcement, at)) return 'after they had withdrawn';
    return reason && !mayShow(consent.reasons, announcement, at) ? 'with its reason' : null;
  };

  const seen = new Set<string>();
  for (const frame of phone.frames) {
    const leak = judgeFrame(frame);
    if (leak) leaks.push(`${phone.name}: announcement ${frame.id} ${leak}`);
    if (frame.trouble) lost.push(`${phone.name}: ${frame.trouble}`);
    if (frame.id === null) continue;
    if (seen.has(frame.id)) repeated.push(`${phone.name}: announcement ${frame.id}`);
    seen.add(frame.id);
  }
  const opened = phone.sessions[0]?.opened ?? Number.POSITIVE_INFINITY;
  for (const announcement of made.values()) {
    if (seen.has(announcement.id) || announcement.sent < opened) continue;
    const due = { sent: announcement.sent, returned: announcement.returned + deliveredMs };
    const consents = consent.offers.some((period) => covers(period, due));
    if (consents && inAudience(announcement, covers)) lost.push(`${phone.name}: announcement ${announcement.id}`);
  }
}
