/** Whom the server believes about its callers: the issuer that it was given, by the keys that it publishes now. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigError, DEVELOPMENT_MASTER_KEY, readConfig } from '../../src/config.ts';
import { withoutBalance } from '../support/balance.ts';
import { askOverSocket } from '../support/conversation.ts';
import { type Issuer, makeKey, startIssuer } from '../support/issuer.ts';
import { enrollFan } from '../support/operations.ts';
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts';

const WHO_AM_I = 'query WhoAmI { viewer { role fan { id } partner { id } } }';
const AVERY = { sub: 'avery', role: 'FAN' };

/** Over HTTP and over a socket; they must agree. */
async function whoAmI(server: TestServer, token: string | null) {
  const overHttp = await server.ask(token, WHO_AM_I);
  const overSocket = await askOverSocket(server.url, token && { authorization: `Bearer ${token}` }, WHO_AM_I);
  expect(withoutBalance(JSON.stringify(overSocket))).toBe(withoutBalance(JSON.stringify(overHttp)));
  return overHttp.data.viewer;
}

describe('the viewer', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it('is nobody without a token', async () => {
    expect(await whoAmI(server, null)).toEqual({ role: 'ANONYMOUS', fan: null, partner: null });
  });

  it('is a fan, with themself once they have enrolled', async () => {
    const { token } = await enrollFan(server);
    const { id } = (await server.ask(token, '{ me { id } }')).data.me;
    expect(await whoAmI(server, token)).toEqual({ role: 'FAN', fan: { id }, partner: null });
    const newcomer = await tokenOf('FAN', 'newcomer');
    expect(await whoAmI(server, newcomer)).toEqual({ role: 'FAN', fan: null, partner: null });
  });

  it('is the partner whose code the token names', async () => {
    const { data } = await server.ask(null, '{ partners { edges { node { id code } } } }');
    const nodes: { id: string; code: string }[] = data.partners.edges.map(({ node }: { node: object }) => node);
    expect(nodes).toHaveLength(3);
    for (const { id, code } of nodes) {
      const viewer = await whoAmI(server, await tokenOf('PARTNER', code));
      expect(viewer).toEqual({ role: 'PARTNER', fan: null, partner: { id } });
    }
  });

  it('is staff, or a device', async () => {
    const nobody = { fan: null, partner: null };
    expect(await whoAmI(server, await tokenOf('STAFF', 'demo'))).toEqual({ role: 'STAFF', ...nobody });
    expect(await whoAmI(server, await tokenOf('DEVICE', 'demo-sensor'))).toEqual({ role: 'DEVICE', ...nobody });
  });
});

