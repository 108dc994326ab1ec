/** Ages of consent are data: the database derives from them who is a minor, and until when. */
import { type SqlEntityManager, sql } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { read } from '../input.ts';

const AgeOfConsent = z.object({
  jurisdiction: z.string().regex(/^(\*|[A-Z]{2}(-[A-Z0-9]{1,3})?)$/, 'must be an ISO 3166 code, or * for the others'),
  years: z.coerce.number().int().min(0).max(21),
  source: z.string().trim().min(1).max(300),
});

/** One commit; who becomes a minor by it is one from then on, and what they shared with partners ends. */
export async function setAgeOfConsent(em: SqlEntityManager, input: z.input<typeof AgeOfConsent>): Promise<number> {
  const { jurisdiction, years, source } = read(AgeOfConsent, input);
  await em.execute(sql`select set_age_of_consent(${jurisdiction}, ${years}::int, ${source})`);
  return years;
}

/** Whether somebody born in that year may be below the age of consent. No birth year declares adulthood. */
export async function isMinor(
  em: SqlEntityManager,
  birthYear: number | null,
  jurisdiction: string | null,
): Promise<boolean> {
  const [row] = await em.execute<{ minor: boolean | null }[]>(
    sql`select minor_until(${birthYear}::int, ${jurisdiction}::text) > app_now() as minor`,
  );
  return row!.minor ?? false;
}
