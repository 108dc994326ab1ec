/** The whole application, over PostgreSQL: tokens, leases, consent, second look. */
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { createLog } from '../../../src/log.ts';
import { listen } from '../../../src/server.ts';
import { BENCHMARK_SETTINGS, type StartServer } from './server.ts';

export const start: StartServer = async () => {
  const config = readConfig(BENCHMARK_SETTINGS);
  const app = await createApp({ config, databaseUrl: process.env.DATABASE_URL!, log: createLog(config.LOG_LEVEL) });
  return Number(new URL(await listen(app.server, config)).port);
};
