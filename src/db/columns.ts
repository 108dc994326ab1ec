/**
 * The columns that every table shares. Keys are bigint identities, written as decimal strings in TypeScript so that
 * none is ever rounded; times are `timestamptz`, and default to the rule clock `app_now()`.
 */
import { p } from '@mikro-orm/core';

export const id = () => p.bigint('string').primary();
export const instant = () => p.datetime(6);
export const createdAt = () => p.datetime(6).defaultRaw('app_now()');
