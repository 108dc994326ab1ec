/** The environment, parsed once. Every mistake is reported at once, in one message, before anything starts. */
import { z } from 'zod';

/** For development only; a server that runs with NODE_ENV=production refuses it. */
export const DEVELOPMENT_MASTER_KEY = 'tightrope-development-master-key-0000000000';

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((value) => value === 'true');
const list = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  );
/** As browsers write them: lower case, no path, no slash at the end. Not `null`, which any page can be in a sandbox. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]+)?$/;
const origins = list.refine(
  (items) => items.every((item) => ORIGIN.test(item)),
  'must be origins, such as https://club.example or http://localhost:3000, separated by commas',
);
const count = (fallback: number, least = 1) =>
  z.coerce.number({ error: 'must be a number' }).int().min(least).default(fallback);
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });

const Environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: z.coerce.number({ error: 'must be a number' }).int().min(0).max(65_535).default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('.data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
  JWKS_URL: httpUrl.optional(),
  JWT_ISSUER: z.string().min(1).optional(),
  JWT_AUDIENCE: z.string().min(1).optional(),
  MASTER_KEY: z.string().min(32, 'must have at least 32 characters').default(DEVELOPMENT_MASTER_KEY),
  LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  /** Over how many seconds a node that is told to stop closes its sockets. */
  DRAIN_SECONDS: z.coerce.number({ error: 'must be a number' }).min(0).max(600).default(5),
  /** After so many seconds PostgreSQL ends a transaction of this server: one writer must not stall all streams. 0: never. */
  TRANSACTION_SECONDS: z.coerce.number({ error: 'must be a number' }).int().min(0).max(3_600).default(30),
  /** Points of cost that one caller may spend in a minute, by role; without a token a caller is a network address. */
  COST_PER_MINUTE_ANONYMOUS: count(600_000),
  COST_PER_MINUTE_FAN: count(120_000),
  COST_PER_MINUTE_PARTNER: count(600_000),
  COST_PER_MINUTE_STAFF: count(600_000),
  COST_PER_MINUTE_DEVICE: count(1_200_000),
  /** Sockets and event streams that one caller may hold open on this node. */
  CONNECTIONS_PER_VIEWER: count(10),
  /** Operations of one caller that run at once on this node; further ones wait. */
  OPERATIONS_PER_VIEWER: count(8),
  /** How many proxies of one's own stand before this server: so many addresses of X-Forwarded-For are believed. */
  TRUSTED_PROXIES: count(0, 0),
  /** Origins that browsers may call from, separated by commas. None: same origin only. */
  ALLOWED_ORIGINS: origins,
  GRAPHIQL: flag(true),
  INTROSPECTION: flag(true),
  DEMO: flag(true),
});

/** What depends on more than one setting; said even where a setting is bad by itself. */
function readTogether(env: Record<string, string | undefined>): { path: string[]; message: string }[] {
  const issues: { path: string[]; message: string }[] = [];
  const refuse = (name: string, message: string) => issues.push({ path: [name], message });
  const issuer = [env.JWKS_URL, env.JWT_ISSUER, env.JWT_AUDIENCE].filter(Boolean).length;
  if (issuer !== 0 && issuer !== 3)
    refuse('JWKS_URL', 'is set together with JWT_ISSUER and JWT_AUDIENCE, or not at all');
  if (env.NODE_ENV !== 'production') return issues;
  if (!env.JWKS_URL)
    refuse('JWKS_URL', 'is required with NODE_ENV=production: the development issuer is refused there');
  if ((env.MASTER_KEY ?? DEVELOPMENT_MASTER_KEY) === DEVELOPMENT_MASTER_KEY)
    refuse('MASTER_KEY', 'must be your own with NODE_ENV=production');
  return issues;
}

export interface Config extends z.infer<typeof Environment> {
  readonly production: boolean;
}

/** Bad settings, one line each. */
export class ConfigError extends Error {}

/** @throws ConfigError that names every bad setting. An empty variable counts as unset. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(set);
  const issues = [...(parsed.error?.issues ?? []), ...readTogether(set)];
  if (parsed.success && issues.length === 0)
    return { ...parsed.data, production: parsed.data.NODE_ENV === 'production' };
  const lines = issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`The settings cannot be used:\n${lines.join('\n')}`);
}
