/** What a game day came to, in numbers and in words. */
import type { Replay } from '../src/venues/index.ts';
import { TEMPERS, type Temper } from './fan.ts';
import type { Verdict } from './oracle.ts';
import type { Played } from './play.ts';

export interface Report {
  fans: number;
  announcements: number;
  deliveries: number;
  /** What partners were told of fans who share their presence. */
  activities: number;
  framesWithheld: number;
  p50Ms: number;
  p99Ms: number;
  leaks: number;
  missing: number;
  nodes: number;
  /** From the request of a withdrawal to its answer: from then on no node starts to send. */
  withdrawalP50Ms: number;
  withdrawalP99Ms: number;
  withdrawalWorstMs: number;
  seed: number;
}

export function summarize(
  { fans, announcements, sponsors }: Played,
  verdict: Verdict,
  { seed, nodes }: Pick<Report, 'seed' | 'nodes'>,
): Report {
  const sent = new Map(announcements.map((announcement) => [announcement.announcementId, announcement.sent]));
  const delays: number[] = [];
  let deliveries = 0;
  for (const fan of fans) {
    for (const frame of fan.frames) {
      if (frame.kind !== 'OfferAnnounced') continue;
      deliveries += 1;
      const from = sent.get(frame.announcementId ?? '');
      // A frame that waited for a fan to come back says nothing about the server's speed.
      const listening = fan.sessions.some(
        ({ opened, closed }) => from !== undefined && opened <= from && closed >= frame.at,
      );
      if (from !== undefined && listening) delays.push(frame.at - from);
    }
  }
  const withdrawals = fans.flatMap((fan) => fan.withdrawals);
  return {
    fans: fans.length,
    announcements: announcements.length,
    deliveries,
    activities: sponsors.reduce((sum, { activities }) => sum + activities.length, 0),
    framesWithheld: verdict.withheld,
    p50Ms: percentile(delays, 0.5),
    p99Ms: percentile(delays, 0.99),
    leaks: verdict.leaks.length,
    missing: verdict.missing.length,
    nodes,
    withdrawalP50Ms: percentile(withdrawals, 0.5),
    withdrawalP99Ms: percentile(withdrawals, 0.99),
    withdrawalWorstMs: percentile(withdrawals, 1),
    seed,
  };
}

/** In the values' unit, to a tenth; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
}

export function describe(
  replay: Replay,
  { fans }: Played,
  verdict: Verdict,
  report: Report,
  troubles: readonly string[],
): string {
  const tempers = (Object.keys(TEMPERS) as Temper[]).map(
    (temper) => `    ${String(fans.filter((fan) => fan.temper === temper).length).padStart(4)} ${temper}`,
  );
  const acts = fans.flatMap((fan) => fan.acts);
  const count = (kind: string) => acts.filter((act) => act.kind === kind).length;
  return [
    `${replay.sourceKey} at ${replay.venue}: ${replay.away ?? 'nobody'} at ${replay.home ?? 'nobody'}, played again with seed ${report.seed}`,
    `  ${report.nodes} ${report.nodes === 1 ? 'node' : 'nodes'}`,
    ...troubles.map((trouble) => `    ${trouble}`),
    `  ${report.fans} fans, of whom`,
    ...tempers,
    `  ${count('GRANT')} grants, ${count('WITHDRAW')} withdrawals, ${count('CHECK_IN')} check-ins and moves, ${count('CHECK_OUT')} check-outs`,
    `  ${report.announcements} announcements, ${report.deliveries} deliveries`,
    `  ${count('ENGAGE')} engagements; partners were told of ${report.activities} activities of fans who share their presence`,
    `  ${report.framesWithheld} frames withheld by consent, whole or in a field`,
    `  from the announcement's request to the frame's receipt: ${report.p50Ms} ms at the median, ${report.p99Ms} ms at p99`,
    `  a withdrawal returned after ${report.withdrawalP50Ms} ms at the median, ${report.withdrawalP99Ms} ms at p99, ${report.withdrawalWorstMs} ms at worst`,
    `  leaks: ${report.leaks}`,
    ...verdict.leaks.slice(0, 10).map((leak) => `    ${leak}`),
    `  missing: ${report.missing}`,
    ...verdict.missing.slice(0, 10).map((frame) => `    ${frame}`),
  ].join('\n');
}
