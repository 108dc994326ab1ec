/** Partners are made by the operator. @throws ConflictError for a code in use. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { ConflictError } from '../errors.ts';
import { read } from '../input.ts';

const NewPartner = z.object({
  code: z.string().regex(/^[\w-]{1,40}$/, 'must have 1 to 40 letters, digits, - or _'),
  name: z.string().trim().min(1).max(200),
});

export async function createPartner(em: SqlEntityManager, input: unknown): Promise<void> {
  const { code, name } = read(NewPartner, input);
  const rows = await em.execute(
    sql`insert into partner (code, name) values (${code}, ${name}) on conflict do nothing returning id`,
  );
  if (rows.length === 0) throw new ConflictError('INVALID_STATE', 'A partner of that code is there already.');
}

/** The key of the partner of that code; made where it is not there yet, under its code as its name. */
export async function openPartner(em: SqlEntityManager, code: string): Promise<string> {
  const partner = read(NewPartner, { code, name: code });
  await em.execute(
    sql`insert into partner (code, name) values (${partner.code}, ${partner.name}) on conflict do nothing`,
  );
  const [row] = await em.execute<{ id: string }[]>(sql`select id from partner where code = ${code}`);
  return row!.id;
}
