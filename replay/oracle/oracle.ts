/**
 * The replay's own judge. It goes through the journal, act by act, keeps books of its own, and says of every answer whether
 * it could be. It asks the server nothing and shares no code with it: what a grant is worth, what a point is, what is left of
 * a budget is reckoned here a second time.
 */
import type { Entry } from '../journal.ts';
import { type Contact, isOpen, streakOf, type Verdict, verdictOn } from './audience.ts';
import { Books } from './books.ts';
import { judgeClaim, judgeRedemption } from './budgets.ts';
import { FanBook } from './fan-book.ts';
import type { Program } from './points.ts';
import { type Grounds, isOver, World } from './world.ts';

export interface Findings {
  readonly overRedemptions: string[];
  readonly violations: string[];
  /** Each with the number of points that nothing explains. */
  readonly points: { readonly what: string; readonly points: number }[];
}

type Kind = Entry['kind'];
type EntryOf<K extends Kind> = Extract<Entry, { kind: K }>;

/** Whose acts may change whom an announcement reaches. */
const MOVES = new Set<Kind>([
  'GRANT',
  'WITHDRAW',
  'SIT_OUT',
  'ERASE',
  'CHECK_IN',
  'CHECK_OUT',
  'ENGAGE',
  'ARRIVE',
  'VETO',
]);

export class Oracle {
  readonly world: World;
  readonly books: Books;
  readonly fans = new Map<number, FanBook>();
  /** All that ever were, by key: who was erased leaves theirs. */
  readonly everybody: FanBook[] = [];
  readonly findings: Findings = { overRedemptions: [], violations: [], points: [] };
  readonly #program: Program;
  readonly #contact: Contact;
  readonly #entries: readonly Entry[];
  readonly #announcements = new Set<string>();
  readonly #stock = new Map<string, number>();

  constructor(grounds: Grounds, program: Program, contact: Contact, entries: readonly Entry[]) {
    this.world = new World(grounds);
    this.#program = program;
    this.#contact = contact;
    this.#entries = entries;
    this.books = new Books(entries, {
      venueOf: (game) => this.world.game(game).venue,
      timeZone: (venue) => this.world.timeZone(venue),
    });
  }

  judge(): Findings {
    for (const [place, entry] of this.#entries.entries()) this.#take(entry, place);
    return this.findings;
  }

  #violation(entry: Entry, what: string): void {
    const who = 'fan' in entry ? `fan ${entry.fan}` : 'the world';
    this.findings.violations.push(`${new Date(entry.at).toISOString()} ${who}, ${entry.kind}: ${what}`);
  }

