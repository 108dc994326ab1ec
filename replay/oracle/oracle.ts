/**
 * The replay's own judge. It goes through the journal, act by act, keeps books of its own, and says of every answer whether
 * it could be. It asks the server nothing and shares no code with it: what a grant is worth, what a point is, what is left of
 * a budget is reckoned here a second time.
 */
import type { Entry } from '../journal.ts';
import type { Contact } from './audience.ts';
import { Books } from './books.ts';
import { type Court, type EntryOf, type Findings, Record } from './court.ts';
import * as acts from './fan-acts.ts';
import { FanBook } from './fan-book.ts';
import { judgeActivity, judgeHeard } from './heard.ts';
import type { Program } from './points.ts';
import * as tills from './till-acts.ts';
import { type Grounds, World } from './world.ts';
import { followCampaign, followGame, judgeAnnouncement, judgeHome } from './world-acts.ts';

export type { Findings } from './court.ts';

/** By whom, and of whom there is a book. */
type FanEntry = Exclude<Extract<Entry, { fan: number }>, { kind: 'ENROLL' }>;

const BY_KIND: { readonly [K in FanEntry['kind']]: (court: Court, fan: FanBook, entry: EntryOf<K>) => void } = {
  GRANT: acts.judgeGrant,
  WITHDRAW: acts.judgeWithdrawal,
  SIT_OUT: acts.judgeSittingOut,
  VETO: (_, fan, { at }) => fan.consent.veto(at),
  ERASE: acts.judgeErasure,
  CHECK_IN: acts.judgeCheckIn,
  CHECK_OUT: acts.judgeCheckOut,
  ARRIVE: acts.judgeArrival,
  LOOK: acts.judgeLook,
  OFFERS: acts.judgeOffers,
  ENGAGE: acts.judgeEngagement,
  CLAIM: tills.judgeClaiming,
  REDEEM: tills.judgeRedeeming,
  ROLL_BACK: tills.judgeRollback,
  PURCHASE: tills.judgePurchase,
  REFUND: tills.judgeRefund,
  REWARD: tills.judgeReward,
  HONOR: tills.judgeSettling,
  RETURN: tills.judgeSettling,
  OFFER_HEARD: judgeHeard,
  UNHEARD: ({ record }, _, entry) => record.violation(entry, `offers ${entry.offers.join(', ')}, over no stream`),
};

export class Oracle {
  readonly court: Court;
  readonly #entries: readonly Entry[];
  readonly #heard = new Set<string>();

  constructor(grounds: Grounds, program: Program, contact: Contact, entries: readonly Entry[]) {
    const world = new World(grounds);
    const books = new Books(entries, {
      venueOf: (game) => world.game(game).venue,
      timeZone: (venue) => world.timeZone(venue),
    });
    this.court = { world, books, program, contact, fans: new Map(), record: new Record(), stock: new Map() };
    this.#entries = entries;
  }

  /** The whole journal, once. */
  judge(): Findings {
    for (const [place, entry] of this.#entries.entries()) this.#take(entry, place);
    return this.court.record.findings;
  }

  #take(entry: Entry, place: number): void {
    const { court } = this;
    switch (entry.kind) {
      case 'POLICY':
        court.world.notices.push(entry);
        break;
      case 'REFUNDS':
        court.world.refunds = entry.policy;
        break;
      case 'GAME':
        followGame(court, entry);
        break;
      case 'LAUNCH':
      case 'END':
      case 'PAUSE_CAMPAIGN':
        followCampaign(court, entry);
        break;
      case 'ANNOUNCE':
        judgeAnnouncement(court, entry, { entries: this.#entries, place, heard: this.#heard });
        break;
      case 'HOME':
        judgeHome(court, entry);
        break;
      case 'FAULT':
        court.record.violation(entry, entry.what);
        break;
      case 'ENROLL':
        this.#enroll(entry);
        break;
      case 'ACTIVITY_HEARD':
        judgeActivity(court, entry, this.#restless(entry.at, place));
        break;
      case 'CAMPAIGN':
        break;
      default:
        this.#act(entry);
    }
  }

  /** Who took something back at that instant, before or after. */
  #restless(at: number, place: number): Set<number> {
    const restless = new Set<number>();
    const takesBack = (entry: Entry) => ['WITHDRAW', 'VETO', 'SIT_OUT', 'CHECK_IN'].includes(entry.kind);
    for (const step of [-1, 1]) {
      for (let each = place + step; this.#entries[each]?.at === at; each += step) {
        const entry = this.#entries[each]!;
        if ('fan' in entry && takesBack(entry)) restless.add(entry.fan);
      }
    }
    return restless;
  }

  #act(entry: FanEntry): void {
    const fan = this.court.fans.get(entry.fan);
    const judge = BY_KIND[entry.kind] as (court: Court, fan: FanBook, entry: FanEntry) => void;
    if (fan) judge(this.court, fan, entry);
    else this.court.record.violation(entry, 'by somebody who is not enrolled');
  }

  #enroll(entry: EntryOf<'ENROLL'>): void {
    const { fan: place, version, at, also, team } = entry;
    const { world, program, fans, record } = this.court;
    const outdated = world.current(at)?.version !== version;
    const expected = outdated ? 'POLICY_OUTDATED' : fans.has(place) ? 'ALREADY_ENROLLED' : null;
    if (!record.expect(entry, expected)) return;
    const fan = new FanBook(place, entry.key!, world, program);
    const standing = { recipient: null, duration: 'STANDING', game: null, until: null, version } as const;
    fan.consent.grant(['PROFILE', 'LOYALTY', ...also], standing, at);
    fan.team = team;
    fans.set(place, fan);
  }
}
