/** Starts the server and stops it; nothing else. */
import closeWithGrace from 'close-with-grace';
import { type App, createApp } from './app.ts';
import { failPlainly } from './cli/fail.ts';
import { type Config, readConfig } from './config.ts';
import { openDatabase } from './db/database.ts';
import { createLog } from './log.ts';
import { sowDemo } from './seed/demo.ts';
import { listen } from './server.ts';
import { greet } from './web/greeting.ts';
import { warnOfStaleNotice } from './web/stale-notice.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Ctrl-C comes twice within this, from the terminal and passed on by npm, and is one. */
const SAME_MS = 500;
/** For what is asked beyond the drain, and then for letting go of everything. */
const STOPPED_MS = 30_000;
const HURRIED_MS = 2_000;

try {
  const config = readConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const starting = start(config, log);
  let stopping: Promise<void> | undefined;
  const delay = config.DRAIN_SECONDS * 1_000 + STOPPED_MS;
  const { close } = closeWithGrace({ delay, logger: false, skip: [...SIGNALS] }, ({ err }) => {
    if (err) log.fatal({ err }, 'the server stops on an error');
    // Whoever ends it while it starts does not leave the database running behind it.
    stopping ??= starting.then((running) => running.stop(err !== undefined));
    return stopping;
  });
  let asked: number | null = null;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      asked ??= performance.now();
      if (performance.now() - asked < SAME_MS) return void close();
      log.warn('told to stop again: the server stops without waiting for anybody');
      setTimeout(() => process.exit(1), HURRIED_MS);
      void starting.then((running) => running.hurry());
    });
  }
  await starting;
} catch (error) {
  failPlainly(error);
}

interface Started {
  stop(inHurry: boolean): Promise<void>;
  hurry(): void;
}

async function start(config: Config, log: ReturnType<typeof createLog>): Promise<Started> {
  const database = await openDatabase(config);
  try {
    const app = await createApp({ config, databaseUrl: database.url, log });
    try {
      const withDemo = config.DEMO && !config.production;
      if (withDemo) await sowDemo(app.services);
      await warnOfStaleNotice(app, log);
      const url = await listen(app.server, config);
      await greet({ url, databaseUrl: database.url, withDemo });
      return stopper(app, database);
    } catch (error) {
      await app.close();
      throw error;
    }
  } catch (error) {
    await database.release();
    throw error;
  }
}

function stopper(app: App, database: { release(): Promise<void> }): Started {
  return {
    stop: async (inHurry) => {
      if (inHurry) app.hurry();
      await app.close();
      await database.release();
    },
    hurry: () => app.hurry(),
  };
}
