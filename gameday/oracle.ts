/**
 * The simulator's own judge. From what each fan did it knows, without asking the server and without a line of its
 * code, what every frame may show and which frames must have come. What overlaps an act's uncertain interval is given
 * the benefit of the doubt, and nothing else is.
 *
 * A leak is a withheld value in an event that was announced after its withdrawal had returned, or in any frame received
 * more than a second after. Missing is what was certain to come, and never came.
 */
import { covers, touches } from './certainty.ts';
import type { Announcement, FanRecord, Frame } from './journal.ts';
import {
  DELIVERED_MS,
  dueAt,
  inAudience,
  inZones,
  type Knowledge,
  knowledgeOf,
  mayShow,
  mustShow,
  possibleZones,
} from './knowledge.ts';

export { DELIVERED_MS } from './knowledge.ts';

export interface Verdict {
  leaks: string[];
  missing: string[];
  /** Frames that consent kept back whole, and frames in which it kept back a field. */
  withheld: number;
}

/** `deliveredMs`: how long nodes that are frozen or killed may delay what is due. */
export function judge(
  fans: readonly FanRecord[],
  announcements: readonly Announcement[],
  deliveredMs = DELIVERED_MS,
): Verdict {
  const verdict: Verdict = { leaks: [], missing: [], withheld: 0 };
  for (const fan of fans) judgeFan(fan, announcements, deliveredMs, verdict);
  return verdict;
}

function judgeFan(fan: FanRecord, announcements: readonly Announcement[], deliveredMs: number, verdict: Verdict): void {
  const known = knowledgeOf(fan, deliveredMs);
  const leak = (what: string) => verdict.leaks.push(`${fan.name}: ${what}`);
  const miss = (what: string) => verdict.missing.push(`${fan.name}: ${what}`);
  for (const { errors } of fan.frames) if (errors) miss(`a frame with errors: ${JSON.stringify(errors)}`);

  for (const { kind, announcementId, offerId } of fan.frames) {
    const made = announcements.some((other) => other.announcementId === announcementId);
    if (kind === 'OfferAnnounced' && !made) leak(`announcement ${announcementId}, which nobody made`);
    const ended = announcements.some((other) => other.offerId === offerId && other.ended);
    if (kind !== 'OfferEnded') continue;
    if (!ended) leak(`the end of offer ${offerId}, which nobody ended`);
    const had = fan.frames.some((other) => other.kind === 'OfferAnnounced' && other.offerId === offerId);
    if (!had) leak(`the end of offer ${offerId}, of which they were never told`);
  }

  const had = new Set<string>();
  for (const announcement of announcements) {
    const { announcementId, offerId } = announcement;
    const frames = fan.frames.filter((frame) => frame.announcementId === announcementId);
    const [frame] = frames;
    if (frames.length > 1) leak(`announcement ${announcementId} came ${frames.length} times`);
    if (frame && had.has(offerId)) leak(`offer ${offerId} was announced to them before`);
    if (frame) judgeFrame(known, announcement, frame, leak, miss);
    if (!frame && mustCome(known, announcement, announcements)) miss(`announcement ${announcementId} never came`);
    if (frame) had.add(offerId);
    judgeEnd(known, announcement, frame, leak, miss);
    verdict.withheld += countWithheld(known, announcement, frame, had.has(offerId));
  }
}

type Report = (what: string) => void;

