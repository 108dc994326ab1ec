/** The rule of consent asked directly, at any instant: fans, games and policies made for one question. */
import type { MikroORM } from '@mikro-orm/postgresql';
import { DEVELOPMENT_MASTER_KEY } from '../../src/config.ts';
import { Decision } from '../../src/consent/decision.ts';
import { grantScopes, withdrawScopes } from '../../src/consent/grants.service.ts';
import { createSealer } from '../../src/consent/ledger/index.ts';
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

export function askRule(orm: MikroORM) {
  const em = () => orm.em.fork();
  const sealer = createSealer(DEVELOPMENT_MASTER_KEY);
  let count = 0;
  const insert = async (statement: string): Promise<string> => {
    const [row] = await em().execute<{ id: string }[]>(statement);
    return row!.id;
  };
  return {
    fan: () => insert(`insert into fan (subject) values ('fan-${++count}') returning id`),
    partner: () => insert(`insert into partner (code, name) values ('p-${++count}', 'P') returning id`),
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
    sql: (statement: string) => em().execute(statement),
    grant: (fanId: string, scopes: ConsentScope[], grant: Grant = {}) =>
      em().transactional(async (tx) => {
        const act = {
          fanId,
          scopes,
          recipientId: grant.recipientId ?? null,
          duration: grant.duration ?? 'STANDING',
          gameId: grant.gameId ?? null,
          until: grant.until ?? null,
          policyOrdinal: grant.policyOrdinal ?? 1,
        };
        return (await grantScopes(tx, act, await sealer)).grants;
      }),
    withdraw: async (fanId: string, scopes: ConsentScope[], recipientId: string | null = null, erase = false) =>
      (await withdrawScopes(em(), { fanId, scopes, recipientId, erase }, await sealer)).withdrawn,
    decide: async (fanId: string, { recipientId = null, gameId = null, at = 'app_now()' }: Question = {}) => {
      const [row] = await em().execute<{ mask: number; lineages: string[]; valid_until: Date | null }[]>(
        `select mask, lineages::text[] as lineages, valid_until from consent_mask(
          array[${fanId}::bigint], ${recipientId ?? 'null'}, ${gameId ?? 'null'}, ${at})`,
      );
      return Object.assign(new Decision(row!.mask, row!.lineages), { validUntil: row!.valid_until });
    },
  };
}
