/**
 * The streams of one state: one open before it begins, and one resumed in every shape over every transport from a
 * cursor of before. What was announced before and after the change of consent must come, or not come, as the oracle
 * says; an announcement at the end, for which consent is given anew, tells that everything before it was decided.
 */
import { announce, LIVE_OFFERS, mutate, POLICY } from '../support/operations.ts';
import type { Answer } from '../support/server.ts';
import { type OpenStream, overServerSentEvents, overWebSocket } from '../support/stream.ts';
import type { LeakDocument } from './documents.ts';
import { judge } from './judge.ts';
import { Oracle, type Truth } from './oracle.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

const TRANSPORTS = { 'graphql-ws': overWebSocket, SSE: overServerSentEvents } as const;

/** A stream with the document that it runs. */
interface Listening {
  readonly document: LeakDocument;
  readonly stream: OpenStream;
  /** Whether its events are decided where and when the state is looked at. */
  readonly name: string;
}

export class StateStreams {
  readonly #world: World;
  readonly #subject: Subject;
  readonly #listening: Listening[] = [];
  #cursor: string | null = null;
  #before: string | null = null;
  #after: string | null = null;
  #sentinel: string | null = null;

  constructor(world: World, subject: Subject) {
    this.#world = world;
    this.#subject = subject;
  }

  /** While everything is granted: a stream is opened, and an offer announced that it shows. */
  async openBefore(document: LeakDocument): Promise<void> {
    const { url } = this.#world.nodes.now;
    const { token, gameId, zoneId } = this.#subject;
    const opener = await overWebSocket(url, token, LIVE_OFFERS, { gameId });
    const first = await opener.waitFor(({ data }) => data?.liveOffers.__typename === 'StreamPosition');
    this.#cursor = first.data.liveOffers.cursor;
    await this.#listen('open before', 'graphql-ws', url, document, null);
    this.#before = await announce(this.#world.nodes.now, gameId, { zoneIds: [zoneId] });
    await opener.waitFor(mentions(this.#before));
    await this.#listening[0]!.stream.waitFor(mentions(this.#before));
    await opener.close();
  }

  /** Once in the state. Where no more can be announced, as in a game that is over, nothing is. */
  async announceAfter(): Promise<void> {
    this.#after = await announce(this.#world.nodes.now, this.#subject.gameId).catch(() => null);
  }

  /** Resumes in every shape; returns how many paths were walked. */
  async resume(url: string, documents: readonly LeakDocument[]): Promise<number> {
    for (const transport of ['graphql-ws', 'SSE'] as const) {
      const opened = documents.map((document) =>
        this.#listen(`resumed over ${transport}`, transport, url, document, this.#cursor),
      );
      await Promise.all(opened);
    }
    return this.#listening.reduce((sum, { document }) => sum + document.paths.length, 0);
  }

  /** What has to come, comes. `openHere` is whether the stream that was open before is in the state as well. */
  async expectEvents(truth: Truth, openHere: boolean): Promise<void> {
    const oracle = new Oracle(truth, 'the fan');
    for (const { document, stream, name } of this.#offers()) {
      if (name === 'open before' && !openHere) continue;
      if (this.#before && oracle.shows(['OFFERS_LIVE'], true) === 'shown') {
        await expectFrame(stream, this.#before, `${name}, ${document.shape}: the offer of before`);
      }
      const audience = truth.present && oracle.shows(['OFFERS_LIVE', 'PRESENCE_VENUE']) === 'shown';
      if (this.#after && audience)
        await expectFrame(stream, this.#after, `${name}, ${document.shape}: the offer of after`);
    }
  }

  /** Consent given anew, and one more announcement: when it has come, all before it was decided. */
  async awaitSentinel(): Promise<void> {
    const { token, gameId } = this.#subject;
    const scopes = ['PRESENCE_VENUE', 'OFFERS_LIVE'];
    await mutate(this.#world.nodes.now, token, 'grantConsent', { scopes, duration: 'STANDING', policyVersion: POLICY });
    await mutate(this.#world.nodes.now, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'sentinel' });
    this.#sentinel = await announce(this.#world.nodes.now, gameId);
    await Promise.all(this.#offers().map(({ stream }) => stream.waitFor(mentions(this.#sentinel!))));
  }

  /** Every frame that came, judged. */
  judge(truth: Truth, openHere: boolean, empty: ReadonlySet<string>, shown: Set<string>): string[] {
    const oracle = new Oracle(truth, 'the fan');
    const zoneKnown = truth.present && truth.unbroken.has('PRESENCE_ZONE');
    const emptyHere = zoneKnown ? empty : empty.union(new Set(['OfferAnnounced.zone']));
    const leaks: string[] = [];
    for (const { document, stream, name } of this.#listening) {
      for (const answer of stream.frames) {
        if (this.#sentinel && mentions(this.#sentinel)(answer)) continue;
        const old = this.#before !== null && mentions(this.#before)(answer);
        // Sent while all was granted.
        if (name === 'open before' && (old || !openHere)) continue;
        const where = `${name}, ${document.shape}`;
        if (answer.errors) leaks.push(`${where}: ${JSON.stringify(answer.errors)}`);
        const recent = this.#after !== null && mentions(this.#after)(answer);
        // Where it is unclear what is in force elsewhere, the game itself is judged like what was captured.
        const captured = old || truth.unclear !== undefined;
        if ((old || recent) && oracle.shows(['OFFERS_LIVE'], captured) === 'withheld') {
          leaks.push(`${where}: an event of ${old ? 'before' : 'after'} was sent`);
        }
        const { picks } = document;
        const found = judge({
          picks,
          answer,
          canaries: this.#subject.canaries,
          oracle,
          captured,
          empty: emptyHere,
        });
        leaks.push(...found.leaks.map((leak) => `${where}: ${leak}`));
        for (const coordinate of found.shown) shown.add(coordinate);
      }
    }
    return leaks;
  }

  async close(): Promise<void> {
    await Promise.all(this.#listening.map(({ stream }) => stream.close()));
  }

  #offers(): Listening[] {
    return this.#listening.filter(({ document }) => document.picks.has('liveOffers'));
  }

  async #listen(
    name: string,
    transport: keyof typeof TRANSPORTS,
    url: string,
    document: LeakDocument,
    after: string | null,
  ): Promise<void> {
    const { token, gameId } = this.#subject;
    const variables = { Game: gameId, after: document.picks.has('liveOffers') ? after : null };
    // The support's streams send no operation name; of two operations only the one that listens is theirs.
    const query = document.text.replace('query Harmless { __typename }\n', '');
    const stream = await TRANSPORTS[transport](url, token, query, variables);
    this.#listening.push({ name, document, stream });
    if (document.picks.has('liveOffers')) await stream.waitFor(() => true);
  }
}

const mentions = (offerId: string) => (answer: Answer) => JSON.stringify(answer).includes(offerId);

async function expectFrame(stream: OpenStream, offerId: string, what: string): Promise<void> {
  await stream.waitFor(mentions(offerId)).catch((error: Error) => {
    throw new Error(`${what} did not come. ${error.message}`);
  });
}
