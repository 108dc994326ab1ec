/** Prints one development token and nothing else on standard output. */
import { defineCommand, runMain } from 'citty';
import { readConfig } from '../config.ts';
import { AccessError, InputError } from '../errors.ts';
import { issueDevelopmentToken } from '../identity/development-issuer.ts';
import { ROLES, type Role } from '../identity/viewer.ts';
import { failPlainly } from './fail.ts';

const command = defineCommand({
  meta: { name: 'token', description: 'Print a development token.' },
  args: {
    role: { type: 'string', required: true, description: 'FAN, PARTNER, STAFF or DEVICE' },
    sub: { type: 'string', required: true, description: "a fan's subject, a partner's code, a sensor's id" },
    'expires-in': { type: 'string', default: '12h', description: 'a span, such as 5m or 12h' },
  },
  async run({ args }) {
    try {
      const { production, JWKS_URL } = readConfig(process.env);
      if (production || JWKS_URL)
        throw new AccessError('FORBIDDEN', 'Tokens come from your own issuer, not from here.');
      console.log(await issueDevelopmentToken(readRole(args.role), args.sub, args['expires-in']));
    } catch (error) {
      failPlainly(error instanceof TypeError ? new InputError(`--expires-in: ${error.message}`) : error);
    }
  },
});

function readRole(role: string): Exclude<Role, 'ANONYMOUS'> {
  if (role !== 'ANONYMOUS' && (ROLES as readonly string[]).includes(role)) return role as Exclude<Role, 'ANONYMOUS'>;
  throw new InputError('--role must be FAN, PARTNER, STAFF or DEVICE.');
}

await runMain(command);
