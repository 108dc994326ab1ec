/** The schedule's part of the contract as a plain schema, for the peers, and the query that everybody is asked. */
import type { GraphQLSchema } from 'graphql';
import { createSchema } from 'graphql-yoga';
import type { Game } from './schedule.ts';
import type { Source } from './sources.ts';

/** As the contract has it, a little shorter, and without variables: mercurius takes none under this graphql. */
export const QUERY = `query Games {
  games(first: 20) {
    edges { cursor node { id startsAt status gameNumber homeTeam { id code name } awayTeam { id code name }
      venue { id code name city } attendance } }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`;

const SDL = /* GraphQL */ `
  interface Node { id: ID! }
  enum GameStatus { SCHEDULED LIVE FINAL POSTPONED SUSPENDED CANCELED }
  type Team implements Node { id: ID! code: String! name: String! }
  type Venue implements Node { id: ID! code: String! name: String! city: String! }
  type Game implements Node {
    id: ID! startsAt: String! status: GameStatus! gameNumber: Int! attendance: Int
    homeTeam: Team awayTeam: Team venue: Venue!
  }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type GameEdge { cursor: String! node: Game! }
  type GameConnection { edges: [GameEdge!]! pageInfo: PageInfo! totalCount: Int! }
  type Query { games(first: Int!, after: String): GameConnection! }
`;

export interface PeerContext {
  readonly source: Source;
}

export const peerSchema = (): GraphQLSchema =>
  createSchema<PeerContext>({
    typeDefs: SDL,
    resolvers: {
      Query: {
        games: (_: unknown, { first }: { first: number }, { source }) => {
          const found = source.games(first);
          return found instanceof Promise ? found.then((games) => page(games, first)) : page(found, first);
        },
      },
      GameConnection: { totalCount: (_: unknown, __: unknown, { source }) => source.countGames() },
      Game: {
        homeTeam: ({ homeTeamId }: Game, _: unknown, { source }) => source.team(homeTeamId),
        awayTeam: ({ awayTeamId }: Game, _: unknown, { source }) => source.team(awayTeamId),
        venue: ({ venueId }: Game, _: unknown, { source }) => source.venue(venueId),
      },
    },
  });

function page(found: readonly Game[], first: number) {
  const edges = found.slice(0, first).map((node) => ({ cursor: `game:${node.id}`, node }));
  return { edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null } };
}
