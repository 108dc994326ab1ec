/** What every command of the operator is made of. */
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { type ArgsDef, defineCommand, type ParsedArgs } from 'citty';
import type { Config } from '../config.ts';
import { withDatabase } from './with-database.ts';

export const text = (description: string) => ({ type: 'string', description, required: true }) as const;
export const optional = (description: string) => ({ type: 'string', description }) as const;
export const code = text('its code');
export const name = text('its name');

/** A command that says what it has done. One that takes consent away says so when it has taken effect on every node. */
export const command = <const A extends ArgsDef>(
  description: string,
  args: A,
  work: (em: SqlEntityManager, args: ParsedArgs<A>, config: Config) => Promise<string>,
) =>
  defineCommand({
    meta: { description },
    args,
    run: ({ args: given }) =>
      withDatabase(async (em, config) => console.log(await work(em, given as ParsedArgs<A>, config))),
  });
