/** What a soak came to, in numbers and in a table. */
import { riseOf, type Sample } from './heap.ts';
import type { Verdict } from './oracle.ts';
import type { Soaked } from './run.ts';

export interface Report {
  minutes: number;
  subscribes: number;
  announcements: number;
  deliveries: number;
  lost: number;
  repeated: number;
  leaks: number;
  /** Null: the time was too short to tell. */
  heapFlat: boolean | null;
  listenersLeft: number;
  kills: number;
}

const SHOWN = 10;
const MIB = 2 ** 20;

export function summarize(
  minutes: number,
  soaked: Soaked,
  verdict: Verdict,
  heaps: readonly (readonly Sample[])[],
): Report {
  const { phones, announced, subscribes, churnLeaks, kills, listenersLeft } = soaked;
  const rises = heaps.flatMap((samples) => riseOf(samples) ?? []);
  return {
    minutes,
    subscribes,
    announcements: announced.length,
    deliveries: phones.reduce((sum, { frames }) => sum + frames.filter(({ id }) => id !== null).length, 0),
    lost: verdict.lost.length,
    repeated: verdict.repeated.length,
    leaks: verdict.leaks.length + churnLeaks.length,
    heapFlat: rises.length === 0 ? null : rises.every(({ flat }) => flat),
    listenersLeft,
    kills: Object.values(kills).reduce((sum, count) => sum + count, 0),
  };
}

export const isWrong = ({ lost, repeated, leaks, heapFlat, listenersLeft, deliveries }: Report): boolean =>
  lost + repeated + leaks + listenersLeft > 0 || heapFlat === false || deliveries === 0;

export function describe(
  report: Report,
  { phones, churnLeaks, kills }: Soaked,
  verdict: Verdict,
  heaps: readonly (readonly Sample[])[],
): string {
  const acts = phones.flatMap((phone) => phone.acts);
  const count = (kind: string) => acts.filter((act) => act.kind === kind).length;
  const resumed = phones.reduce((sum, { sessions }) => sum + sessions.length - 1, 0);
  const seconds = report.minutes * 60;
  const rows: [string, string | number][] = [
    ['minutes', report.minutes],
    ['fans', phones.length],
    ['subscribed and unsubscribed', `${report.subscribes} (${Math.round(report.subscribes / seconds)}/s)`],
    ['announcements', report.announcements],
    ['deliveries', report.deliveries],
    ['grants, withdrawals', `${count('GRANT')}, ${count('WITHDRAW')}`],
    ['nodes killed, restarted', `${kills.nodesKilled}, ${kills.nodesRestarted}`],
    ['Redis cut, frozen, killed', `${kills.redisCut}, ${kills.redisPaused}, ${kills.redisKilled}`],
    ['streams resumed by cursor', resumed],
    ['lost', report.lost],
    ['repeated', report.repeated],
    ['leaks', report.leaks],
    ['heaps over their second half', heaps.map(describeHeap).join('; ')],
    ['listeners left', report.listenersLeft],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const wrong = [...verdict.lost, ...verdict.repeated, ...verdict.leaks, ...churnLeaks].slice(0, SHOWN);
  return [
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...wrong.map((what) => `    ${what}`),
  ].join('\n');
}

function describeHeap(samples: readonly Sample[]): string {
  const rise = riseOf(samples);
  if (!rise) return 'too short to tell';
  const mib = (rise.bytes / MIB).toFixed(1);
  return `${rise.flat ? 'flat' : 'RISING'} (${rise.bytes < 0 ? '' : '+'}${mib} MiB)`;
}
