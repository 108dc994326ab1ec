/** What `npm start` says: where to go, the database's URL, and demo tokens ready to paste. */
import { issueDevelopmentToken } from '../identity/development-issuer.ts';

const DEMO_VIEWERS = [
  { role: 'FAN', subject: 'avery', note: 'a fan at the game who shares nearly everything' },
  { role: 'FAN', subject: 'blake', note: 'a fan at the game who shares little' },
  { role: 'FAN', subject: 'casey', note: 'a fan who has just enrolled' },
  { role: 'PARTNER', subject: 'demo-partner', note: 'a sponsor' },
  { role: 'STAFF', subject: 'demo', note: "the venue's staff" },
  { role: 'DEVICE', subject: 'demo-sensor', note: 'a sensor' },
] as const;

export async function greet(options: { url: string; databaseUrl: string; withDemo: boolean }): Promise<void> {
  const { url, databaseUrl, withDemo } = options;
  const lines = [
    '',
    'Tightrope is ready.',
    '',
    `  GraphiQL  ${url}/graphql`,
    `  Policy    ${url}/policy`,
    `  Database  ${databaseUrl}`,
  ];
  if (withDemo) {
    lines.push('', 'Demo tokens, good for twelve hours. Send one as "Authorization: Bearer …":', '');
    for (const { role, subject, note } of DEMO_VIEWERS) {
      lines.push(`${role} ${subject}: ${note}`, await issueDevelopmentToken(role, subject), '');
    }
  }
  console.log(lines.join('\n'));
}
