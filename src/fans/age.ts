/**
 * The age below which a guardian consents, as data: the defaults of the GDPR's Article 8 and the age that member states
 * and others have set instead (ISO 3166-1 alpha-2). Where only a birth year is known, the youngest age that it allows
 * counts.
 */
const DEFAULT_AGE = 16;

const AGE_OF_CONSENT: Readonly<Record<string, number>> = {
  AT: 14,
  BE: 13,
  BG: 14,
  CY: 14,
  CZ: 15,
  DK: 15,
  EE: 13,
  ES: 14,
  FI: 13,
  FR: 15,
  GB: 13,
  GR: 15,
  IT: 14,
  LT: 14,
  LV: 13,
  MT: 13,
  NO: 13,
  PT: 13,
  SE: 13,
  US: 13,
};

/** Whether somebody born in that year may be below the age of consent. No birth year declares adulthood. */
export function needsGuardian(birthYear: number | null, jurisdiction: string | null, thisYear: number): boolean {
  if (birthYear === null) return false;
  return thisYear - birthYear - 1 < (AGE_OF_CONSENT[jurisdiction ?? ''] ?? DEFAULT_AGE);
}
