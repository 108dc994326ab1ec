/** GraphiQL's first tabs: a query, a mutation and a subscription that run as they are, with demo tokens in place. */
import { sql } from '@mikro-orm/postgresql';
import type { Config } from '../config.ts';
import type { Services } from '../context.ts';
import { issueDevelopmentToken } from '../identity/development-issuer.ts';
import type { GraphiqlTab } from './graphiql.ts';

const QUERY = `# What have I consented to, and what is withheld?
# The token under "Headers" is Avery's.
query Me {
  me {
    id displayName
    consents { scope status expiresAt recipient { __typename ... on Partner { name } } }
    withheld { scope reason }
  }
}`;

const SUBSCRIPTION = `# Run it and leave it open. In another window run
# AnnounceOffer, and see the offer arrive here. Then
# WithdrawConsent, and the next one shows no reason.
subscription LiveOffers($gameId: ID!) {
  liveOffers(gameId: $gameId) {
    __typename cursor
    ... on OfferAnnounced { offer { title body } because { kind text } zone { name } }
    ... on OfferEnded { offer { id } reason }
  }
}`;

const MUTATION = `# A partner pushes an offer to the fans who are there
# and consent. A fan gets each offer once; createCampaign
# makes another.
mutation AnnounceOffer($input: AnnounceOfferInput!) {
  announceOffer(input: $input) {
    __typename
    ... on AnnounceOfferSuccess { announcement { id at } }
    ... on Error { code message }
  }
}`;

const WITHDRAW = `# Avery thinks better of it. GrantConsent brings it back,
# but never what lay between.
mutation WithdrawConsent {
  withdrawConsent(input: { scopes: [PERSONALIZATION] }) {
    __typename
    ... on WithdrawConsentSuccess { withdrawn { scope status } }
    ... on Error { code message }
  }
}`;

/** Empty in production, and before the demo is sown: GraphiQL then starts with its own page. */
export async function demoTabs({ orm, idsFor }: Services, config: Config): Promise<GraphiqlTab[]> {
  if (config.JWKS_URL) return [];
  const ids = idsFor(null);
  const [demo] = await orm.em.fork().execute<{ game: string; campaign: string | null }[]>(sql`
    select g.id as game, (select max(c.id) from campaign c join partner p on p.id = c.partner_id
      where p.code = 'demo-partner' and c.idempotency_key like 'demo-%') as campaign
    from game g where g.demo`);
  if (!demo) return [];
  const gameId = ids.toGlobal('Game', demo.game);
  const headers = async (role: 'FAN' | 'PARTNER', subject: string) =>
    JSON.stringify({ authorization: `Bearer ${await issueDevelopmentToken(role, subject)}` }, null, 2);
  const variables = (value: unknown) => JSON.stringify(value, null, 2);
  const announcement = {
    campaignId: demo.campaign && ids.toGlobal('Campaign', demo.campaign),
    gameId,
    idempotencyKey: `graphiql-${Date.now()}`,
  };
  const [avery, partner] = await Promise.all([headers('FAN', 'avery'), headers('PARTNER', 'demo-partner')]);
  return [
    { name: 'A fan', query: QUERY, headers: avery },
    { name: 'Live offers', query: SUBSCRIPTION, variables: variables({ gameId }), headers: avery },
    { name: 'A partner', query: MUTATION, variables: variables({ input: announcement }), headers: partner },
    { name: 'Withdraw', query: WITHDRAW, headers: avery },
  ];
}
