/** A sponsor or vendor: a recipient of data, which fans name one by one. Its code is the `sub` of its tokens. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id } from '../db/columns.ts';

export const Partner = defineEntity({
  name: 'Partner',
  tableName: 'partner',
  properties: { id: id(), code: p.text().unique(), name: p.text(), createdAt: createdAt() },
});
export type Partner = InferEntity<typeof Partner>;
