/** The rule of consent asked directly, at any instant: fans, games and policies made for one question. */
import { type MikroORM, type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { DEVELOPMENT_MASTER_KEY } from '../../src/config.ts';
import { Decision } from '../../src/consent/decision.ts';
import { grantScopes, withdrawScopes } from '../../src/consent/grants.service.ts';
import { createSealer, sealedArguments } from '../../src/consent/ledger/index.ts';
import type { ConsentScope } from '../../src/consent/scopes.ts';

interface Question {
  recipientId?: string | null;
  gameId?: string | null;
  /** An SQL expression; now by default. */
  at?: string;
}

interface Grant {
  recipientId?: string | null;
  duration?: 'STANDING' | 'GAME' | 'UNTIL';
  gameId?: string | null;
  until?: Date | null;
  policyOrdinal?: number;
}

/** What an act that only takes away does not name. */
const TAKEN = { scopes: [], recipientId: null, policyOrdinal: null } as const;

export function askRule(orm: MikroORM) {
  const sealer = createSealer(DEVELOPMENT_MASTER_KEY);
  let count = 0;
  let clock: string | null = null;
  /** One transaction, at the instant that was travelled to. */
  const within = <T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T> =>
    orm.em.fork().transactional(async (em) => {
      if (clock) await em.execute(`select set_config('tightrope.now', '${clock}', true)`);
      return work(em);
    });
  const execute = <T extends object>(statement: string) => within((em) => em.execute<T[]>(statement));
  const insert = async (statement: string): Promise<string> => (await execute<{ id: string }>(statement))[0]!.id;
  return {
    fan: () => insert(`insert into fan (subject) values ('fan-${++count}') returning id`),
    partner: () => insert(`insert into partner (code, name) values ('p-${++count}', 'P') returning id`),
    /** From here on everything happens at that instant; null: now. */
    travelTo: (at: Date | null) => {
      clock = at?.toISOString() ?? null;
    },
    /** Starts now, LIVE. */
    game: async () => {
      count += 1;
      const venue = await insert(
        `insert into venue (code, name, city, time_zone) values ('v-${count}', 'V', 'C', 'UTC') returning id`,
      );
      return insert(`insert into game (venue_id, starts_at, status) values (${venue}, app_now(), 'LIVE') returning id`);
    },
    policy: (ordinal: number, material: boolean, effectiveAt = 'app_now()') =>
      insert(`insert into policy (version, ordinal, effective_at, material_change, language, text, sha256)
        values ('v${ordinal}', ${ordinal}, ${effectiveAt}, ${material}, 'en', 'text', '') returning id`),
    sql: (statement: string) => execute<Record<string, unknown>>(statement),
    grant: (fanId: string, scopes: ConsentScope[], grant: Grant = {}) =>
      within(async (em) => {
        const act = {
          fanId,
          scopes,
          recipientId: grant.recipientId ?? null,
          duration: grant.duration ?? 'STANDING',
          gameId: grant.gameId ?? null,
          until: grant.until ?? null,
          policyOrdinal: grant.policyOrdinal ?? 1,
        };
        return (await grantScopes(em, act, await sealer)).grants;
      }),
    /** Takes effect now: a withdrawal commits by itself, and no transaction can make it travel. */
    withdraw: async (fanId: string, scopes: ConsentScope[], recipientId: string | null = null, erase = false) =>
      (await withdrawScopes(orm.em.fork(), { fanId, scopes, recipientId, erase }, await sealer)).keys,
    /** When consent resumes; null where there was nothing to sit out. */
    pause: async (fanId: string, gameId: string) => {
      const row = await within(async (em) => {
        const sealed = await (await sealer).seal(em, { ...TAKEN, action: 'PAUSED', fanId, gameId });
        const [paused] = await em.execute<{ at: Date | null }[]>(
          sql`select consent_pause_game(${sealed.actId}, ${fanId}, ${gameId}, ${sealedArguments(sealed)}) as at`,
        );
        return paused!;
      });
      return row.at && new Date(row.at);
    },
    veto: (fanId: string) =>
      within(async (em) => {
        const sealed = await (await sealer).seal(em, { ...TAKEN, action: 'VETOED', fanId, gameId: null });
        const [row] = await em.execute<{ first: boolean }[]>(
          sql`select consent_veto_partners(${sealed.actId}, ${fanId}, ${sealedArguments(sealed)}) as first`,
        );
        return row!.first;
      }),
    decide: async (fanId: string, { recipientId = null, gameId = null, at = 'app_now()' }: Question = {}) => {
      const [row] = await execute<{ mask: number; lineages: string[]; valid_until: Date | null }>(
        `select mask, lineages::text[] as lineages, valid_until from consent_mask(
          array[${fanId}::bigint], ${recipientId ?? 'null'}, ${gameId ?? 'null'}, ${at})`,
      );
      return Object.assign(new Decision(row!.mask, row!.lineages), {
        validUntil: row!.valid_until && new Date(row!.valid_until),
      });
    },
  };
}
