/** A fan's acts, scope by scope, the latest first; the receipts of a page are found together, when they are asked for. */
import type { DefaultConnectionArguments } from '@pothos/plugin-relay';
import DataLoader from 'dataloader';
import type { Context } from '../../context.ts';
import { type Connection, connect } from '../../graphql/connection.ts';
import { ConsentEvent } from '../grant.entity.ts';
import type { Receipt } from './index.ts';

export interface HistoryEntry extends ConsentEvent {
  /** Null where the act is older than the ledger. */
  findReceipt(): Promise<Receipt | null>;
}

export async function connectHistory(
  context: Context,
  fanId: string,
  args: DefaultConnectionArguments,
): Promise<Connection<HistoryEntry>> {
  const page = await connect<ConsentEvent>(context, args, {
    entity: ConsentEvent,
    table: 'consent_event',
    where: { fanId },
    order: ['id'],
    direction: 'desc',
  });
  const withReceipts = receiptsFor(context, fanId);
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: withReceipts(node) })) };
}

/** Null unless it is the viewer's own. */
export async function findHistoryEntry(context: Context, key: string): Promise<HistoryEntry | null> {
  const { em, viewer } = context;
  if (viewer.role !== 'FAN' || !viewer.fanId) return null;
  const event = await em.findOne(ConsentEvent, { id: key, fanId: viewer.fanId });
  return event && receiptsFor(context, viewer.fanId)(event);
}

function receiptsFor({ em, ledger }: Context, fanId: string): (event: ConsentEvent) => HistoryEntry {
  const receipts = new DataLoader<string, Receipt | null>(async (actIds) => {
    const found = await ledger.findReceipts(em, fanId, actIds);
    return actIds.map((actId) => found.get(actId) ?? null);
  });
  return (event) => ({ ...event, findReceipt: () => receipts.load(event.actId) });
}
