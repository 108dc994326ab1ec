/**
 * /policy: the current notice for people to read, and /policy/<version>: any that was ever published, as it was. What
 * is to come is announced, what changed is said in plain words. No script, no style or font from elsewhere.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { GraphQLSchema } from 'graphql';
import { findPolicyHistory, type PublishedPolicy } from '../consent/index.ts';
import { listWhatIsCollected, saysWhatIsCollected } from '../consent/notice.ts';
import { escapeHtml, noticeToHtml } from './notice-html.ts';
import { POLICY_STYLE } from './policy-style.ts';

const PATH = /^\/policy(?:\/([^/]+))?\/?$/;

type Policy = PublishedPolicy['policy'];

export function policyRoutes(
  orm: MikroORM,
  schema: GraphQLSchema,
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const page = async (version: string | null, res: ServerResponse) => {
    const history = await findPolicyHistory(orm.em.fork()).catch(() => null);
    if (!history) return answer(res, 503, 'Policy', '<h1>No policy can be shown now</h1><p>Please try again.</p>');
    const shown = history.find(({ policy, standing }) =>
      version === null ? standing === 'CURRENT' : policy.version === version,
    );
    if (!shown) {
      const message = '<h1>There is no such version</h1><p>These were published:</p>';
      return answer(res, 404, 'Policy', `${message}${versionTable(history)}`);
    }
    return answer(res, 200, `Policy ${shown.policy.version}`, policyPage(shown, history, schema));
  };

  return (req, res) => {
    const path = PATH.exec((req.url ?? '').split('?', 1)[0]!);
    if (!path || (req.method !== 'GET' && req.method !== 'HEAD')) return false;
    void page(decode(path[1]), res);
    return true;
  };
}

/** What cannot be decoded is no version, and stays as it is. */
function decode(segment: string | undefined): string | null {
  if (segment === undefined) return null;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function answer(res: ServerResponse, status: number, title: string, body: string): void {
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  res.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${POLICY_STYLE}</style>
<main>
${body}
</main>
</html>`);
}

function policyPage(shown: PublishedPolicy, history: PublishedPolicy[], schema: GraphQLSchema): string {
  const { policy, standing } = shown;
  const when = { PAST: 'It took effect on', CURRENT: 'In effect since', UPCOMING: 'It takes effect on' }[standing];
  const outOfStep = standing === 'CURRENT' && !saysWhatIsCollected(policy.text, schema);
  return [
    `<header><p class="quiet">Policy ${escapeHtml(policy.version)}</p><h1>What we ask, and what for</h1>`,
    `<p class="quiet">${when} ${date(policy.effectiveAt)}.</p></header>`,
    ...notes(shown, history),
    `<article lang="${escapeHtml(policy.language)}">${noticeToHtml(policy.text)}</article>`,
    ...(outOfStep ? [whatIsCollectedNow(schema)] : []),
    '<h2>Every version</h2>',
    '<p>What was published is never altered. The fingerprint is the SHA-256 of its text: you can compute it yourself.</p>',
    versionTable(history),
  ].join('\n');
}

function notes({ policy, standing }: PublishedPolicy, history: PublishedPolicy[]): string[] {
  if (standing !== 'CURRENT') {
    const is = standing === 'PAST' ? 'is no longer the one that applies' : 'does not apply yet';
    return [`<aside><p>This version ${is}. <a href="/policy">Read the one that does.</a></p></aside>`];
  }
  return history
    .filter((other) => other.standing === 'UPCOMING')
    .reverse()
    .map(
      (next) =>
        `<aside><p>From ${date(next.policy.effectiveAt)} version ${link(next.policy)} applies instead of ${escapeHtml(
          policy.version,
        )}. ${whatChanges(next, false)}</p></aside>`,
    );
}

/** The server was updated, and nobody has published what it collects since. */
const whatIsCollectedNow = (
  schema: GraphQLSchema,
): string => `<aside><p>The list below comes from the software that runs
here now. The text above was published without it, and its fingerprint does not cover it.</p></aside>
<section>${noticeToHtml(listWhatIsCollected(schema))}</section>`;

function versionTable(history: PublishedPolicy[]): string {
  const rows = history.map(
    (entry, place) => `<tr><th scope="row">${link(entry.policy)}</th><td>${date(entry.policy.effectiveAt)}</td>
<td>${whatChanges(entry, place === history.length - 1)} <code>${entry.policy.sha256}</code></td></tr>`,
  );
  return `<table><thead><tr><th scope="col">Version</th><th scope="col">In effect from</th>
<th scope="col">What changed, and its fingerprint</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function whatChanges({ policy, standing }: PublishedPolicy, first: boolean): string {
  if (first) return 'The first version.';
  if (!policy.materialChange) return 'Only the wording: what you have granted goes on.';
  return standing === 'UPCOMING'
    ? 'It changes what you would say yes to: what you have granted ends on that day, and we ask you again.'
    : 'It changed what you would say yes to: what had been granted before ended on that day, and we asked again.';
}

const link = ({ version }: Policy): string =>
  `<a href="/policy/${escapeHtml(encodeURIComponent(version))}">${escapeHtml(version)}</a>`;

const DATE = new Intl.DateTimeFormat('en', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
  hourCycle: 'h23',
});

const date = (instant: Date): string =>
  `<time datetime="${instant.toISOString()}">${escapeHtml(DATE.format(instant))} UTC</time>`;
