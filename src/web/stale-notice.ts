/** Tells the operator, at the start, that what this software collects is not what was published. The page says so too. */
import type { MikroORM } from '@mikro-orm/postgresql';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { findPolicyHistory } from '../consent/index.ts';
import { saysWhatIsCollected } from '../consent/notice.ts';

export async function warnOfStaleNotice(app: { orm: MikroORM; schema: GraphQLSchema }, log: Logger): Promise<void> {
  const history = await findPolicyHistory(app.orm.em.fork()).catch(() => []);
  const current = history.find(({ standing }) => standing === 'CURRENT')?.policy;
  if (!current || saysWhatIsCollected(current.text, app.schema)) return;
  log.warn(
    { version: current.version },
    'the published policy does not say what this software collects: publish a new version of it',
  );
}