  #unexplained(entry: Entry, what: string, points: number): void {
    if (points === 0) return;
    const who = 'fan' in entry ? `fan ${entry.fan}` : 'the world';
    const found = `${new Date(entry.at).toISOString()} ${who}, ${entry.kind}: ${what}`;
    this.findings.points.push({ what: found, points: Math.abs(points) });
  }

  /** Whether the answer's code is the one that it has to be. */
  #expect(entry: Entry & { code: string | null }, code: string | null): boolean {
    if (entry.code !== code)
      this.#violation(entry, `answered ${entry.code ?? 'success'}, expected ${code ?? 'success'}`);
    return entry.code === code && code === null;
  }

  #take(entry: Entry, place: number): void {
    switch (entry.kind) {
      case 'POLICY':
        this.world.notices.push(entry);
        return;
      case 'REFUNDS':
        this.world.refunds = entry.policy;
        return;
      case 'GAME':
        return this.#game(entry);
      case 'CAMPAIGN':
        return;
      case 'LAUNCH':
        if (this.#expect(entry, null)) this.books.campaigns.get(entry.campaign)!.launched = true;
        return;
      case 'END':
        if (this.#expect(entry, null)) this.books.campaigns.get(entry.campaign)!.ended = true;
        return;
      case 'PAUSE_CAMPAIGN':
        if (this.#expect(entry, null)) this.books.campaigns.get(entry.campaign)!.paused = entry.paused;
        return;
      case 'ANNOUNCE':
        return this.#announce(entry, place);
      case 'HOME':
        return this.#home(entry);
      case 'ENROLL':
        return this.#enroll(entry);
      case 'FAULT':
        this.#violation(entry, entry.what);
        return;
      case 'OFFER_HEARD':
      case 'ACTIVITY_HEARD':
        return;
      default: {
        const fan = this.fans.get(entry.fan);
        if (fan) this.#act(fan, entry);
        else this.#violation(entry, 'by somebody who never enrolled');
      }
    }
  }

  #act(fan: FanBook, entry: Exclude<Extract<Entry, { fan: number }>, { kind: 'ENROLL' | 'OFFER_HEARD' }>): void {
    const { world } = this;
    const { at } = entry;
    const needs = (allowed: boolean) => (allowed ? null : 'CONSENT_REQUIRED');
    if (fan.erased && entry.kind !== 'ERASE') this.#violation(entry, 'after being erased');
    switch (entry.kind) {
      case 'GRANT': {
        const game = entry.duration === 'GAME' ? world.game(entry.game!) : null;
        const outdated = world.current(at)?.version !== entry.version;
        const over = game !== null && (isOver(game.status) || game.startsAt + 12 * 3_600_000 <= at);
        if (this.#expect(entry, outdated ? 'POLICY_OUTDATED' : over ? 'INVALID_STATE' : null))
          fan.consent.grant(entry.scopes, entry, at);
        return;
      }
      case 'WITHDRAW':
        if (this.#expect(entry, null)) fan.withdraw(entry, world, at);
        return;
      case 'SIT_OUT':
        if (!this.#expect(entry, isOver(world.game(entry.game).status) ? 'INVALID_STATE' : null)) return;
        fan.consent.sitOut(entry.game);
        if (fan.here === entry.game) fan.leave();
        return;
      case 'VETO':
        fan.consent.veto(at);
        return;
      case 'ERASE':
        if (!this.#expect(entry, null)) return;
        fan.erase();
        this.fans.delete(fan.fan);
        return;
      case 'CHECK_IN':
        return this.#checkIn(fan, entry);
      case 'CHECK_OUT': {
        const known = fan.holds('PRESENCE_VENUE', entry.game, at) || fan.holds('HISTORY_ATTENDANCE', entry.game, at);
        this.#expect(entry, fan.visits.has(entry.game) && known ? null : 'NOT_FOUND');
        if (entry.code === null && fan.here === entry.game) fan.leave();
        return;
      }
      case 'ARRIVE':
        return this.#arrive(fan, entry);
      case 'LOOK':
        return this.#look(fan, entry);
      case 'OFFERS':
        return this.#offers(fan, entry);
      case 'ENGAGE':
        return this.#engage(fan, entry);
      case 'CLAIM': {
        const told = fan.told.get(entry.offer);
        const held = told ? fan.holds('OFFERS_LIVE', told.game, at) : false;
        if (entry.claim && told) told.certain = true;
        const repeated = entry.claim ? this.books.claims.get(entry.claim) : undefined;
        if (repeated && repeated.returned < entry.returned) {
          if (repeated.fan !== fan.fan) this.#violation(entry, 'the claim of another fan');
          return;
        }
        if (entry.claim && !told) return this.#violation(entry, 'of an offer that was never announced to them');
        if (entry.claim && !held) return this.#violation(entry, 'without OFFERS_LIVE');
        if (!told) return void this.#expect(entry, 'NOT_FOUND');
        if (!told.certain && entry.code === 'NOT_FOUND') return void fan.told.delete(entry.offer);
        if (!held) return void this.#expect(entry, 'CONSENT_REQUIRED');
        return judgeClaim(entry, this.books, (what) => this.#violation(entry, what), this.#over(entry));
      }
      case 'REDEEM': {
        judgeRedemption(entry, this.books, (what) => this.#violation(entry, what), this.#over(entry));
        const redemption = entry.redemption ? this.books.redemptions.get(entry.redemption) : undefined;
        if (!redemption || redemption.returned < entry.returned) return;
        const { discount } = redemption.claim.campaign.plan;
        const earns =
          discount.kind === 'POINTS' &&
          fan.holds('LOYALTY', redemption.claim.game, at) &&
          fan.holds('HISTORY_PURCHASE', redemption.claim.game, at);
        const earned = earns ? fan.points.earnOffer(`redemption:${redemption.id}`, discount.points, at) : 0;
        return this.#unexplained(entry, `answered ${entry.points} points, expected ${earned}`, entry.points - earned);
      }
      case 'ROLL_BACK': {
        const redemption = this.books.redemptions.get(entry.redemption);
        const first = redemption?.rolledBack?.returned === entry.returned;
        if (entry.code === null && first)
          fan.points.takeBack('OFFER', `redemption:${entry.redemption}`, 1, 1, world.refunds, at);
        if (!redemption && entry.code === null) this.#violation(entry, 'of a redemption that was not');
        return;
      }
      case 'PURCHASE': {
        if (!this.#expect(entry, needs(fan.holds('HISTORY_PURCHASE', world.gameAt(entry.venue, at), at)))) return;
        const reference = entry.purchase!;
        if (!fan.purchases.has(reference)) fan.purchases.set(reference, { total: entry.total, refunded: 0 });
        const earns = fan.holds('LOYALTY', world.gameAt(entry.venue, at), at);
        const amount = entry.total;
        const earned = earns ? fan.points.earn('PURCHASE', `purchase:${reference}`, { amount }, at) : 0;
        return this.#unexplained(entry, `answered ${entry.points} points, expected ${earned}`, entry.points - earned);
      }
      case 'REFUND': {
        const purchase = fan.purchases.get(entry.purchase);
        const fits = purchase && purchase.refunded + entry.amount <= purchase.total;
        if (!this.#expect(entry, purchase ? (fits ? null : 'INVALID_STATE') : 'NOT_FOUND')) return;
        purchase!.refunded += entry.amount;
        const { refunded, total } = purchase!;
        const taken = fan.points.takeBack('PURCHASE', `purchase:${entry.purchase}`, refunded, total, world.refunds, at);
        if (entry.taken === null) return;
        return this.#unexplained(entry, `took ${entry.taken} points, expected ${taken}`, entry.taken - taken);
      }
      case 'REWARD':
        return this.#reward(fan, entry);
      case 'HONOR':
      case 'RETURN': {
        const reward = fan.rewards.get(entry.redemption);
        const may = entry.kind === 'HONOR' ? reward?.state === 'ISSUED' : reward && reward.state !== 'RETURNED';
        if (!this.#expect(entry, may ? null : 'INVALID_STATE')) return;
        const reference = `reward:${entry.redemption}`;
        if (entry.kind === 'HONOR') {
          reward!.state = 'REDEEMED';
          fan.points.contracts.get(reference)!.state = 'REDEEMED';
        } else {
          reward!.state = 'RETURNED';
          fan.points.giveBack(reference, at);
          this.#stock.set(reward!.reward, this.#stock.get(reward!.reward)! - 1);
        }
      }
    }
  }

  #over(entry: Entry): (what: string) => void {
    return (what) => {
      this.findings.overRedemptions.push(`${new Date(entry.at).toISOString()} ${entry.kind}: ${what}`);
    };
  }

  #enroll(entry: EntryOf<'ENROLL'>): void {
    const current = this.world.current(entry.at)?.version === entry.version;
    const expected = !current ? 'POLICY_OUTDATED' : this.fans.has(entry.fan) ? 'ALREADY_ENROLLED' : null;
    if (!this.#expect(entry, expected)) return;
    const fan = new FanBook(entry.fan, entry.key!, this.world, this.#program);
    const to = { recipient: null, duration: 'STANDING', game: null, until: null, version: entry.version } as const;
    fan.consent.grant(['PROFILE', 'LOYALTY', ...entry.also], to, entry.at);
    fan.team = entry.team;
    this.fans.set(entry.fan, fan);
    this.everybody.push(fan);
  }

  /** With its end go presence, and the visits that no consent keeps. */
  #game({ game, status, at }: EntryOf<'GAME'>): void {
    this.world.setStatus(game, status, at);
    if (!isOver(status)) return;
    for (const fan of this.fans.values()) {
      if (fan.here === game) fan.leave();
      if (fan.visits.has(game) && !fan.holds('HISTORY_ATTENDANCE', game, at)) fan.visits.delete(game);
    }
  }

  #checkIn(fan: FanBook, entry: EntryOf<'CHECK_IN'>): void {
    const { game, zone, at } = entry;
    const open = this.world.gatesOpen(game, at);
    const allowed = fan.holds('PRESENCE_VENUE', game, at);
    if (!this.#expect(entry, open ? (allowed ? null : 'CONSENT_REQUIRED') : 'INVALID_STATE')) return;
    if (!fan.visits.has(game)) fan.visits.set(game, { arrivedAt: at, provenAt: null });
    const kept = fan.here === game ? fan.zone : null;
    fan.here = game;
    fan.last = game;
    fan.zone = fan.holds('PRESENCE_ZONE', game, at) ? zone : kept;
  }

  #arrive(fan: FanBook, entry: EntryOf<'ARRIVE'>): void {
    const { game, at } = entry;
    const open = this.world.gatesOpen(game, at);
    const allowed = fan.holds('HISTORY_ATTENDANCE', game, at);
    if (!this.#expect(entry, open ? (allowed ? null : 'CONSENT_REQUIRED') : 'INVALID_STATE')) return;
    const visit = fan.visits.get(game) ?? { arrivedAt: at, provenAt: null };
    visit.provenAt ??= at;
    fan.visits.set(game, visit);
    if (!fan.holds('LOYALTY', game, at)) return this.#unexplained(entry, 'points without LOYALTY', entry.points);
    const count = streakOf(fan, game, this.world);
    const earned =
      fan.points.earn('ATTENDANCE', `game:${game}:${fan.key}`, {}, at) +
      fan.points.earn('STREAK', `streak:${game}:${fan.key}`, { count }, at);
    this.#unexplained(entry, `answered ${entry.points} points, expected ${earned}`, entry.points - earned);
  }

  #look(fan: FanBook, entry: EntryOf<'LOOK'>): void {
    const { balance, at } = entry;
    const shown = fan.holds('LOYALTY', null, at);
    if (shown !== (balance !== null)) this.#violation(entry, `points shown: ${balance !== null}, granted: ${shown}`);
    if (!balance || !shown) return;
    const expected = fan.points.balance(at);
    for (const name of ['points', 'pending', 'held', 'expired'] as const) {
      const [told, due] = [balance[name], expected[name]];
      this.#unexplained(entry, `told ${told} ${name}, expected ${due}`, told - due);
    }
    if (balance.tier !== expected.tier) this.#violation(entry, `tier ${balance.tier}, expected ${expected.tier}`);
  }

  #offers(fan: FanBook, entry: EntryOf<'OFFERS'>): void {
    const { offers, game, at } = entry;
    const shown = fan.holds('OFFERS_LIVE', null, at);
    if (shown !== (offers !== null)) this.#violation(entry, `offers shown: ${offers !== null}, granted: ${shown}`);
    if (!offers || !shown) return;
    for (const offer of offers) {
      const told = fan.told.get(offer);
      const here = told && [told, ...told.or].find((each) => each.game === game);
      if (here) fan.told.set(offer, { ...here, certain: true, or: [] });
      else this.#violation(entry, `offer ${offer}, of which they were not told`);
    }
    for (const [offer, told] of fan.told) {
      if (offers.includes(offer)) continue;
      if (told.certain && told.game === game) this.#violation(entry, `offer ${offer} is missing`);
      const [latest, ...or] = [told, ...told.or].filter((each) => each.game !== game);
      if (told.certain) continue;
      if (latest) fan.told.set(offer, { ...latest, or });
      else fan.told.delete(offer);
    }
  }

  #engage(fan: FanBook, entry: EntryOf<'ENGAGE'>): void {
    const { offer, engagement, at } = entry;
    const told = fan.told.get(offer);
    if (!this.#expect(entry, told ? null : 'NOT_FOUND')) return;
    const allowed = fan.holds('HISTORY_ENGAGEMENT', told!.game, at);
    if (allowed !== entry.recorded) this.#violation(entry, `recorded: ${entry.recorded}, granted: ${allowed}`);
    if (!allowed) return;
    const name = `${offer} ${engagement}`;
    if (!fan.engaged.has(name)) fan.engaged.set(name, { offer, kind: engagement, at });
    if (engagement === 'DISMISS' || !fan.holds('LOYALTY', told!.game, at)) return;
    fan.points.earn('ENGAGEMENT', `offer:${offer}:${engagement}:${fan.key}`, { action: engagement }, at);
  }

  #reward(fan: FanBook, entry: EntryOf<'REWARD'>): void {
    const { redemption, at } = entry;
    if (redemption && fan.rewards.has(redemption)) return;
    const reward = this.#program.rewards.find(({ code }) => code === entry.reward)!;
    const issued = this.#stock.get(entry.reward) ?? 0;
    if (!fan.holds('LOYALTY', null, at)) return void this.#expect(entry, 'CONSENT_REQUIRED');
    const enough = fan.points.balance(at).points >= reward.points;
    // Of those who ask for the last one at once nobody knows who was first.
    if (entry.code === 'INVALID_STATE' && reward.stock !== null && enough) return;
    if (!this.#expect(entry, enough ? null : 'INVALID_STATE')) return;
    fan.points.hold(`reward:${redemption}`, reward.points, at);
    fan.rewards.set(redemption!, { reward: entry.reward, state: 'ISSUED' });
    this.#stock.set(entry.reward, issued + 1);
    if (reward.stock !== null && issued + 1 > reward.stock)
      this.#over(entry)(`${issued + 1} of ${reward.stock} of reward ${entry.reward}`);
  }

  #announce(entry: EntryOf<'ANNOUNCE'>, place: number): void {
    const campaign = this.books.campaigns.get(entry.campaign)!;
    const { game, at } = entry;
    if (entry.announcement && this.#announcements.has(entry.announcement)) return;
    if (!this.#expect(entry, isOpen(campaign, game, this.world, at) ? null : 'INVALID_STATE')) return;
    const announcement = entry.announcement!;
    this.#announcements.add(announcement);
    const moving = this.#moving(entry, place);
    const partnerOf = (offer: string) => this.books.ofOffer.get(offer)!.plan.partner;
    const grounds = { world: this.world, contact: this.#contact, partnerOf };
    for (const fan of this.fans.values()) {
      let verdict: Verdict = verdictOn(fan, campaign, game, grounds, at);
      if (moving.has(fan.fan)) verdict = 'MAYBE';
      const before = fan.told.get(campaign.offer);
      if (verdict === 'NO' || before?.certain) continue;
      const or = before ? [before, ...before.or] : [];
      fan.told.set(campaign.offer, { announcement, game, certain: verdict === 'YES', or });
    }
  }

  /** Who at that game did something while it was announced: whether it came before or after nobody knows. */
  #moving({ at, sent, returned, game }: EntryOf<'ANNOUNCE'>, place: number): Set<number> {
    const moving = new Set<number>();
    const note = (entry: Entry) => {
      if (!MOVES.has(entry.kind) || !('fan' in entry) || entry.sent >= returned || entry.returned <= sent) return;
      const there = entry.kind === 'CHECK_IN' ? entry.game === game : this.fans.get(entry.fan)?.last === game;
      if (there) moving.add(entry.fan);
    };
    for (let each = place - 1; each >= 0 && this.#entries[each]!.returned > sent; each -= 1) note(this.#entries[each]!);
    for (let each = place + 1; this.#entries[each]?.at === at; each += 1) note(this.#entries[each]!);
    return moving;
  }

  #home(entry: EntryOf<'HOME'>): void {
    for (const { campaign: key, redeemed, slots, money } of entry.campaigns) {
      const campaign = this.books.campaigns.get(key);
      if (!campaign) {
        this.#violation(entry, `campaign ${key}, which nobody made`);
        continue;
      }
      const standing = campaign.redemptions.filter(({ rolledBack }) => rolledBack === null);
      const spent = standing.reduce((sum, each) => sum + each.spent, 0);
      const differs =
        (redeemed !== null && redeemed !== standing.length) ||
        (slots !== null && slots !== this.books.slots(campaign, entry, 'CERTAIN')) ||
        (money !== null && money !== spent);
      if (differs)
        this.#violation(
          entry,
          `campaign ${key} tells ${redeemed} redeemed, ${slots} slots, ${money} money; expected ${standing.length} and ${spent}`,
        );
    }
  }
}
