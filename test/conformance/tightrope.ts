/** This server under test: a fan at the demo's game, live offers, and the reason of an offer as the gated value. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { issueDevelopmentToken } from '../../src/identity/development-issuer.ts';
import { type Cluster, type Consent, type Place, ServerError, type Stack } from './adapter.ts';
import { ask, type Json, subscribe } from './client.ts';
import { connectTo, lockTable, TwoNodes } from './two-nodes.ts';

const POLICY = '2026-1';
const LIVE_OFFERS = `subscription LiveOffers($gameId: ID!, $after: String) {
  liveOffers(gameId: $gameId, after: $after) {
    __typename cursor
    ... on OfferAnnounced { announcement { id at } offer { id title sponsor { id name } } because { kind text } }
  }
}`;
/** Those that are played now; the demo's is played here. */
const LIVE_GAMES = '{ games(first: 100, filter: { status: LIVE }) { edges { node { id venue { code } } } } }';
const VENUE = 'BOS07';
const RESULTS = {
  enrollFan: 'fan { id }',
  grantConsent: 'grants { id status }',
  withdrawConsent: 'withdrawn { id status }',
  checkIn: 'created',
  createCampaign: 'campaign { id offer { id } }',
  announceOffer: 'announcement { id }',
} as const;
const SCOPE = { EVENT: 'OFFERS_LIVE', FIELD: 'PERSONALIZATION' } as const satisfies Record<Consent, string>;

/** `main` is the module that is run as a node. */
export const tightrope = (main = new URL('../../src/main.ts', import.meta.url)): Stack => ({
  name: 'Tightrope',
  start: async (databaseUrl) => {
    const nodes = await TwoNodes.start(databaseUrl, (url) => ({
      module: fileURLToPath(main),
      env: { DATABASE_URL: url, REDIS_URL: '', PORT: '0', LOG_LEVEL: 'fatal' },
      ready: /GraphiQL\s+(\S+)/,
    }));
    return createCluster(nodes, databaseUrl);
  },
});

async function createCluster(nodes: TwoNodes, databaseUrl: string): Promise<Cluster> {
  const must = async (place: Place, token: string, name: keyof typeof RESULTS, input: Json): Promise<Json> => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}`;
    const query = `mutation ($input: ${type}Input!) {
      ${name}(input: $input) { ... on ${type}Success { ${RESULTS[name]} } ... on Error { code message } }
    }`;
    const result = (await ask(nodes.url(place), token, query, { input }))[name];
    if (result.code) throw new ServerError(`${name}: ${result.code} ${result.message}`);
    return result;
  };
  const games: Json[] = (await ask(nodes.url('there'), null, LIVE_GAMES)).games.edges;
  const gameId = games.find(({ node }) => node.venue.code === VENUE)!.node.id;
  const partner = await issueDevelopmentToken('PARTNER', 'demo-partner');
  const grant = { duration: 'STANDING', policyVersion: POLICY };

  return {
    ...nodes.obstacles(),
    resumes: true,
    enroll: async () => {
      const token = await issueDevelopmentToken('FAN', randomUUID());
      await must('there', token, 'enrollFan', { displayName: 'Fan', policyVersion: POLICY });
      const scopes = ['PRESENCE_VENUE', ...Object.values(SCOPE)];
      await must('there', token, 'grantConsent', { scopes, ...grant });
      await must('there', token, 'checkIn', { gameId, method: 'TICKET', nonce: 'gate' });
      return token;
    },
    open: ({ subject, transport, after, receive, trouble }) =>
      subscribe({
        transport,
        url: nodes.url('here'),
        token: subject,
        query: LIVE_OFFERS,
        variables: { gameId, after },
        trouble,
        receive: ({ liveOffers }) =>
          receive({
            event: liveOffers.__typename === 'OfferAnnounced' ? liveOffers.offer.id : null,
            value: liveOffers.because ? JSON.stringify(liveOffers.because) : null,
            cursor: liveOffers.cursor,
          }),
      }),
    publish: async () => {
      const { campaign } = await must('there', partner, 'createCampaign', newCampaign());
      const announce = { campaignId: campaign.id, gameId, idempotencyKey: 'once' };
      await must('there', partner, 'announceOffer', announce);
      return campaign.offer.id;
    },
    grant: (place, subject, consent) => must(place, subject, 'grantConsent', { scopes: [SCOPE[consent]], ...grant }),
    withdraw: (place, subject, consent) => must(place, subject, 'withdrawConsent', { scopes: [SCOPE[consent]] }),
    // The outbox is read below the oldest running transaction: this one keeps it waiting.
    holdBack: async () => {
      const client = await connectTo(databaseUrl);
      await client.query('begin; select pg_current_xact_id()');
      return async () => {
        await client.query('commit');
        await client.end();
      };
    },
    pauseResolver: () => lockTable(databaseUrl, 'offer'),
    close: () => nodes.close(),
  };
}

const newCampaign = () => ({
  name: 'Campaign',
  offer: { title: 'Offer', body: 'At the counter.', discount: { percentOff: 10 } },
  budget: {},
  capPerFan: 1,
  validFrom: new Date(Date.now() - 60_000).toISOString(),
  validUntil: new Date(Date.now() + 3_600_000).toISOString(),
});
