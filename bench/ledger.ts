/**
 * The ledger: how fast acts are sealed and appended by eight writers, how fast the sequencer puts them into the tree,
 * and how large proofs are when the log has a million entries. Against an embedded PostgreSQL of its own with its
 * default durability (every commit waits for the disk). The million leaves are put into the stored tree (`ledger_node`)
 * through the sequencer's own code; only their entries are left out.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MikroORM, sql } from '@mikro-orm/postgresql';
import { DEVELOPMENT_MASTER_KEY } from '../src/config.ts';
import { appendEntry, createSealer, Ledger } from '../src/consent/ledger/index.ts';
import { hashLeaf, verifyConsistency, verifyInclusion } from '../src/consent/ledger/tree.ts';
import { growStore, readConsistencyPath, readInclusionPaths, readRoot } from '../src/consent/ledger/tree-store.ts';
import { startEmbeddedPostgres } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { connectOrm } from '../src/db/orm.ts';
import { createLog } from '../src/log.ts';
import type { Benchmark } from './benchmark.ts';

const WRITERS = 8;
const APPENDS = 8_000;
const LEAVES = 1_000_000;
const BATCH = 1_000;
const SAMPLES = 1_000;
const HASH_BYTES = 32;

export const run: Benchmark = async (say) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tightrope-bench-'));
  const server = await startEmbeddedPostgres({ dataDir });
  try {
    await migrate(server.url);
    const orm = await connectOrm(server.url);
    const result = { ...(await measureAppends(orm, say)), ...(await measureProofs(orm, say)) };
    await orm.close(true);
    return result;
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};

async function measureAppends(orm: MikroORM, say: (line: string) => void) {
  const sealer = await createSealer(DEVELOPMENT_MASTER_KEY);
  await orm.em.fork().execute(sql`insert into fan (id, subject) select n, n::text from generate_series(1, 1000) n`);
  const append = async (fanId: string) => {
    const em = orm.em.fork();
    const scopes = [{ scope: 'PROFILE', duration: 'STANDING', until: null }] as const;
    const act = { action: 'GRANTED', fanId, scopes, recipientId: null, gameId: null, policyOrdinal: null } as const;
    await appendEntry(em, await sealer.seal(em, act));
  };
  const writing = await secondsOf(() =>
    Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let n = 0; n < APPENDS / WRITERS; n += 1) await append(String(1 + ((writer + n * WRITERS) % 1_000)));
      }),
    ),
  );
  say(`${APPENDS} acts sealed, signed and committed by ${WRITERS} writers: ${rate(APPENDS, writing)} a second`);
  const ledger = await Ledger.start(orm, DEVELOPMENT_MASTER_KEY, createLog('silent'));
  const sequencing = await secondsOf(() => ledger.flush());
  await ledger.close();
  say(
    `put into the tree, in batches of ${BATCH}, each a commit with a signed head: ${rate(APPENDS, sequencing)} a second`,
  );
  return { appendsPerSecond: rate(APPENDS, writing), sequencedPerSecond: rate(APPENDS, sequencing) };
}

/** Grows the stored tree from the leaves that the first part left to a million. */
async function measureProofs(orm: MikroORM, say: (line: string) => void) {
  const em = orm.em.fork();
  const sampled = new Map<number, Buffer>();
  const growing = await secondsOf(async () => {
    for (let size = APPENDS; size < LEAVES; size += BATCH) {
      const leaves = Array.from({ length: Math.min(BATCH, LEAVES - size) }, () => randomBytes(HASH_BYTES));
      const picked = Math.floor(Math.random() * leaves.length);
      sampled.set(size + picked, hashLeaf(leaves[picked]!));
      await em.transactional((tx) => growStore(tx, size, leaves.map(hashLeaf)));
    }
  });
  say(`a tree of ${LEAVES} leaves, from ${APPENDS}: ${growing.toFixed(1)} s`);
  const root = await readRoot(em, LEAVES);
  const indices = [...sampled.keys()].slice(0, SAMPLES);
  const inclusion: number[] = [];
  const consistency: number[] = [];
  const proving = await secondsOf(async () => {
    for (const index of indices) {
      const [path] = await readInclusionPaths(em, [index], LEAVES);
      inclusion.push(path!.length * HASH_BYTES);
      const holds = verifyInclusion(sampled.get(index)!, { index, size: LEAVES, path: path! }, root);
      if (!holds) throw new Error(`The proof of ${index} does not hold.`);
    }
  });
  const comparing = await secondsOf(async () => {
    for (const size of indices) {
      const path = await readConsistencyPath(em, size, LEAVES);
      consistency.push(path.length * HASH_BYTES);
      const older = { size, root: await readRoot(em, size) };
      if (!verifyConsistency(older, { size: LEAVES, root }, path)) throw new Error(`${size} is not consistent.`);
    }
  });
  const figures = {
    entries: LEAVES,
    grownPerSecond: rate(LEAVES - APPENDS, growing),
    inclusionBytesMean: mean(inclusion),
    inclusionBytesMax: Math.max(...inclusion),
    inclusionMs: Number(((proving / indices.length) * 1_000).toFixed(2)),
    consistencyBytesMean: mean(consistency),
    consistencyBytesMax: Math.max(...consistency),
    consistencyMs: Number(((comparing / indices.length) * 1_000).toFixed(2)),
  };
  say(
    `inclusion: ${figures.inclusionBytesMean} bytes on average, at most ${figures.inclusionBytesMax}; read from PostgreSQL and verified in ${figures.inclusionMs} ms`,
  );
  say(
    `consistency: ${figures.consistencyBytesMean} bytes on average, at most ${figures.consistencyBytesMax}; ${figures.consistencyMs} ms with both roots`,
  );
  return figures;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

const rate = (count: number, seconds: number) => Math.round(count / seconds);
const mean = (values: readonly number[]) => Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
