/**
 * What would change if a fan granted and withdrew these scopes, before they do. The rule itself judges it: SQL makes
 * the change, looks, and takes it back in one call. Nothing is changed, recorded or told.
 */
import { sql } from '@mikro-orm/postgresql';
import type { Context } from '../context.ts';
import { arrayOf } from '../db/sql.ts';
import { InputError, NotFoundError } from '../errors.ts';
import { findLiveAnnouncements, type Offer } from '../offers/index.ts';
import { findCurrentPolicy } from './policy.service.ts';
import { bitOf, CONSENT_SCOPES, type ConsentScope } from './scopes.ts';

export interface PreviewConsent {
  grant: readonly ConsentScope[];
  withdraw: readonly ConsentScope[];
  /** Null: the operator. */
  recipientId: string | null;
  /** Null: the game where the fan is, if they are at one. */
  gameId: string | null;
}

/** The offers are those that are being announced at that game. */
export interface Preview {
  scopesGained: ConsentScope[];
  scopesLost: ConsentScope[];
  offersGained: Offer[];
  offersLost: Offer[];
}

interface PreviewRow {
  mask_before: number;
  mask_after: number;
  reached_before: string[];
  reached_after: string[];
}

/** @throws InputError for a scope in both lists, NotFoundError for the recipient or game. */
export async function previewConsent(context: Context, fanId: string, input: PreviewConsent): Promise<Preview> {
  const { em, loaders } = context;
  const both = input.grant.find((scope) => input.withdraw.includes(scope));
  if (both) throw new InputError(`${both} cannot be granted and withdrawn at once.`, 'input.withdraw');
  if (input.recipientId && !(await loaders.partner.load(input.recipientId))) throw new NotFoundError('The recipient');
  if (input.gameId && !(await loaders.game.load(input.gameId))) throw new NotFoundError('The game');

  const gameId = input.gameId ?? (await findGameOf(context, fanId));
  const announcements = gameId ? await findLiveAnnouncements(context, gameId) : [];
  const policy = await findCurrentPolicy(em);
  const [row] = await em.execute<PreviewRow[]>(sql`
    select mask_before, mask_after, reached_before::text[] as reached_before, reached_after::text[] as reached_after
    from consent_preview(${fanId}::bigint, ${arrayOf([...new Set(input.grant)])}::text[],
      ${arrayOf([...new Set(input.withdraw)])}::text[], ${input.recipientId}::bigint, ${gameId}::bigint,
      ${policy.ordinal}::int, ${arrayOf(announcements.map(({ id }) => id))}::bigint[])`);
  const { mask_before: before, mask_after: after, reached_before: reached, reached_after: reaches } = row!;
  const offers = async (told: readonly string[], but: readonly string[]) => {
    const offerOf = new Map(announcements.map(({ id, offerId }) => [id, offerId]));
    const kept = new Set(but.map((id) => offerOf.get(id)));
    const ids = [...new Set(told.map((id) => offerOf.get(id)!))].filter((id) => !kept.has(id));
    return (await loaders.offer.loadMany(ids)) as Offer[];
  };
  return {
    scopesGained: scopesOf(after & ~before),
    scopesLost: scopesOf(before & ~after),
    offersGained: await offers(reaches, reached),
    offersLost: await offers(reached, reaches),
  };
}

const scopesOf = (mask: number): ConsentScope[] => CONSENT_SCOPES.filter((scope) => (mask & bitOf(scope)) !== 0);

async function findGameOf({ em }: Context, fanId: string): Promise<string | null> {
  const [here] = await em.execute<{ game_id: string | null }[]>(
    sql`select max(game_id) as game_id from presence where fan_id = ${fanId}`,
  );
  return here?.game_id ?? null;
}
