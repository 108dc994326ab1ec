/** docs/benchmarks.md, made from the records: the targets with what was measured, then a table for each benchmark. */
import { TARGETS } from './targets.ts';

/** One run of one benchmark. */
export interface Recorded {
  /** The day, in UTC. */
  readonly on: string;
  readonly machine: string;
  readonly result: Readonly<Record<string, unknown>>;
}
export type Records = Readonly<Record<string, Recorded>>;

const INTRODUCTION = `# Benchmarks

Made by \`npm run bench -- NAME --write\`; nothing in it is typed by hand. Peers run in the same run as ours, taking turns, each server in a process of its own and its load in another; a figure is the median of its rounds, with the least and the most in brackets. All of it shares one machine, PostgreSQL included, so ratios say more than figures. \`npm run bench\` without a name lists what there is; \`--sockets\`, \`--rounds\`, \`--events\`, \`--fans\` and \`--peers\` make a run shorter.`;

export function render(records: Records): string {
  return `${[INTRODUCTION, renderTargets(records), ...Object.entries(records).map(renderOne)].join('\n\n')}\n`;
}

function renderTargets(records: Records): string {
  const rows = TARGETS.map(({ what, target, benchmark, measure, meets }) => {
    const result = records[benchmark]?.result;
    const value = result === undefined ? undefined : measure(result);
    const measured = value === undefined ? 'not measured' : String(value);
    const verdict = value === undefined ? '' : meets(value) ? 'met' : 'MISSED';
    return [what, target, measured, verdict, `\`${benchmark}\``];
  });
  return `## Targets\n\n${table(['what', 'target', 'measured', '', 'benchmark'], rows)}`;
}

function renderOne([name, { on, machine, result }]: [string, Recorded]): string {
  return [`## ${name}`, `${on}; ${machine}.`, ...renderResult(result)].join('\n\n');
}

/** Contestants side by side where there are some; single figures as a list; what lies deeper under its own name. */
function renderResult(result: Readonly<Record<string, unknown>>, title = ''): string[] {
  const parts: string[] = title ? [`### ${title}`] : [];
  const single = Object.entries(result).filter(([, value]) => !isObject(value) || isSpread(value));
  if (single.length > 0) parts.push(single.map(([key, value]) => `- ${words(key)}: ${inCell(value)}`).join('\n'));
  for (const [key, value] of Object.entries(result)) {
    if (!isObject(value) || isSpread(value)) continue;
    const rows = Object.entries(value);
    const isTable = rows.length > 0 && rows.every(([, row]) => isObject(row) && !isSpread(row) && isFlat(row));
    if (isTable) parts.push(`${words(key)}:`, contestants(rows as [string, Record<string, unknown>][]));
    else if (isFlat(value))
      parts.push(
        `${words(key)}:`,
        table(
          ['', ''],
          rows.map(([name, cell]) => [words(name), inCell(cell)]),
        ),
      );
    else parts.push(...renderResult(value, words(key)));
  }
  return parts;
}

function contestants(rows: readonly [string, Record<string, unknown>][]): string {
  const columns = [...new Set(rows.flatMap(([, row]) => Object.keys(row)))];
  return table(
    ['', ...columns.map(words)],
    rows.map(([name, row]) => [name, ...columns.map((key) => inCell(row[key]))]),
  );
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSpread = (value: unknown): value is { min: number; median: number; max: number } =>
  isObject(value) && 'median' in value && 'min' in value && 'max' in value;
const isFlat = (value: Record<string, unknown>): boolean =>
  Object.values(value).every((cell) => !isObject(cell) || isSpread(cell));

function inCell(value: unknown): string {
  if (isSpread(value)) return `${number(value.median)} (${number(value.min)} to ${number(value.max)})`;
  return typeof value === 'number' ? number(value) : String(value ?? '');
}

const number = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 6 });

/** `cpuPerMillion` as "cpu per million". */
const words = (key: string): string =>
  key.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').replace(/[A-Z](?=[a-z])/g, (letter) => letter.toLowerCase());
