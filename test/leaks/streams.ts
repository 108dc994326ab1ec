/**
 * The streams of one state: one of each open before it begins, and one resumed in every shape over every transport from
 * a cursor of before. What was announced and engaged in before and after the change of consent must come, or not come,
 * as the oracle says; an announcement at the end, for which consent is given anew, tells that everything before it was
 * decided.
 */
import { announceCampaign, mutate, POLICY } from '../support/operations.ts';
import type { Answer } from '../support/server.ts';
import { type OpenStream, overServerSentEvents, overWebSocket } from '../support/stream.ts';
import { holds, leavesOf } from './canaries.ts';
import type { LeakDocument } from './documents.ts';
import { isOnTheMap, judge } from './judge.ts';
import { Oracle, type Truth, type Verdict, type ViewerName } from './oracle.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

const TRANSPORTS = { 'graphql-ws': overWebSocket, SSE: overServerSentEvents } as const;

/** Who listens to a stream, which scope gates its events whole, and whether announcements feed it. */
interface Listener {
  readonly viewer: 'the fan' | 'this partner';
  readonly gate: string | null;
  readonly isFed: boolean;
}
const LISTENERS: Readonly<Record<string, Listener>> = {
  liveOffers: { viewer: 'the fan', gate: 'OFFERS_LIVE', isFed: true },
  offerStream: { viewer: 'this partner', gate: 'PRESENCE_VENUE', isFed: true },
  consentChanges: { viewer: 'the fan', gate: null, isFed: false },
};

function listenerOf({ picks }: LeakDocument): Listener & { root: string } {
  const [root] = picks.keys();
  const listener = LISTENERS[root!];
  if (!listener) throw new Error(`Tell test/leaks/streams.ts who listens to ${root}.`);
  return { ...listener, root: root! };
}

/** Whether a stream is for viewers of this kind; to all others it is refused. */
export function mayListen(viewer: ViewerName, document: LeakDocument): boolean {
  const kind = /fan$/.test(viewer) ? 'the fan' : viewer.endsWith('partner') ? 'this partner' : null;
  return listenerOf(document).viewer === kind;
}

interface Campaign {
  readonly id: string;
  readonly offerId: string;
}

/** A stream with the document that it runs. */
interface Listening extends Listener {
  readonly document: LeakDocument;
  readonly stream: OpenStream;
  readonly where: string;
  /** Open since before the state. */
  readonly isOld: boolean;
}

/** What a frame tells of: captured before the state or in it; or nothing of this fan's. */
type Age = 'old' | 'recent' | 'none';

/** Dozens of streams of the widest documents that there are, on a machine that may have other things to do. */
const PATIENCE_MS = 60_000;

export class StateStreams {
  readonly #world: World;
  readonly #subject: Subject;
  readonly #listening: Listening[] = [];
  readonly #cursors = new Map<string, string>();
  #another: OpenStream | null = null;
  #before: Campaign | null = null;
  #after: Campaign | null = null;
  #sentinel: Campaign | null = null;
  /** Whether what the fan did in the state was recorded. */
  #clicked = false;
  /** What the fan took while all was granted, whether it was honoured in the state, and whether they took more there. */
  #code: string | null = null;
  #redeemed = false;
  #claimed = false;

  constructor(world: World, subject: Subject) {
    this.#world = world;
    this.#subject = subject;
  }

