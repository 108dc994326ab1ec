/** A contestant's server process: `node main.ts NAME SOURCE`. */
import { serveParent } from '../../process/serve.ts';
import { openSource, type SourceName } from '../sources.ts';
import type { StartServer } from './server.ts';

const SERVERS: Readonly<Record<string, () => Promise<{ start: StartServer }>>> = {
  null: () => import('./null.ts'),
  ours: () => import('./ours.ts'),
  application: () => import('./application.ts'),
  mercurius: () => import('./mercurius.ts'),
  yoga: () => import('./yoga.ts'),
  apollo: () => import('./apollo.ts'),
};

const [name, source] = process.argv.slice(2) as [string, SourceName];
const { start } = await SERVERS[name]!();

serveParent({ listen: () => start(openSource(source)) });
