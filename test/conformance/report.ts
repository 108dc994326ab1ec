/** The report in the docs: what each case requires, and what was measured. It is the same whenever the results are. */
import { fileURLToPath } from 'node:url';
import { TRANSPORTS } from './adapter.ts';
import { CASES } from './cases.ts';
import type { Outcome } from './run.ts';

export const REPORT = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));

export function render(outcomes: readonly Outcome[]): string {
  const stacks = [...new Set(outcomes.map(({ stack }) => stack))];
  const header = ['Case', 'Transport', 'Required', ...stacks];
  const rows = CASES.flatMap(({ name, requires }) =>
    TRANSPORTS.map((transport) => [
      name,
      transport,
      requires,
      ...stacks.map((stack) => find(outcomes, stack, name, transport)),
    ]),
  );
  const table = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return TEXT.replace('%TABLE%', table);
}

const find = (outcomes: readonly Outcome[], stack: string, name: string, transport: string): string =>
  outcomes.find((one) => one.stack === stack && one.name === name && one.transport === transport)?.verdict ?? '';

const TEXT = `# Conformance: withdrawing consent in mid-stream

A subscription is open, its subject withdraws a consent, and events go on coming. This suite asks of a GraphQL server, over graphql-ws and over SSE, that it keeps the promise then, too: after the withdrawal has returned, no event announced later, and no frame received more than a second later, carries what was withheld; nothing that consent does cover is lost; granting again brings nothing back.

It was run against this server, and against the stack that it could have been: graphql-yoga with its pub/sub, Pothos with scope-auth, and graphql-ws, put together as their documentation teaches (\`test/conformance/default-stack\`), with consent in a table, and its pub/sub carried between nodes by LISTEN/NOTIFY.

*leaks*: withheld values arrived. *loses*: an event, or a value that consent covers, did not arrive. *not applicable*: the server has nothing that the case could be about.

%TABLE%

The default stack goes dark when a stream is opened after the withdrawal: the rule is right, and is asked of the table. It leaks in mid-stream because Yoga and graphql-ws make one context per subscription, and scope-auth keeps a scope's answer as long as its context lives, whether or not it is told to authorize on subscribing. It loses events because a notification is all there is: there is no history to read when one did not arrive, and none to resume from.

## How it is run

\`npm run conformance\` plays all cases against both and prints this page; \`npm run conformance -- --write\` writes it. \`test/conformance/conformance.test.ts\` is part of \`npm test\`, and fails when this page does not say which cases were passed.

Each server runs as two processes over one PostgreSQL, for each transport by itself. The stream is open on one of them, which reaches the database by a proxy of the suite's own: the proxy breaks connections, lets nothing through, and drops or holds back notifications. The process is suspended with SIGSTOP and killed with SIGKILL. An execution is kept in the middle by a lock on the table that one of its resolvers reads. The lease that must be outlasted is two seconds.

Each case begins with a new subject and a stream that has shown what is consented to, so that silence passes no case. Nothing is timed but the second of grace; that something was lost is known after eight.

## Your own server

\`test/conformance/adapter.ts\` is all that the suite knows of a server: enroll a subject with two consents (EVENT to being told at all, FIELD to one value), open a stream, publish, grant, withdraw. \`test/conformance/default-stack.ts\` is an adapter in about eighty lines. Where the nodes are processes that share one PostgreSQL and wake each other by its notifications, \`TwoNodes\` brings most obstacles along; leave out those that your server has no place for, and their cases are not applicable. Then:

\`\`\`ts
const outcomes = await runSuite(yourStack, 'postgres://…');
\`\`\`
`;
