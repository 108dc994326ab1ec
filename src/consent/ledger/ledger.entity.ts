/**
 * The ledger's tables. `ledger_entry`, `ledger_leaf`, `ledger_node` and `ledger_head` are append-only: triggers refuse
 * UPDATE, DELETE and TRUNCATE. What opens an entry lies outside, in `ledger_opening` and `fan_key`, and may be erased.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { createdAt, id } from '../../db/columns.ts';

/** Says nothing by itself: neither whose it is nor of which act. */
export const LedgerEntry = defineEntity({
  name: 'LedgerEntry',
  tableName: 'ledger_entry',
  properties: {
    id: id(),
    ciphertext: p.blob(),
    leaf: p.blob().unique(),
  },
});

/** What leads to an entry and opens it. Gone with the fan's erasure. */
export const LedgerOpening = defineEntity({
  name: 'LedgerOpening',
  tableName: 'ledger_opening',
  indexes: [{ properties: ['fanId', 'entryId'] }],
  properties: {
    entryId: p.bigint('string').primary().autoincrement(false),
    actId: p.uuid().unique(),
    fanId: p.bigint('string'),
    salt: p.blob(),
  },
});

/** A fan's data key, wrapped by MASTER_KEY. Gone with the fan's erasure. */
export const FanKey = defineEntity({
  name: 'FanKey',
  tableName: 'fan_key',
  properties: { fanId: p.bigint('string').primary().autoincrement(false), wrapped: p.blob() },
});

/** Committed, not yet in the tree. The sequencer takes a row out in the commit that puts its leaf in. */
export const LedgerPending = defineEntity({
  name: 'LedgerPending',
  tableName: 'ledger_pending',
  properties: { entryId: p.bigint('string').primary().autoincrement(false) },
});

/** Which place in the tree an entry has. */
export const LedgerLeaf = defineEntity({
  name: 'LedgerLeaf',
  tableName: 'ledger_leaf',
  properties: {
    index: p.bigint('string').primary().autoincrement(false),
    entryId: p.bigint('string').unique(),
  },
});

/** The perfect subtrees: level 0 holds the leaf hashes. */
export const LedgerNode = defineEntity({
  name: 'LedgerNode',
  tableName: 'ledger_node',
  properties: {
    level: p.smallint().primary().autoincrement(false),
    index: p.bigint('string').primary().autoincrement(false),
    hash: p.blob(),
  },
});

/** Every head that was ever signed. */
export const LedgerHead = defineEntity({
  name: 'LedgerHead',
  tableName: 'ledger_head',
  properties: {
    size: p.bigint('string').primary().autoincrement(false),
    jws: p.text(),
    at: createdAt(),
  },
});
export type LedgerHead = InferEntity<typeof LedgerHead>;