function judgeFrame(known: Knowledge, announcement: Announcement, frame: Frame, leak: Report, miss: Report): void {
  const { consent, presence, zones, fan } = known;
  const name = `announcement ${announcement.announcementId}`;
  if (frame.at < announcement.sent) leak(`${name} before it was made`);
  if (!mayShow(consent.OFFERS_LIVE, announcement, frame.at)) leak(`${name} without OFFERS_LIVE`);
  if (!consent.PRESENCE_VENUE.some((period) => touches(period, announcement))) leak(`${name} without PRESENCE_VENUE`);
  if (!presence.some((period) => touches(period, announcement))) leak(`${name} while not there`);
  if (announcement.zones.length > 0 && !inZones(known, announcement, touches)) leak(`${name} while in no such zone`);
  if (announcement.teams.length > 0) {
    if (!announcement.teams.includes(fan.team ?? '')) leak(`${name} for another team`);
    for (const scope of ['PERSONALIZATION', 'PROFILE_PREFERENCES'] as const) {
      if (!consent[scope].some((period) => touches(period, announcement))) leak(`${name} chosen without ${scope}`);
    }
  }
  if (frame.because !== null && !mayShow(consent.PERSONALIZATION, announcement, frame.at))
    leak(`${name} with its reason`);
  if (frame.because === null && mustShow(consent.PERSONALIZATION, announcement, frame.at)) miss(`${name}'s reason`);
  if (frame.zone !== null && !mayShow(consent.PRESENCE_ZONE, announcement, frame.at)) leak(`${name} with its zone`);
  if (frame.zone !== null && !possibleZones(known, announcement, frame.at).has(frame.zone))
    leak(`${name} with a wrong zone`);
  const placed = zones.some((period) => covers(period, { sent: announcement.sent, returned: frame.at }));
  if (frame.zone === null && placed && mustShow(consent.PRESENCE_ZONE, announcement, frame.at)) miss(`${name}'s zone`);
}

/** Certainly in the audience, not served by an earlier announcement of the offer, and listening long enough. */
function mustCome(known: Knowledge, announcement: Announcement, all: readonly Announcement[]): boolean {
  const earlier = all.slice(0, all.indexOf(announcement)).filter(({ offerId }) => offerId === announcement.offerId);
  if (earlier.some((other) => inAudience(known, other, touches))) return false;
  if (!inAudience(known, announcement, covers)) return false;
  const due = dueAt(known.fan.sessions, announcement, known.deliveredMs);
  return due !== null && mustShow(known.consent.OFFERS_LIVE, announcement, due + known.deliveredMs);
}

/** The end of an offer is told to those who were told of it, under the consent under which they were. */
function judgeEnd(
  known: Knowledge,
  announcement: Announcement,
  frame: Frame | undefined,
  leak: Report,
  miss: Report,
): void {
  const { ended, offerId } = announcement;
  const ends = known.fan.frames.filter((other) => other.kind === 'OfferEnded' && other.offerId === offerId);
  const [end] = ends;
  const name = `the end of offer ${offerId}`;
  if (ends.length > 1) leak(`${name} came ${ends.length} times`);
  if (end && ended && end.at < ended.sent) leak(`${name} before it ended`);
  if (end && frame && !mayShow(known.consent.OFFERS_LIVE, announcement, end.at)) leak(`${name} without OFFERS_LIVE`);
  if (!ended || end || !frame) return;
  const due = dueAt(known.fan.sessions, ended, known.deliveredMs);
  if (due !== null && mustShow(known.consent.OFFERS_LIVE, announcement, due + known.deliveredMs))
    miss(`${name} never came`);
}

/** Only what consent kept back counts, and only from fans who were there in the flesh with a stream open. */
function countWithheld(known: Knowledge, announcement: Announcement, frame: Frame | undefined, had: boolean): number {
  const { fan } = known;
  if (frame) return frame.because === null || frame.zone === null ? 1 : 0;
  // Where in the venue a fan is who does not tell, and so whether it was for them at all, nobody knows.
  const forThem = announcement.teams.length === 0 || announcement.teams.includes(fan.team ?? '');
  if (had || !forThem || announcement.zones.length > 0) return 0;
  const listening = fan.sessions.some(
    ({ opened, closed }) => opened <= announcement.sent && closed > announcement.returned,
  );
  const moves = fan.acts.filter(({ kind }) => kind === 'CHECK_IN' || kind === 'CHECK_OUT');
  const there = moves.findLast(({ sent }) => sent < announcement.sent)?.kind === 'CHECK_IN';
  return listening && there && !inAudience(known, announcement, touches) ? 1 : 0;
}
