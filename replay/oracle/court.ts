/** What every part of the oracle judges by, and where it writes down what it finds. */
import type { Entry } from '../journal.ts';
import type { Contact } from './audience.ts';
import type { Books } from './books.ts';
import type { FanBook } from './fan-book.ts';
import type { Program } from './points.ts';
import type { World } from './world.ts';

export type Kind = Entry['kind'];
export type EntryOf<K extends Kind> = Extract<Entry, { kind: K }>;

export interface Findings {
  readonly overRedemptions: string[];
  readonly violations: string[];
  /** Each with the number of points that nothing explains. */
  readonly points: { readonly what: string; readonly points: number }[];
}

/** A finding says when, who, and at what. */
export class Record {
  readonly findings: Findings = { overRedemptions: [], violations: [], points: [] };

  violation(entry: Entry, what: string): void {
    this.findings.violations.push(`${nameOf(entry)}: ${what}`);
  }

  over(entry: Entry, what: string): void {
    this.findings.overRedemptions.push(`${nameOf(entry)}: ${what}`);
  }

  /** Points that were told, and those that there had to be. */
  compare(entry: Entry, told: number, due: number, what = 'points'): void {
    if (told === due) return;
    const found = `${nameOf(entry)}: ${told} ${what}, expected ${due}`;
    this.findings.points.push({ what: found, points: Math.abs(told - due) });
  }

  /** Whether the act took effect, as it had to: its code is the one expected, and that is none. */
  expect(entry: Entry & { readonly code: string | null }, code: string | null): boolean {
    if (entry.code !== code) {
      this.violation(entry, `answered ${entry.code ?? 'success'}, expected ${code ?? 'success'}`);
    }
    return entry.code === null && code === null;
  }
}

const nameOf = (entry: Entry): string =>
  `${new Date(entry.at).toISOString()} ${'fan' in entry ? `fan ${entry.fan} ` : ''}${entry.kind}`;

export interface Court {
  readonly world: World;
  readonly books: Books;
  readonly program: Program;
  readonly contact: Contact;
  /** Those who are enrolled now, by place in the crowd. */
  readonly fans: Map<number, FanBook>;
  readonly record: Record;
  /** How many of each reward are out. */
  readonly stock: Map<string, number>;
}
