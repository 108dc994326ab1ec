/**
 * Processes that are killed without a word while fans listen and partners announce: a node, whose fans go on at another
 * from their cursors, and PostgreSQL, under nodes whose streams stay open. Fans hear what was announced to them, once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GraphQLClient } from '../../gameday/client.ts';
import { LIVE_OFFERS } from '../../gameday/documents.ts';
import { Line } from '../../gameday/line.ts';
import { liveGameId, POLICY } from '../support/operations.ts';
import {
  type DataDirectory,
  makeDataDirectory,
  type ServerProcess,
  startServerProcess,
  until,
} from '../support/process.ts';
import { tokenOf } from '../support/server.ts';
import { withAdmin } from '../support/template.ts';

const PHONES = 6;
const ANNOUNCEMENTS = 24;

let dir: DataDirectory;
let nodes: ServerProcess[];
let client: GraphQLClient;
let gameId: string;
let sponsor: string;
beforeEach(async () => {
  dir = await makeDataDirectory();
  const first = await startServerProcess({ DATA_DIR: dir.path, LOG_LEVEL: 'fatal' });
  nodes = [first, await startServerProcess({ DATABASE_URL: first.databaseUrl, LOG_LEVEL: 'fatal' })];
  client = new GraphQLClient(() => nodes.map(({ url }) => `${url}/graphql`));
  gameId = await liveGameId(first);
  sponsor = await tokenOf('PARTNER', 'demo-partner');
});
afterEach(() => dir.remove());

class Phone {
  readonly name: string;
  readonly token: string;
  readonly offers: string[] = [];
  readonly titles: string[] = [];
  readonly troubles: unknown[] = [];
  readonly line: Line;

  constructor(number: number, token: string) {
    this.name = `phone-${number}`;
    this.token = token;
    this.line = new Line({
      client: client.at(number),
      name: this.name,
      token,
      query: LIVE_OFFERS,
      root: 'liveOffers',
      variables: { gameId },
      overSse: number % 3 === 2,
      receive: (event, errors) => {
        if (event?.__typename !== 'OfferAnnounced') return void this.troubles.push(errors ?? event);
        this.offers.push(event.offer.id);
        this.titles.push(event.offer.title);
      },
    });
  }

  async enroll(): Promise<void> {
    await client.must(this.token, 'enrollFan', { displayName: this.name, policyVersion: POLICY });
    const scopes = ['PRESENCE_VENUE', 'OFFERS_LIVE'];
    await client.must(this.token, 'grantConsent', { scopes, policyVersion: POLICY, duration: 'STANDING' });
    await this.checkIn('first');
    await this.line.listen();
  }

  checkIn(nonce: string): Promise<unknown> {
    return client.must(this.token, 'checkIn', { gameId, method: 'TICKET', nonce });
  }
}

const bringPhones = (): Promise<Phone[]> =>
  Promise.all(
    Array.from({ length: PHONES }, async (_, number) => {
      const phone = new Phone(number, await tokenOf('FAN', `phone-${number}`));
      await phone.enroll();
      return phone;
    }),
  );

let campaigns = 0;
/** Once, however often it has to be asked for. */
async function announce(): Promise<string> {
  campaigns += 1;
  const { data } = await client.must(sponsor, 'createCampaign', {
    name: `Campaign ${campaigns}`,
    idempotencyKey: `campaign-${campaigns}`,
    offer: { title: `Offer ${campaigns}`, body: 'At the counter.', discount: { percentOff: 10 } },
    budget: {},
    capPerFan: 1,
    validFrom: new Date(Date.now() - 60_000).toISOString(),
    validUntil: new Date(Date.now() + 3_600_000).toISOString(),
  });
  await client.must(sponsor, 'announceOffer', { campaignId: data.campaign.id, gameId, idempotencyKey: 'once' });
  return data.campaign.offer.id;
}

/** Announces on and on; in the middle something happens meanwhile. */
async function announceThrough(trouble: () => Promise<void>): Promise<string[]> {
  const announced: string[] = [];
  let troubled: Promise<void> | undefined;
  for (let turn = 0; turn < ANNOUNCEMENTS; turn += 1) {
    if (turn === ANNOUNCEMENTS / 3) troubled = trouble();
    announced.push(await announce());
  }
  await troubled;
  return announced;
}

const heard = (phones: readonly Phone[], last: string) =>
  until(() => phones.every(({ offers }) => offers.includes(last)));

describe('a node that is killed', () => {
  it.each([0, 1])(
    'loses and repeats nothing for its fans, who go on at another (node %i)',
    async (place) => {
      const phones = await bringPhones();
      const announced = await announceThrough(async () => {
        const killed = nodes[place]!;
        killed.child.kill('SIGKILL');
        await killed.ended;
        await sleep(500);
        nodes[place] = await startServerProcess({ DATABASE_URL: killed.databaseUrl, LOG_LEVEL: 'fatal' });
      });
      announced.push(await announce());
      await heard(phones, announced.at(-1)!);
      for (const { offers, troubles, line } of phones) {
        expect(offers).toEqual(announced);
        expect(troubles).toEqual([]);
        line.hangUp();
      }
      // Both kinds were there: some whose node was killed, and some whose node was not.
      expect(new Set(phones.map(({ line }) => line.sessions.length))).toEqual(new Set([1, 2]));
    },
    120_000,
  );
});

describe('a PostgreSQL that is killed', () => {
  it('is started again where it was, and open streams go on: all that was committed comes, and nothing else', async () => {
    const phones = await bringPhones();
    const postmaster = dir.postgres()!;
    await announceThrough(async () => {
      process.kill(postmaster, 'SIGKILL');
      await until(() => ![null, postmaster].includes(dir.postgres()));
    });
    // Where people are is in no log that a crash could be recovered from.
    for (const phone of phones) await phone.checkIn('again');
    const last = await announce();
    await heard(phones, last);

    const committed = await withAdmin(nodes[0]!.databaseUrl, async (db) => {
      const { rows } = await db.query<{ subject: string; titles: string[] }>(
        `select f.subject, array_agg(o.title order by a.id) as titles
         from delivery d join fan f on f.id = d.fan_id join announcement a on a.id = d.announcement_id
         join offer o on o.id = d.offer_id where f.subject like 'phone-%' group by f.subject`,
      );
      return new Map(rows.map(({ subject, titles }) => [subject, titles]));
    });
    for (const { name, titles, troubles, line } of phones) {
      expect(titles).toEqual(committed.get(name));
      expect(titles.length).toBeGreaterThan(ANNOUNCEMENTS / 3);
      expect(troubles).toEqual([]);
      expect(line.sessions).toHaveLength(1);
      line.hangUp();
    }
    for (const { url } of nodes) expect(await (await fetch(`${url}/ready`)).json()).toEqual({ ready: true });
  }, 120_000);
});
