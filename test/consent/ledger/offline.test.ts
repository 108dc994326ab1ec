/** `npm run verify`: a stranger with files, who believes nobody, and whom nobody can deceive in any one thing. */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, hkdfSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVELOPMENT_MASTER_KEY } from '../../../src/config.ts';
import { canonicalJson } from '../../../src/consent/ledger/canonical-json.ts';
import { signHead } from '../../../src/consent/ledger/heads.ts';
import { SavedLog, verifyOffline } from '../../../src/consent/ledger/offline.ts';
import { openReceipt } from '../../../src/consent/ledger/receipts.ts';
import { Signer } from '../../../src/consent/ledger/signing.ts';
import { get, saveLog, WELL_KNOWN } from '../../support/ledger.ts';
import { enrollFan, mutate, POLICY } from '../../support/operations.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: parts of a JWS are what is being bent
type Part = any;

const encode = (part: Part) => Buffer.from(typeof part === 'string' ? part : canonicalJson(part)).toString('base64url');
const decode = (text: string): Part => JSON.parse(Buffer.from(text, 'base64url').toString());
const partsOf = (jws: string) => {
  const [header, payload, signature] = jws.split('.') as [string, string, string];
  return { header: decode(header), payload: decode(payload), signature };
};
/** Another header or payload under the old signature. */
const bend = (jws: string, change: (parts: { header: Part; payload: Part }) => void): string => {
  const { header, payload, signature } = partsOf(jws);
  change({ header, payload });
  return `${encode(header)}.${encode(payload)}.${signature}`;
};
/** Whatever this key says, under its signature: what an operator with the key could sign. */
const signWith = (key: Parameters<typeof sign>[2], header: Part, payload: Part): string => {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
};

