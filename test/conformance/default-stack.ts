/** The default stack under test: see `default-stack/`. It has no history, so that nothing can be resumed. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Cluster, Consent, Place, Stack, Subject } from './adapter.ts';
import { ask, subscribe } from './client.ts';
import { lockTable, TwoNodes } from './two-nodes.ts';

const SCOPE = { EVENT: 'OFFERS', FIELD: 'REASONS' } as const satisfies Record<Consent, string>;

/** `server` is the module that is run as a node. */
export const defaultStack = (server = new URL('./default-stack/server.ts', import.meta.url)): Stack => ({
  name: 'Default stack',
  start: async (databaseUrl) => {
    const nodes = await TwoNodes.start(databaseUrl, (url) => ({
      module: fileURLToPath(server),
      env: { DATABASE_URL: url },
      ready: /Ready (\S+)/,
    }));
    return createCluster(nodes, databaseUrl);
  },
});

function createCluster(nodes: TwoNodes, databaseUrl: string): Cluster {
  const act = async (name: 'grant' | 'withdraw', place: Place, subject: Subject, consent: Consent) => {
    await ask(nodes.url(place), subject, `mutation ($scope: Scope!) { ${name}(scope: $scope) }`, {
      scope: SCOPE[consent],
    });
  };
  return {
    ...nodes.obstacles(),
    resumes: false,
    enroll: async () => {
      const subject = randomUUID();
      await act('grant', 'there', subject, 'EVENT');
      await act('grant', 'there', subject, 'FIELD');
      return subject;
    },
    open: ({ subject, transport, receive, trouble }) =>
      subscribe({
        transport,
        url: nodes.url('here'),
        token: subject,
        query: 'subscription { offerAnnounced { offer { id title } because } }',
        variables: {},
        trouble,
        receive: ({ offerAnnounced }) =>
          receive({ event: offerAnnounced?.offer?.id ?? null, value: offerAnnounced?.because ?? null, cursor: null }),
      }),
    publish: async () => {
      const query = 'mutation { announce(title: "Offer", reason: "You are here.") { id } }';
      return (await ask(nodes.url('there'), null, query)).announce.id;
    },
    grant: (place, subject, consent) => act('grant', place, subject, consent),
    withdraw: (place, subject, consent) => act('withdraw', place, subject, consent),
    // It delivers what it is notified of: that is kept on its way.
    holdBack: async () => {
      nodes.proxy.holdNotifications();
      return async () => nodes.proxy.releaseNotifications();
    },
    pauseResolver: () => lockTable(databaseUrl, 'offer'),
    close: () => nodes.close(),
  };
}
