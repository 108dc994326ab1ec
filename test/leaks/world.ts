/**
 * The stage: one database, three nodes that live at different times, every kind of viewer, and a log that is read
 * along. Time is travelled by the clock of the rules, `app_now()`, which is set for the role that a later node signs in as.
 */

import { inject } from 'vitest';
import { publishPolicy } from '../../src/consent/index.ts';
import { CONSENT_SCOPES } from '../../src/consent/scopes.ts';
import { FIRST_POLICY } from '../../src/seed/policy.ts';
import { enrollFan, mutate } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';
import { withAdmin } from '../support/template.ts';
import type { ViewerName } from './oracle.ts';
import { CapturedLog } from './sinks.ts';

const HOUR_MS = 3_600_000;
/** Where a node stands in time: now; after grants of an hour and a game's grace; under a policy that asks anew. */
export const MOMENTS = { now: 0, 'two hours later': 2 * HOUR_MS, 'under the next policy': 4 * HOUR_MS } as const;
export type Moment = keyof typeof MOMENTS;

/** Whose ids a viewer is told: the operator's own app, or one partner. */
interface Seat {
  readonly token: string | null;
  readonly recipientId: string | null;
}

export interface World {
  readonly nodes: Readonly<Record<Moment, TestServer>>;
  readonly seats: Readonly<Record<Exclude<ViewerName, 'the fan'>, Seat>>;
  readonly log: CapturedLog;
  readonly partners: { readonly this: { id: string; key: string }; readonly another: { id: string; key: string } };
  readonly venueKey: string;
  /** Rows of any statement, at the present. */
  sql<Row = Record<string, string>>(statement: string): Promise<Row[]>;
  /** The id of a thing as a viewer of the operator's app knows it. */
  id(type: string, key: string): string;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const log = new CapturedLog();
  const options = { settings: { LOG_LEVEL: 'trace' }, log };
  const now = await startTestServer(options);
  const { orm } = now.services;
  const sql = <Row>(statement: string) => orm.em.fork().execute<Row[]>(statement);
  await publishPolicy(orm.em.fork(), {
    ...FIRST_POLICY,
    version: '2026-2',
    materialChange: true,
    effectiveAt: new Date(Date.now() + 3 * HOUR_MS),
  });
  const roles: string[] = [];
  const later = async (ms: number) => {
    const url = new URL(now.databaseUrl);
    const database = url.pathname.slice(1);
    const role = `${database}_${ms}`;
    const at = new Date(Date.now() + ms).toISOString();
    await sql(`create role ${role} superuser login password '${role}'`);
    roles.push(role);
    await sql(`alter role ${role} in database ${database} set tightrope.now = '${at}'`);
    url.username = role;
    url.password = role;
    return startTestServer({ ...options, databaseUrl: url.href });
  };
  const nodes = {
    now,
    'two hours later': await later(MOMENTS['two hours later']),
    'under the next policy': await later(MOMENTS['under the next policy']),
  };
  const id = (type: string, key: string) => now.services.idsFor(null).toGlobal(type as never, key);
  const partner = async (code: string) => {
    const [row] = await sql<{ id: string }>(`select id from partner where code = '${code}'`);
    return { id: id('Partner', row!.id), key: row!.id };
  };
  const partners = { this: await partner('demo-partner'), another: await partner('demo-partner-2') };
  await sql(`insert into venue (code, name, city, time_zone) values ('X', 'Elsewhere', 'X', 'UTC')`);
  await sql(`insert into staff (subject, venue_id) select 'elsewhere', id from venue where code = 'X'`);
  const [venue] = await sql<{ id: string }>(`select id from venue where code = 'BOS07'`);
  const { token: anotherFan } = await enrollFan(now, [...CONSENT_SCOPES]);
  await mutate(now, anotherFan, 'updateMe', { email: 'another@example.com', birthYear: 1901 });
  return {
    nodes,
    log,
    partners,
    venueKey: venue!.id,
    sql,
    id,
    seats: {
      'another fan': { token: anotherFan, recipientId: null },
      'this partner': { token: await tokenOf('PARTNER', 'demo-partner'), recipientId: partners.this.key },
      'another partner': { token: await tokenOf('PARTNER', 'demo-partner-2'), recipientId: partners.another.key },
      'staff of the venue': { token: await tokenOf('STAFF', 'demo'), recipientId: null },
      'staff of another venue': { token: await tokenOf('STAFF', 'elsewhere'), recipientId: null },
      'a device': { token: await tokenOf('DEVICE', 'demo-sensor'), recipientId: null },
      nobody: { token: null, recipientId: null },
    },
    close: async () => {
      log.release();
      await Promise.all([nodes['two hours later'].close(), nodes['under the next policy'].close()]);
      await now.close();
      await withAdmin(inject('postgresUrl'), async (admin) => {
        for (const role of roles) await admin.query(`drop role ${role}`);
      });
    },
  };
}
