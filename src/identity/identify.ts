/** From verified claims to a viewer: the keys of the fan, partner, staff member or sensor that the subject names. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { AccessError } from '../errors.ts';
import type { Claims } from './tokens.ts';
import type { Viewer } from './viewer.ts';

/** @throws AccessError FORBIDDEN when the subject is not known in that role; a fan may yet enroll. */
export async function identify(em: SqlEntityManager, claims: Claims): Promise<Viewer> {
  const subject = claims.sub;
  switch (claims.role) {
    case 'FAN': {
      const [fan] = await em.execute<{ id: string; vetoed: boolean }[]>(
        sql`select id, partners_vetoed_at is not null as vetoed from fan where subject = ${subject}`,
      );
      return { role: 'FAN', subject, fanId: fan?.id ?? null, partnersVetoed: fan?.vetoed ?? false };
    }
    case 'PARTNER': {
      const [partner] = await em.execute<{ id: string }[]>(sql`select id from partner where code = ${subject}`);
      if (!partner) throw unknownSubject('partner');
      return { role: 'PARTNER', partnerId: partner.id };
    }
    case 'STAFF': {
      const rows = await em.execute<{ venue_id: string }[]>(sql`select venue_id from staff where subject = ${subject}`);
      if (rows.length === 0) throw unknownSubject('staff member');
      return { role: 'STAFF', subject, venueIds: rows.map((row) => row.venue_id) };
    }
    case 'DEVICE': {
      const [sensor] = await em.execute<{ id: string; venue_id: string }[]>(
        sql`select id, venue_id from sensor where code = ${subject}`,
      );
      if (!sensor) throw unknownSubject('sensor');
      return { role: 'DEVICE', sensorId: sensor.id, venueId: sensor.venue_id };
    }
  }
}

const unknownSubject = (what: string) => new AccessError('FORBIDDEN', `The token's subject is no ${what} here.`);
