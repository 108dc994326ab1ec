/** The offers that a fan was announced, the latest first. A partner to whom the fan shows them sees its own alone. */
import { raw } from '@mikro-orm/core';
import type { DefaultConnectionArguments } from '@pothos/plugin-relay';
import type { Context } from '../context.ts';
import { type Connection, connect } from '../graphql/connection.ts';
import { Delivery } from './announcement.entity.ts';

/** @throws InputError for a page or a cursor that is none. */
export function connectOffers(
  context: Context,
  fanId: string,
  gameId: string | null,
  args: DefaultConnectionArguments,
): Promise<Connection<Delivery>> {
  const { viewer } = context;
  const narrowed = [
    ...(gameId ? [raw('n.announcement_id in (select id from announcement where game_id = ?)', [gameId])] : []),
    ...(viewer.role === 'PARTNER' ? [raw(`n.offer_id in (${OFFERS_OF_PARTNER})`, [viewer.partnerId])] : []),
  ];
  return connect<Delivery>(context, args, {
    entity: Delivery,
    table: 'delivery',
    where: { fanId, ...Object.fromEntries(narrowed.map((condition) => [condition as never, []])) } as never,
    order: ['id'],
    direction: 'desc',
  });
}

/** Null where the viewer is a partner and the offer is not its own. */
export async function findDelivery({ em, viewer, loaders }: Context, key: string): Promise<Delivery | null> {
  const delivery = await em.findOne(Delivery, { id: key });
  if (!delivery || viewer.role !== 'PARTNER') return delivery;
  const offer = await loaders.offer.load(delivery.offerId);
  const campaign = offer && (await loaders.campaign.load(offer.campaignId));
  return campaign?.partnerId === viewer.partnerId ? delivery : null;
}

const OFFERS_OF_PARTNER = `
  select o.id from offer o join campaign c on c.id = o.campaign_id where c.partner_id = ?`;
