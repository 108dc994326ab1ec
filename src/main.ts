/** Starts the server and stops it; nothing else. */
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { failPlainly } from './cli/fail.ts';
import { readConfig } from './config.ts';
import { openDatabase } from './db/database.ts';
import { createLog } from './log.ts';
import { sowDemo } from './seed/demo.ts';
import { listen } from './server.ts';
import { greet } from './web/greeting.ts';
import { warnOfStaleNotice } from './web/stale-notice.ts';

try {
  const config = readConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const database = await openDatabase(config);
  const app = await createApp({ config, databaseUrl: database.url, log });
  closeWithGrace({ delay: 10_000, logger: false }, async ({ err }) => {
    if (err) log.fatal({ err }, 'the server stops on an error');
    await app.close();
    await database.release();
  });
  try {
    const withDemo = config.DEMO && !config.production;
    if (withDemo) await sowDemo(app.services);
    await warnOfStaleNotice(app, log);
    const url = await listen(app.server, config);
    await greet({ url, databaseUrl: database.url, withDemo });
  } catch (error) {
    await app.close();
    await database.release();
    throw error;
  }
} catch (error) {
  failPlainly(error);
}
