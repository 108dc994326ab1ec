/** The command line of `npm run bench`: which benchmark, and how short. */
import { parseArgs } from 'node:util';
import type { Options } from './benchmark.ts';

export interface Command {
  readonly name: string | undefined;
  readonly json: boolean;
  readonly write: boolean;
  readonly options: Options;
}

const COUNTS: readonly string[] = ['sockets', 'rounds', 'events', 'fans', 'seconds'];

/** @throws TypeError for an option that does not exist, RangeError for a number that is none. */
export function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      sockets: { type: 'string' },
      rounds: { type: 'string' },
      events: { type: 'string' },
      fans: { type: 'string' },
      seconds: { type: 'string' },
      peers: { type: 'string' },
    },
  });
  const counts = Object.entries(values).flatMap(([name, value]) =>
    COUNTS.includes(name) ? [[name, count(name, value)]] : [],
  );
  const options: Options = {
    ...Object.fromEntries(counts),
    ...(values.peers === undefined ? {} : { peers: values.peers.split(',').filter(Boolean) }),
    profile: values.profile,
  };
  return { name: positionals[0], json: values.json, write: values.write, options };
}

function count(name: string, value: string | boolean | undefined): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name} takes a whole number from 1.`);
  return number;
}