  /** While everything is granted: streams are opened, and an offer announced and viewed that they show. */
  async openBefore(documents: readonly LeakDocument[]): Promise<void> {
    const { now } = this.#world.nodes;
    const fed = documents.filter((document) => document.shape === 'plain' && listenerOf(document).isFed);
    for (const document of fed) {
      await this.#listen('open before', 'graphql-ws', now.url, document, null, true);
      this.#cursors.set(listenerOf(document).root, await this.#positionOf(document));
    }
    const partners = fed.find((document) => listenerOf(document).viewer === 'this partner')!;
    const { token } = this.#world.seats['another partner'];
    this.#another = await overWebSocket(now.url, token, textOf(partners), { after: null });
    await this.#another.waitFor(() => true);
    const { gameId, zoneId } = this.#subject;
    this.#before = await announceCampaign(now, gameId, { zoneIds: [zoneId] });
    await this.#engage(this.#before, 'VIEW');
    this.#code = await this.#claim(this.#before);
    for (const { stream, viewer } of this.#listening) {
      const shared = viewer === 'the fan' || this.#subject.sharesWithThisPartner;
      if (shared) await stream.waitFor(tellsOf(this.#before), 0, PATIENCE_MS);
    }
  }

  /** Once in the state. Where no more can be announced, as in a game that is over, nothing is. */
  async announceAfter(truth: Truth | null): Promise<void> {
    this.#after = await announceCampaign(this.#world.nodes.now, this.#subject.gameId).catch(() => null);
    if (this.#after) await this.#engage(this.#after, 'VIEW');
    if (this.#before) this.#clicked = await this.#engage(this.#before, 'CLICK');
    if (this.#after) this.#claimed = (await this.#claim(this.#after)) !== null;
    if (this.#code) this.#redeemed = await this.#redeem(this.#code);
    if (!truth || truth.unclear || truth.erased) return;
    if (this.#clicked && !truth.operator.has('HISTORY_ENGAGEMENT')) throw new Error('An engagement was recorded.');
    if (this.#claimed && !truth.operator.has('OFFERS_LIVE')) throw new Error('An offer was claimed.');
  }

  /** Resumes in every shape; returns how many paths were walked. */
  async resume(url: string, documents: readonly LeakDocument[]): Promise<number> {
    for (const transport of ['graphql-ws', 'SSE'] as const) {
      const opened = documents.map((document) => {
        const after = this.#cursors.get(listenerOf(document).root) ?? null;
        return this.#listen(`resumed over ${transport}`, transport, url, document, after);
      });
      await Promise.all(opened);
    }
    return this.#listening.reduce((sum, { document }) => sum + document.paths.length, 0);
  }

  /** What has to come, comes. `openHere` is whether the streams that were open before are in the state as well. */
  async expectEvents(truth: Truth, openHere: boolean): Promise<void> {
    const fan = new Oracle(truth, 'the fan');
    const audience = truth.present && fan.shows(['OFFERS_LIVE', 'PRESENCE_VENUE']) === 'shown';
    for (const { stream, where, gate, viewer, isFed, isOld } of this.#listening) {
      if (!isFed || (isOld && !openHere)) continue;
      const oracle = new Oracle(truth, viewer);
      const tells = (captured: boolean) => oracle.shows([gate!], captured) === 'shown';
      const kept = (scope: string) => fan.shows([scope], true) === 'shown';
      const expected: [Campaign | null, string, boolean][] = [
        [this.#before, 'ANNOUNCED', tells(true) && kept('OFFERS_LIVE')],
        [this.#after, 'ANNOUNCED', tells(false) && audience],
      ];
      if (viewer === 'this partner') {
        expected.push([this.#before, 'VIEWED', tells(true) && kept('HISTORY_ENGAGEMENT')]);
        expected.push([this.#before, 'CLICKED', tells(false) && this.#clicked]);
        expected.push([this.#before, 'CLAIMED', tells(true) && kept('OFFERS_LIVE')]);
        const keptNow = fan.shows(['OFFERS_LIVE']) === 'shown';
        expected.push([this.#before, 'REDEEMED', tells(false) && keptNow && this.#redeemed]);
        expected.push([this.#after, 'CLAIMED', tells(false) && this.#claimed]);
      }
      for (const [campaign, kind, isDue] of expected) {
        if (!campaign || !isDue) continue;
        const fits = (answer: Answer) =>
          tellsOf(campaign)(answer) && (viewer === 'the fan' || JSON.stringify(answer).includes(`"${kind}"`));
        await stream.waitFor(fits, 0, PATIENCE_MS).catch((error: Error) => {
          const which = campaign === this.#before ? 'before' : 'after';
          throw new Error(`${where}: ${kind} of the offer of ${which} did not come. ${error.message}`);
        });
      }
    }
  }

  /** Consent given anew, and one more announcement: when it has come, all before it was decided. */
  async awaitSentinel(): Promise<void> {
    const { token, gameId } = this.#subject;
    const { nodes, partners } = this.#world;
    const grant = { duration: 'STANDING', policyVersion: POLICY };
    const recipientId = partners.this.id;
    await mutate(nodes.now, token, 'grantConsent', { scopes: ['PRESENCE_VENUE', 'OFFERS_LIVE'], ...grant });
    await mutate(nodes.now, token, 'grantConsent', { scopes: ['PRESENCE_VENUE'], recipientId, ...grant });
    await mutate(nodes.now, token, 'checkIn', { gameId, method: 'TICKET', nonce: 'sentinel' });
    const sentinel = await announceCampaign(nodes.now, gameId);
    this.#sentinel = sentinel;
    const fed = this.#listening.filter(({ isFed }) => isFed);
    await Promise.all(fed.map(({ stream }) => stream.waitFor(tellsOf(sentinel), 0, PATIENCE_MS)));
  }

  /** Every frame that came, judged. */
  judge(truth: Truth, openHere: boolean, empty: ReadonlySet<string>, shown: Map<ViewerName, Set<string>>): string[] {
    const leaks: string[] = [];
    for (const listening of this.#listening) {
      const { viewer } = listening;
      const seen = shown.get(viewer) ?? new Set<string>();
      shown.set(viewer, seen);
      for (const answer of listening.stream.frames) {
        const found = this.#judgeFrame(listening, answer, truth, openHere, empty);
        leaks.push(...found.leaks.map((leak) => `${viewer}, ${listening.where}: ${leak}`));
        for (const coordinate of found.shown) seen.add(coordinate);
      }
    }
    for (const answer of this.#another?.frames ?? []) leaks.push(...this.#canariesIn(answer, 'another partner'));
    return leaks;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#listening.map(({ stream }) => stream.close()), this.#another?.close()]);
  }

  #judgeFrame(
    { viewer, gate, document, isOld }: Listening,
    answer: Answer,
    truth: Truth,
    openHere: boolean,
    empty: ReadonlySet<string>,
  ): { leaks: string[]; shown: Iterable<string> } {
    if (this.#sentinel && tellsOf(this.#sentinel)(answer)) return { leaks: [], shown: [] };
    const age = this.#ageOf(answer);
    // Sent while all was granted.
    if (isOld && (age === 'old' || !openHere)) return { leaks: [], shown: [] };
    const refused = new Oracle(truth, viewer).isGone;
    const leaks = answer.errors && !refused ? [JSON.stringify(answer.errors)] : [];
    // A partner's stream tells of many fans: what is not of this one's offers tells nothing of this one.
    if (viewer === 'this partner' && age === 'none') {
      return { leaks: [...leaks, ...this.#canariesIn(answer, 'an event of another fan')], shown: [] };
    }
    const oracle = new Oracle(truth, viewer);
    // Where it is unclear what is in force elsewhere, the game itself is judged like what was captured.
    const captured = age === 'old' || truth.unclear !== undefined;
    const verdicts: Verdict[] = gate && age !== 'none' ? [oracle.shows([gate], captured)] : [];
    if (viewer === 'this partner') {
      const keptUnder = /"(VIEWED|CLICKED)"/.test(JSON.stringify(answer)) ? 'HISTORY_ENGAGEMENT' : 'OFFERS_LIVE';
      verdicts.push(new Oracle(truth, 'the fan').shows([keptUnder], captured));
    }
    if (verdicts.includes('withheld')) leaks.push(`an event was sent that is ${age}: ${JSON.stringify(answer)}`);
    const { picks } = document;
    const { canaries } = this.#subject;
    const aboutTheFan = viewer === 'this partner';
    const found = judge({ picks, answer, canaries, oracle, captured, empty, aboutTheFan });
    return { leaks: [...leaks, ...found.leaks], shown: found.shown };
  }

  #ageOf(answer: Answer): Age {
    if (this.#after && tellsOf(this.#after)(answer)) return 'recent';
    if (!this.#before || !tellsOf(this.#before)(answer)) return 'none';
    return /"(CLICKED|REDEEMED)"/.test(JSON.stringify(answer)) ? 'recent' : 'old';
  }

  #canariesIn(answer: Answer, where: string): string[] {
    return [...leavesOf(answer)].flatMap(([path, value]) =>
      this.#subject.canaries
        .filter((canary) => holds(value, canary) && !isOnTheMap(canary, path))
        .map(({ origin }) => `${origin} in ${where} at ${path}`),
    );
  }

  /** Whether it was recorded. */
  async #engage({ offerId }: Campaign, kind: string): Promise<boolean> {
    const { token } = this.#subject;
    const answer = await mutate(this.#world.nodes.now, token, 'recordEngagement', { offerId, kind });
    return answer.recorded === true;
  }

  /** Under what code; null: it was refused. */
  async #claim({ offerId }: Campaign): Promise<string | null> {
    const { token } = this.#subject;
    const answer = await mutate(this.#world.nodes.now, token, 'claimOffer', { offerId, idempotencyKey: offerId });
    return answer.claim?.code ?? null;
  }

  async #redeem(code: string): Promise<boolean> {
    const { token } = this.#world.seats['staff of the venue'];
    const answer = await mutate(this.#world.nodes.now, token, 'redeemClaim', { code, idempotencyKey: code });
    return answer.redemption !== undefined;
  }

  /** Where a stream stands now, by the name of its root. */
  async #positionOf(document: LeakDocument): Promise<string> {
    const { root, viewer } = listenerOf(document);
    const game = document.variables.includes('Game');
    const query = `subscription${game ? ' ($Game: ID!)' : ''} { ${root}${game ? '(gameId: $Game)' : ''} { cursor } }`;
    const token = viewer === 'the fan' ? this.#subject.token : this.#world.seats[viewer].token;
    const stream = await overWebSocket(this.#world.nodes.now.url, token, query, { Game: this.#subject.gameId });
    const first = await stream.waitFor(() => true);
    await stream.close();
    return first.data[root].cursor;
  }

  async #listen(
    name: string,
    transport: keyof typeof TRANSPORTS,
    url: string,
    document: LeakDocument,
    after: string | null,
    isOld = false,
  ): Promise<OpenStream> {
    const { root, ...listener } = listenerOf(document);
    if (listener.viewer === 'this partner' && !document.paths.some(({ target }) => target === 'OfferActivity.campaign'))
      throw new Error(`A document of ${root} does not ask for the campaign, by which its events are told apart.`);
    const token = listener.viewer === 'the fan' ? this.#subject.token : this.#world.seats[listener.viewer].token;
    const variables = { Game: this.#subject.gameId, after };
    const stream = await TRANSPORTS[transport](url, token, textOf(document), variables);
    this.#listening.push({ ...listener, document, stream, where: `${name}, ${document.shape}`, isOld });
    if (listener.isFed) await stream.waitFor(() => true);
    return stream;
  }
}

/** The support's streams send no operation name; of two operations only the one that listens is theirs. */
const textOf = ({ text }: LeakDocument) => text.replace('query Harmless { __typename }\n', '');

/** By its offer or by its campaign, whichever the frame names. */
const tellsOf =
  ({ id, offerId }: Campaign) =>
  (answer: Answer) => {
    const text = JSON.stringify(answer);
    return text.includes(`"${offerId}"`) || text.includes(`"${id}"`);
  };
