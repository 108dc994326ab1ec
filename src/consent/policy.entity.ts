/** A published, versioned notice. A grant names the version it was given under; published rows are never altered. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id, instant } from '../db/columns.ts';

export const Policy = defineEntity({
  name: 'Policy',
  tableName: 'policy',
  properties: {
    id: id(),
    version: p.text().unique(),
    /** Publication order. A later policy with `materialChange` invalidates grants under earlier ones. */
    ordinal: p.integer().unique(),
    effectiveAt: instant(),
    materialChange: p.boolean(),
    language: p.text(),
    text: p.text(),
    /** SHA-256 of `text` in UTF-8, hexadecimal. */
    sha256: p.text(),
    publishedAt: createdAt(),
  },
});
export type Policy = InferEntity<typeof Policy>;
