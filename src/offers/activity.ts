/** What may become of an offer with one fan, and what gates telling its partner of it. */
import type { EventGate } from '../live/stream-event.ts';

export const ACTIVITY_KINDS = ['ANNOUNCED', 'VIEWED', 'CLICKED', 'CLAIMED', 'REDEEMED'] as const;
export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** A delivery, an engagement or what became of a claim: told to the partner under the lineages of its capture. */
export interface CapturedActivity {
  readonly activity: ActivityKind;
  readonly fan_id: string;
  readonly game_id: string;
  readonly lineages: readonly string[];
  readonly partner_lineages: readonly string[];
}

/** The scope under which the operator keeps the record that an activity is told from. */
const keptUnder = (activity: ActivityKind) =>
  activity === 'VIEWED' || activity === 'CLICKED' ? 'HISTORY_ENGAGEMENT' : 'OFFERS_LIVE';

/** The partner needs the fan's presence, and the operator the record. */
export function gateActivity({ activity, fan_id, game_id, lineages, partner_lineages }: CapturedActivity): EventGate {
  const subject = { fanId: fan_id, gameId: game_id };
  return {
    subject: { ...subject, captured: partner_lineages },
    scope: 'PRESENCE_VENUE',
    kept: { subject: { ...subject, captured: lineages }, scope: keptUnder(activity) },
  };
}
