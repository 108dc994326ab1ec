/** The whole application, over PostgreSQL: tokens, leases, consent, second look. */
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { createLog } from '../../../src/log.ts';
import { listen } from '../../../src/server.ts';
import type { StartServer } from './server.ts';

export const start: StartServer = async () => {
  const config = readConfig({ NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error' });
  const app = await createApp({ config, databaseUrl: process.env.DATABASE_URL!, log: createLog(config.LOG_LEVEL) });
  return Number(new URL(await listen(app.server, config)).port);
};
