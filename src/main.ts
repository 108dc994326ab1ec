/** Starts the server and stops it; nothing else. */
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { failPlainly } from './cli/fail.ts';
import { type Config, readConfig } from './config.ts';
import { openDatabase } from './db/database.ts';
import { createLog } from './log.ts';
import { sowDemo } from './seed/demo.ts';
import { listen } from './server.ts';
import { greet } from './web/greeting.ts';
import { warnOfStaleNotice } from './web/stale-notice.ts';

/** Ctrl-C may come twice, from the terminal and passed on by npm: the second must not cut the stop short. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

try {
  const config = readConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const starting = start(config, log);
  let stopping: Promise<void> | undefined;
  const { close } = closeWithGrace({ delay: 10_000, logger: false, skip: [...SIGNALS] }, ({ err }) => {
    if (err) log.fatal({ err }, 'the server stops on an error');
    // Whoever ends it while it starts does not leave the database running behind it.
    stopping ??= starting.then((stop) => stop());
    return stopping;
  });
  for (const signal of SIGNALS) process.on(signal, close);
  await starting;
} catch (error) {
  failPlainly(error);
}

/** What it returns stops it again. */
async function start(config: Config, log: ReturnType<typeof createLog>): Promise<() => Promise<void>> {
  const database = await openDatabase(config);
  try {
    const app = await createApp({ config, databaseUrl: database.url, log });
    const stop = async () => {
      await app.close();
      await database.release();
    };
    try {
      const withDemo = config.DEMO && !config.production;
      if (withDemo) await sowDemo(app.services);
      await warnOfStaleNotice(app, log);
      const url = await listen(app.server, config);
      await greet({ url, databaseUrl: database.url, withDemo });
      return stop;
    } catch (error) {
      await app.close();
      throw error;
    }
  } catch (error) {
    await database.release();
    throw error;
  }
}
