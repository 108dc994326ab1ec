/** A node that does nothing but sequence the database it is given, until it is killed. */
import { DEVELOPMENT_MASTER_KEY } from '../../src/config.ts';
import { Ledger } from '../../src/consent/ledger/index.ts';
import { connectOrm } from '../../src/db/orm.ts';
import { createLog } from '../../src/log.ts';

await Ledger.start(await connectOrm(process.argv[2]!), DEVELOPMENT_MASTER_KEY, createLog('silent'));
