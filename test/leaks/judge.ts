/**
 * Judges an answer place by place: a gated place about the fan is null iff the oracle withholds it, and a canary may
 * stand only where all gates on the way to it are open to this viewer. Errors and extensions hold none, ever.
 */
import { type Canary, holds, leavesOf } from './canaries.ts';
import type { Pick } from './documents.ts';
import type { Oracle, Verdict } from './oracle.ts';
import { gateOf, isSubjectType } from './paths.ts';

export interface Judged {
  readonly picks: ReadonlyMap<string, Pick>;
  readonly answer: { data?: unknown; errors?: unknown; extensions?: unknown };
  readonly canaries: readonly Canary[];
  readonly oracle: Oracle;
  /** Everything in it is about the fan, whoever looks. */
  readonly aboutTheFan?: boolean;
  /** Gates judged by the lineages of the moment of capture. */
  readonly captured?: boolean;
  /** Gated fields that have no value yet, whoever asks. */
  readonly empty: ReadonlySet<string>;
  /** The types of which the fan has none, and so no id to ask by. */
  readonly absent?: ReadonlySet<string>;
}

export interface Findings {
  /** What should not be, in words. */
  readonly leaks: string[];
  /** The gated coordinates that showed a value about the fan. */
  readonly shown: Set<string>;
}

interface Place {
  readonly path: string;
  readonly gates: readonly string[];
  /** Whose data: the fan's for certain, or not known from the path alone. */
  readonly ofTheFan: boolean;
  readonly inSubject: boolean;
  readonly selfOnly: boolean;
}

/** How it ends where a value is missing that may be seen. */
export const LACKING = 'is not shown, though it may be';

export function judge(judged: Judged): Findings {
  const findings: Findings = { leaks: [], shown: new Set() };
  const { data, errors, extensions } = judged.answer;
  for (const [name, part] of [
    ['errors', errors],
    // What an operation costs is a number about the document.
    ['extensions', { ...(extensions as object), cost: undefined }],
  ] as const) {
    for (const [path, value] of leavesOf(part)) {
      for (const canary of judged.canaries) {
        if (!holds(value, canary)) continue;
        findings.leaks.push(`${canary.origin} in ${name}${path}`);
      }
    }
  }
  const nowhere = { path: 'data', gates: [], ofTheFan: false, inSubject: false, selfOnly: false };
  if (data) judgeLevel(judged, findings, data as Record<string, unknown>, [judged.picks], nowhere);
  return findings;
}

function judgeLevel(
  judged: Judged,
  findings: Findings,
  object: Record<string, unknown>,
  levels: readonly ReadonlyMap<string, Pick>[],
  place: Place,
): void {
  for (const [key, value] of Object.entries(object)) {
    const pick = levels.map((level) => level.get(key.replace(/^[ab]__/, ''))).find(Boolean);
    if (!pick) throw new Error(`${place.path}.${key} was not asked for`);
    judgeField(judged, findings, pick, value, enter(judged, place, pick, key));
  }
}

/** What a fan does for somebody else answers with somebody else. */
const ABOUT_OTHERS = /ward/i;

function enter({ oracle, aboutTheFan }: Judged, place: Place, pick: Pick, key: string): Place {
  const gate = gateOf(pick.field);
  const root = place.path === 'data';
  const isOwn = aboutTheFan || (oracle.isSelf && !oracle.isGone);
  return {
    path: `${place.path}.${key}`,
    gates: gate ? [...place.gates, gate] : place.gates,
    ofTheFan: place.ofTheFan || (root && !ABOUT_OTHERS.test(pick.key) && (isOwn || pick.idOf !== undefined)),
    inSubject: place.inSubject || isSubjectType(pick.parent),
    selfOnly: place.selfOnly || pick.field.extensions.selfOnly === true,
  };
}

function judgeField(judged: Judged, findings: Findings, pick: Pick, value: unknown, place: Place): void {
  const verdict = verdictOf(judged, pick, place);
  const coordinate = `${pick.parent.name}.${pick.field.name}`;
  const isNull = value === null || value === undefined;
  if (place.ofTheFan && verdict === 'withheld' && !isNull) findings.leaks.push(`${place.path} is shown`);
  if (place.ofTheFan && verdict === 'shown' && isNull && !judged.empty.has(coordinate)) {
    findings.leaks.push(`${place.path} ${LACKING}`);
  }
  if (place.ofTheFan && gateOf(pick.field) && !isNull) findings.shown.add(coordinate);
  if (isNull) return;
  for (const item of Array.isArray(value) ? value.flat(3) : [value]) {
    if (typeof item === 'object' && item !== null) {
      judgeLevel(judged, findings, item as Record<string, unknown>, [...pick.below.values()], place);
    } else {
      judgeLeaf(judged, findings, item, place);
    }
  }
}

/** Whether this very field must be null, must not be, or neither. */
function verdictOf({ oracle, captured, absent }: Judged, pick: Pick, place: Place): Verdict {
  if (pick.idOf) return absent?.has(pick.idOf) ? 'withheld' : oracle.node(pick.idOf);
  if (pick.field.extensions.selfOnly) return oracle.isSelf ? oracle.sees() : 'withheld';
  if (gateOf(pick.field)) return oracle.shows(place.gates, captured);
  return 'either';
}

/** All the zones of a venue are its map, wherever a fan's own things lead to it, and tell of nobody. */
export const isOnTheMap = (canary: Canary, path: string): boolean =>
  canary.isPublic === true && /venue\.([ab]__)?zones\./.test(path);

function judgeLeaf({ canaries, oracle, captured }: Judged, findings: Findings, value: unknown, place: Place): void {
  for (const canary of canaries) {
    if (!holds(value, canary)) continue;
    if ((canary.isPublic && place.gates.length === 0) || isOnTheMap(canary, place.path)) continue;
    const mayStand =
      place.inSubject &&
      oracle.shows(place.gates, captured) !== 'withheld' &&
      (!place.selfOnly || oracle.isSelf) &&
      // What answers the fan alone is their right of access, which no consent gates.
      (!canary.anyOf || (place.selfOnly && oracle.isSelf) || oracle.showsAnyOf(canary.anyOf) !== 'withheld');
    if (!mayStand) findings.leaks.push(`${canary.origin} at ${place.path}`);
  }
}