describe('an issuer of your own', () => {
  const opened: { close(): Promise<void> }[] = [];
  const serve = async (issuer: Issuer) => {
    const server = await startTestServer({ settings: issuer.settings });
    opened.push(server, issuer);
    return server;
  };
  afterEach(async () => {
    vi.useRealTimers();
    for (const each of opened.splice(0)) await each.close();
  });
  /** Only the wall clock: timers and sockets go on as they are. */
  const later = (minutes: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });

  it('is believed under each algorithm that we take', async () => {
    const algorithms = ['EdDSA', 'ES256', 'PS256', 'RS256'];
    const keys = await Promise.all(algorithms.map((alg) => makeKey(alg, alg)));
    const issuer = await startIssuer(...keys);
    const server = await serve(issuer);
    for (const key of keys) {
      const { role, fan } = await whoAmI(server, await issuer.sign(key, AVERY));
      expect([key.alg, role, fan]).toEqual([key.alg, 'FAN', { id: expect.any(String) }]);
    }
    expect(issuer.asked).toBe(1);
  });

  it('is not believed under another, even if it publishes it', async () => {
    const [good, odd] = [await makeKey('good'), await makeKey('odd', 'ES384')];
    const issuer = await startIssuer(good, odd);
    const server = await serve(issuer);
    const { errors } = await server.ask(await issuer.sign(odd, AVERY), WHO_AM_I);
    expect(errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    expect((await whoAmI(server, await issuer.sign(good, AVERY))).role).toBe('FAN');
  });

  it('may rotate its keys: the new one works, and the one taken away no more', async () => {
    const [old, next] = [await makeKey('old'), await makeKey('next')];
    const issuer = await startIssuer(old);
    const server = await serve(issuer);
    const stolen = await issuer.sign(old, AVERY);
    expect((await whoAmI(server, stolen)).role).toBe('FAN');
    issuer.publish(next);
    later(1);
    expect((await whoAmI(server, await issuer.sign(next, AVERY))).role).toBe('FAN');
    expect((await server.ask(stolen, WHO_AM_I)).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    const authorization = `Bearer ${stolen}`;
    expect(await askOverSocket(server.url, { authorization }, WHO_AM_I)).toEqual({ closed: 4403 });
  });

  it('takes a key away for good within eleven minutes, though nobody uses another', async () => {
    const old = await makeKey('old');
    const issuer = await startIssuer(old);
    const server = await serve(issuer);
    const stolen = await issuer.sign(old, AVERY);
    expect((await whoAmI(server, stolen)).role).toBe('FAN');
    issuer.publish(await makeKey('next'));
    later(11);
    expect((await server.ask(stolen, WHO_AM_I)).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['fails', { status: 503, body: '' }],
    ['answers a page', { status: 200, body: '<html>' }],
    ['answers something else', { status: 200, body: '{"keys": "later"}' }],
    ['moved', { status: 302, body: '' }],
  ])('whose key server %s leaves good tokens undecided, and signs nobody out', async (_, answer) => {
    const key = await makeKey('key');
    const issuer = await startIssuer(key);
    const server = await serve(issuer);
    const token = await issuer.sign(key, AVERY);
    issuer.answerWith(answer);
    const { data, errors } = await server.ask(token, WHO_AM_I);
    expect([data, errors![0]!.extensions.code]).toEqual([undefined, 'UNAVAILABLE']);
    expect(await askOverSocket(server.url, { authorization: `Bearer ${token}` }, WHO_AM_I)).toEqual({ closed: 1013 });
    expect((await server.ask('garbage', WHO_AM_I)).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    issuer.answerWith(null);
    expect((await whoAmI(server, token)).role).toBe('FAN');
  });
});

describe('the constants that everyone can read', () => {
  const OWN = {
    NODE_ENV: 'production',
    JWKS_URL: 'https://id.example/jwks',
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'club',
    MASTER_KEY: 'a key of our own, and a long one at that',
  };
  /** The settings that were refused, by name. */
  const refused = (more: Record<string, string>): string[] => {
    try {
      readConfig({ ...OWN, ...more });
      return [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return [...error.message.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name!);
    }
  };

  it('serve development, and nothing that runs in production', () => {
    expect(refused({})).toEqual([]);
    const none = { JWKS_URL: '', JWT_ISSUER: '', JWT_AUDIENCE: '', MASTER_KEY: '' };
    expect(refused({ ...none, NODE_ENV: 'development' })).toEqual([]);
    expect(refused(none)).toEqual(['JWKS_URL', 'MASTER_KEY']);
  });

  it.each([
    ['the development issuer', { JWKS_URL: '', JWT_ISSUER: '', JWT_AUDIENCE: '' }, ['JWKS_URL']],
    ['no key of your own', { MASTER_KEY: '' }, ['MASTER_KEY']],
    ['the development key, given by hand', { MASTER_KEY: DEVELOPMENT_MASTER_KEY }, ['MASTER_KEY']],
    ['keys without the issuer they belong to', { JWT_ISSUER: '' }, ['JWKS_URL']],
    ['keys without an audience', { JWT_AUDIENCE: '' }, ['JWKS_URL']],
  ])('are refused in production: %s', (_, settings, names) => {
    expect(refused(settings)).toEqual(names);
  });
});
