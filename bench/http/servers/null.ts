/** Answers the same bytes whatever is asked: the load generator's own limit. */
import { createServer } from 'node:http';
import { graphql } from 'graphql';
import { peerSchema, QUERY } from '../schema.ts';
import { portOf, type StartServer } from './server.ts';

export const start: StartServer = async (source) => {
  const contextValue = { source: source() };
  const body = JSON.stringify(await graphql({ schema: peerSchema(), source: QUERY, contextValue }));
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) };
  return portOf(
    createServer((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(200, headers).end(body));
    }),
  );
};
