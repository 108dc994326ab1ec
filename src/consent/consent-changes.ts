/**
 * A fan's own changes of consent, live: each act that granted or ended something, on every device of that fan. They
 * are the fan's own right, so no scope gates them; the topic is that of the fan whom the token names, and the fields
 * answer nobody else. A grant that another has replaced meanwhile is told by that one.
 */
import { sql } from '@mikro-orm/postgresql';
import type { Context } from '../context.ts';
import type { StreamGap, StreamPosition } from '../graphql/stream.ts';
import { requireFan } from '../identity/roles.ts';
import { fanTopic, type StreamItem } from '../live/index.ts';
import { MappedStream } from '../live/mapped-stream.ts';
import type { StreamEvent } from '../live/stream-event.ts';
import { findGrants, type GrantRow } from './grants.service.ts';

export interface ConsentChanged extends StreamEvent {
  readonly kind: 'CONSENT_CHANGED';
  readonly fanId: string;
  /** As it stood when the event was taken up. */
  readonly grant: GrantRow;
  readonly at: Date;
}
export type ConsentChangeEvent = ConsentChanged | StreamGap | StreamPosition;

/** @throws AccessError for all but enrolled fans, InputError for a cursor of something else. */
export async function openConsentChanges(
  context: Context,
  after: string | null,
): Promise<AsyncIterableIterator<ConsentChangeEvent>> {
  const { fanId } = requireFan(context.viewer);
  const { live, orm } = context;
  const topic = fanTopic(fanId);

  const toEvent = async (item: StreamItem): Promise<ConsentChangeEvent | null> => {
    const cursor = live.cursors.seal(topic, item.position);
    if (item.kind === 'POSITION') return { kind: item.kind, cursor, gate: null };
    // The whole record is the fan's own: `consentHistory`.
    if (item.kind === 'GAP') return { kind: item.kind, cursor, gate: null, findMissed: null };
    const { eventId, grantId } = item.event.payload as { eventId: string; grantId: string };
    const em = orm.em.fork();
    const [act] = await em.execute<{ at: Date }[]>(
      sql`select at from consent_event where id = ${eventId} and fan_id = ${fanId}`,
    );
    const [grant] = await findGrants(em, fanId, [grantId]);
    return act && grant ? { kind: 'CONSENT_CHANGED', cursor, gate: null, fanId, grant, at: new Date(act.at) } : null;
  };
  return new MappedStream(await live.open(topic, after), toEvent);
}
