/** What a season came to, in numbers and in words. */
import type { Entry } from './journal.ts';
import type { Findings } from './oracle/oracle.ts';
import type { Played } from './play.ts';

export interface Report {
  season: number;
  seed: number;
  fans: number;
  games: number;
  visits: number;
  campaigns: number;
  announcements: number;
  acts: number;
  /** Acts that the engine refused. */
  refusals: number;
  claims: number;
  redemptions: number;
  rollbacks: number;
  purchases: number;
  refunds: number;
  rewards: number;
  pointsEarned: number;
  grants: number;
  withdrawals: number;
  erasures: number;
  /** What came over streams. */
  heard: number;
  rows: number;
  seconds: number;
  overRedemptions: number;
  unexplainedPoints: number;
  violations: number;
}

export function summarize(
  { scene, rows, visits, campaigns }: Played,
  findings: Findings,
  { seed, seconds }: Pick<Report, 'seed' | 'seconds'>,
): Report {
  const { entries } = scene.journal;
  const done = (...kinds: Entry['kind'][]) =>
    entries.filter((entry) => kinds.includes(entry.kind) && !('code' in entry && entry.code !== null)).length;
  return {
    season: scene.season.year,
    seed,
    fans: done('ENROLL'),
    games: scene.season.games.length,
    visits,
    campaigns,
    announcements: done('ANNOUNCE'),
    acts: entries.length,
    refusals: entries.filter((entry) => 'code' in entry && entry.code !== null).length,
    claims: done('CLAIM'),
    redemptions: done('REDEEM'),
    rollbacks: done('ROLL_BACK'),
    purchases: done('PURCHASE'),
    refunds: done('REFUND'),
    rewards: done('REWARD'),
    pointsEarned: rows.lots.reduce((sum, { earned }) => sum + earned, 0),
    grants: done('ENROLL', 'GRANT'),
    withdrawals: done('WITHDRAW', 'SIT_OUT', 'VETO'),
    erasures: done('ERASE'),
    heard: done('OFFER_HEARD', 'ACTIVITY_HEARD'),
    rows: Object.values(rows).reduce((sum, each) => sum + each.length, 0),
    seconds,
    overRedemptions: findings.overRedemptions.length,
    unexplainedPoints: findings.points.reduce((sum, { points }) => sum + points, 0),
    violations: findings.violations.length,
  };
}

export const isRight = ({ overRedemptions, unexplainedPoints, violations }: Report): boolean =>
  overRedemptions === 0 && unexplainedPoints === 0 && violations === 0;

const SHOWN = 20;

export function describe(report: Report, { overRedemptions, violations, points }: Findings): string {
  const some = (lines: readonly string[]) => [
    ...lines.slice(0, SHOWN).map((line) => `    ${line}`),
    ...(lines.length > SHOWN ? [`    … and ${lines.length - SHOWN} more`] : []),
  ];
  const { season, seed, fans, games, visits } = report;
  return [
    `The season of ${season}, played again with seed ${seed}: ${fans} fans, ${games} games, ${visits} visits, in ${report.seconds} s`,
    `  ${report.campaigns} campaigns, ${report.announcements} announcements`,
    `  ${report.acts} acts, of which ${report.refusals} were refused`,
    `  ${report.grants} acts of granting, ${report.withdrawals} of withdrawing, sitting out and objecting, ${report.erasures} of erasing oneself`,
    `  ${report.claims} claims, ${report.redemptions} redemptions, ${report.rollbacks} taken back`,
    `  ${report.purchases} purchases, ${report.refunds} refunds, ${report.pointsEarned} points earned, ${report.rewards} rewards taken`,
    `  ${report.heard} events heard live by fans and partners`,
    `  ${report.rows} stored rows held against the oracle's books`,
    `  redemptions beyond a budget or a limit: ${report.overRedemptions}`,
    ...some(overRedemptions),
    `  points that nothing explains: ${report.unexplainedPoints}`,
    ...some(points.map(({ what }) => what)),
    `  violations: ${report.violations}`,
    ...some(violations),
  ].join('\n');
}