describe('whoever verifies offline', () => {
  let server: TestServer;
  let jwks: JSONWebKeySet;
  let logs: SavedLog[];
  let receipts: string[];
  let signer: Signer;
  /** What was saved when the log was shorter. */
  let earlier: SavedLog[];
  beforeAll(async () => {
    server = await startTestServer();
    signer = await Signer.derive(DEVELOPMENT_MASTER_KEY);
    const { token } = await enrollFan(server);
    const granted = await mutate(server, token, 'grantConsent', { scopes: ['ANALYTICS'], policyVersion: POLICY });
    earlier = (await saveLog(server)).logs;
    const withdrawn = await mutate(server, token, 'withdrawConsent', { scopes: ['ANALYTICS', 'LOYALTY'] });
    receipts = [granted.receipt.jws, withdrawn.receipt.jws];
    ({ jwks, logs } = await saveLog(server));
  });
  afterAll(() => server.close());

  const failures = async (given: { receipts?: string[]; logs?: SavedLog[]; jwks?: JSONWebKeySet } = {}) => {
    const checks = await verifyOffline(given.jwks ?? jwks, given.receipts ?? receipts, given.logs ?? logs);
    return checks.filter(({ ok }) => !ok).map(({ what, detail }) => `${what}: ${detail}`);
  };
  const bent = async (change: (parts: { header: Part; payload: Part }) => void) =>
    failures({ receipts: [bend(receipts[0]!, change)] });
  /** Signed by the installation's own key. */
  const resigned = async (change: (parts: { header: Part; payload: Part }) => void) => {
    const { header, payload } = partsOf(receipts[0]!);
    change({ header, payload });
    return failures({ receipts: [signWith(await ownKey(), header, payload)] });
  };
  const ownKey = async () => {
    const seed = Buffer.from(hkdfSync('sha256', DEVELOPMENT_MASTER_KEY, 'tightrope', 'ledger signature', 32));
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  };

  it('finds that all holds, from leaves as well as from proofs', async () => {
    expect(await failures()).toEqual([]);
    const leaf = (await openReceipt(receipts[0]!, jwks)).leaf.toString('base64url');
    const [older, head] = [earlier[0]!, logs[0]!];
    const [from, size] = [older, head].map((log) => partsOf(log.head!).payload.size as number);
    const proofs = await Promise.all(
      [`/inclusion?leaf=${leaf}&size=${size}`, `/consistency?from=${from}&to=${size}`].map((path) =>
        get(server, WELL_KNOWN + path),
      ),
    );
    const saved = proofs.map((answer) => SavedLog.parse(answer));
    expect(await failures({ receipts: [receipts[0]!], logs: [older, head, ...saved] })).toEqual([]);
    expect(await failures({ receipts: [receipts[0]!], logs: [older, head, saved[0]!] })).toEqual([
      `consistency of ${from} and ${size}: neither the leaves nor a proof were given`,
    ]);
    expect(await failures({ receipts: [receipts[1]!], logs: [older, head, ...saved] })).toEqual([
      'receipt 1: its leaf is not in the log that was given',
    ]);
  });

  it('sees a receipt whose entry, salt or claims were changed', async () => {
    const signature = [expect.stringContaining('the signature does not hold')];
    expect(await bent(({ payload }) => (payload.entry.purposes[0].scope = 'PROFILE'))).toEqual(signature);
    expect(await bent(({ payload }) => (payload.salt = 'A'.repeat(43)))).toEqual(signature);
    expect(await bent(({ payload }) => (payload.sub = 'someone'))).toEqual(signature);
  });

  it('sees a receipt that its own issuer rewrote', async () => {
    const absent = ['receipt 1: its leaf is not in the log that was given'];
    expect(await resigned(() => {})).toEqual([]);
    expect(await resigned(({ payload }) => (payload.entry.purposes[0].scope = 'PROFILE'))).toEqual(absent);
    expect(await resigned(({ payload }) => (payload.entry.privacy_notice.sha256 = 'ab'.repeat(32)))).toEqual(absent);
    expect(await resigned(({ payload }) => (payload.salt = 'A'.repeat(43)))).toEqual(absent);
    const contradiction = ['receipt 1: its claims contradict its entry'];
    expect(await resigned(({ payload }) => (payload.sub = 'someone'))).toEqual(contradiction);
    expect(await resigned(({ payload }) => (payload.iat += 1))).toEqual(contradiction);
    expect(await resigned(({ payload }) => (payload.more = 1))).toEqual(['receipt 1: it is not a consent receipt']);
  });

  it('takes no other algorithm, type, key or issuer than the pinned ones', async () => {
    for (const alg of ['none', 'HS256', 'ES256']) {
      expect(await bent(({ header }) => (header.alg = alg))).toEqual([expect.stringContaining('"alg"')]);
    }
    expect(await bent(({ header }) => (header.kid = 'another'))).toEqual([expect.stringContaining('signature')]);
    expect(await resigned(({ header }) => (header.typ = 'at+jwt'))).toEqual([
      expect.stringContaining('its type is at+jwt'),
    ]);
    expect(await resigned(({ header }) => delete header.kid)).toEqual([expect.stringContaining('it names no key')]);
    expect(await resigned(({ payload }) => (payload.iss = 'https://else.example'))).toEqual([
      'receipt 1: its issuer is not the key that signed it',
    ]);
    expect(await failures({ receipts: [logs[0]!.head!] })).toEqual([
      expect.stringContaining('its type is consent-log-head+jwt'),
    ]);

    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const stranger = { ...(await exportJWK(publicKey)), alg: 'EdDSA', use: 'sig' };
    const { header, payload } = partsOf(receipts[0]!);
    const forged = signWith(privateKey, header, payload);
    expect(await failures({ receipts: [forged] })).toEqual([expect.stringContaining('signature')]);
    const masked = { keys: [{ ...stranger, kid: header.kid }] };
    expect(await failures({ receipts: [forged], logs: [], jwks: masked })).toEqual([
      'receipt 1: its key id is not the thumbprint of the key',
    ]);
    expect(await calculateJwkThumbprint(jwks.keys[0]!)).toBe(header.kid);
  });

  it('takes no payload that is not canonical', async () => {
    const { header, payload } = partsOf(receipts[0]!);
    const spaced = signWith(await ownKey(), header, JSON.stringify(payload, null, 1));
    expect(await failures({ receipts: [spaced] })).toEqual(['receipt 1: its payload is not canonical (RFC 8785)']);
  });

  it('sees leaves that were changed, swapped or left out', async () => {
    const [head, heads, leaves] = logs as [SavedLog, SavedLog, SavedLog];
    const all = leaves.leaves!;
    const given = (changed: typeof all) =>
      failures({ receipts: [], logs: [head, heads, { ...leaves, leaves: changed }] });
    const otherRoot = expect.stringContaining('the leaves hash to another root');
    expect(await given([all[1]!, all[0]!, ...all.slice(2)])).toContainEqual(otherRoot);
    expect(await given([Buffer.alloc(32), ...all.slice(1)])).toContainEqual(otherRoot);
    expect(await given(all.slice(1))).toContainEqual(otherRoot);
    expect(await given(all.slice(0, -1))).toContainEqual(expect.stringContaining('neither the leaves nor a proof'));
    expect(await failures({ receipts, logs: [{ ...leaves, leaves: all.slice(0, -1) }, head] })).toContain(
      'receipt 2: its leaf is not in the log that was given',
    );
  });

  it('sees a head that was changed, and a log that shows two faces or rewrites its past', async () => {
    const head = logs[0]!.head!;
    const changed = bend(head, ({ payload }) => (payload.size += 1));
    expect(await failures({ receipts: [], logs: [{ head: changed }] })).toEqual([expect.stringContaining('signature')]);
    const { size } = partsOf(head).payload;
    const face = await signHead(signer, { size, root: Buffer.alloc(32, 7), at: new Date() });
    expect(await failures({ receipts: [], logs: [{ head }, { head: face }] })).toEqual([
      `head of ${size}: another head of this size has another root`,
    ]);
    const older = partsOf(earlier[0]!.head!).payload.size;
    const { consistency } = SavedLog.parse(await get(server, `${WELL_KNOWN}/consistency?from=${older}&to=${size}`));
    const past = await signHead(signer, { size: older, root: Buffer.alloc(32, 7), at: new Date() });
    expect(await failures({ receipts: [], logs: [{ head }, { head: past }, { consistency }] })).toEqual([
      `consistency of ${older} and ${size}: the proof does not hold: history was rewritten`,
    ]);
  });

  it('shows consistency between any two heads that were ever signed', async () => {
    const heads = (logs[1]!.heads as string[]).map((jws) => partsOf(jws).payload.size as number);
    for (const [place, to] of heads.entries()) {
      for (const from of heads.slice(0, place)) {
        const { consistency } = SavedLog.parse(await get(server, `${WELL_KNOWN}/consistency?from=${from}&to=${to}`));
        const two = (logs[1]!.heads as string[]).filter((jws) => [from, to].includes(partsOf(jws).payload.size));
        expect(await failures({ receipts: [], logs: [{ heads: two }, { consistency }] })).toEqual([]);
      }
    }
  });

  it('is told plainly by the log what cannot be answered', async () => {
    const unknown = 'A'.repeat(43);
    expect(await get(server, `${WELL_KNOWN}/inclusion?leaf=${unknown}`)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await get(server, `${WELL_KNOWN}/inclusion?leaf=short`)).toMatchObject({ code: 'BAD_INPUT' });
    expect(await get(server, `${WELL_KNOWN}/consistency?from=1&to=99999`)).toMatchObject({ code: 'BAD_INPUT' });
    expect(await get(server, `${WELL_KNOWN}/consistency?from=x`)).toMatchObject({ code: 'BAD_INPUT' });
  });

  it('has a command for it, which says what failed and exits with 1', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tightrope-verify-'));
    const save = async (name: string, content: unknown) => {
      await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
      return join(dir, name);
    };
    const verify = (...args: string[]) => {
      const cli = fileURLToPath(new URL('../../../src/cli/verify.ts', import.meta.url));
      const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
      return { status, output: stdout + stderr };
    };
    const answers = [WELL_KNOWN, `${WELL_KNOWN}/heads`, `${WELL_KNOWN}/leaves`];
    const files = await Promise.all(answers.map(async (path, n) => save(`log${n}.json`, await get(server, path))));
    const keys = await save('jwks.json', jwks);
    const good = await save('receipts.txt', receipts.join('\n'));
    const answer = await save('answer.json', { data: { withdrawConsent: { receipt: { id: '1', jws: receipts[1] } } } });
    const bad = await save(
      'bad.txt',
      bend(receipts[0]!, ({ payload }) => (payload.sub = 'x')),
    );
    const log = files.flatMap((file) => ['--log', file]);

    const holds = verify('--jwks', keys, '--receipts', good, '--receipts', answer, ...log);
    expect(holds.output).toMatch(/ok {4}receipt 3: WITHDRAWN ANALYTICS, LOYALTY on .*signed, entry \d+ of \d+/);
    expect(holds).toMatchObject({ status: 0, output: expect.stringMatching(/All \d+ checks hold\./) });
    const fails = verify('--jwks', keys, '--receipts', good, '--receipts', bad, ...log);
    expect(fails).toMatchObject({
      status: 1,
      output: expect.stringContaining('FAIL  receipt 3: the signature does not hold'),
    });
    expect(verify('--help')).toMatchObject({ status: 0, output: expect.stringContaining('--jwks FILE') });
    for (const mistaken of [
      [],
      ['--jwks', keys],
      ['--jwks', good, '--receipts', good],
      ['--what'],
      ['--jwks', 'nowhere', '--log', keys],
    ]) {
      expect(verify(...mistaken)).toMatchObject({ status: 1, output: expect.not.stringMatching(/\n\s+at /) });
    }
    await rm(dir, { recursive: true });
  });
});
