/** One game: fans arrive, offers are announced, everybody does what they do, and in the end they leave. */
import { inParallel, type Random } from '../gameday/random.ts';
import { Listener } from './listener.ts';
import type { Phone } from './phone.ts';
import type { Scene } from './scene.ts';
import type { Running, Sponsors } from './sponsors.ts';
import type { Tills } from './till.ts';

export interface Cast {
  readonly scene: Scene;
  readonly sponsors: Sponsors;
  readonly tills: Tills;
  /** How many requests of one game are under way at once. */
  readonly width: number;
}

const ANNOUNCED = 3;
const CROWD = 8;
/** At most so many listen live at a game, of the share of fans who would. */
const LISTENING = 2;
const LIVE = 0.02;
const HOUR_MS = 3_600_000;
/** Of the zones, all but the gate. */
const SEATS = 3;

/** The first half: from the gates to the middle of the game. */
export async function beginGame(cast: Cast, game: number, phones: readonly Phone[], random: Random): Promise<void> {
  const { sponsors, tills, width } = cast;
  await inParallel(phones, width, (phone) => arrive(cast, phone, game));
  // Some listen live, and take nothing back meanwhile.
  const listening = phones.filter((phone) => isListening(phone, game)).slice(0, LISTENING);
  const ears = await Promise.all(listening.map((phone) => Listener.ofFan(cast.scene, phone, game)));
  const [before, ...during] = chooseCampaigns(sponsors, phones.length, random);
  if (before) await sponsors.announce(before, game, random);
  await tills.setStatus(game, 'LIVE');
  // A few withdraw just while it is announced.
  const restless = phones.filter(
    (phone) => !phone.erased && !listening.includes(phone) && phone.chances(game, 1).chance(0.03),
  );
  await Promise.all([
    inOrder(during, (campaign) => sponsors.announce(campaign, game, random)),
    inParallel(restless, 4, (phone) => phone.withdraw(['OFFERS_LIVE'])),
  ]);
  for (const [place, phone] of listening.entries()) {
    await phone.seeOffers(game);
    await ears[place]!.tellOffers(cast.scene, phone);
  }
  await inParallel(phones, width, (phone) => enjoy(cast, phone, game, [...(before ? [before] : []), ...during]));
}

const isListening = (phone: Phone, game: number): boolean =>
  !phone.erased && phone.guest.temper.scopes.includes('OFFERS_LIVE') && phone.chances(game, 1).chance(LIVE);

/** The second half: what is done before one goes home, and the last out. */
export async function endGame(cast: Cast, game: number, phones: readonly Phone[], random: Random): Promise<void> {
  await inParallel(phones, cast.width, (phone) => goHome(cast, phone, game));
  await cast.tills.setStatus(game, random.chance(0.01) ? 'SUSPENDED' : random.chance(0.01) ? 'POSTPONED' : 'FINAL');
}

function chooseCampaigns({ running }: Sponsors, crowd: number, random: Random): Running[] {
  const rest = [...running];
  const chosen: Running[] = [];
  while (rest.length > 0 && chosen.length < (crowd >= CROWD ? ANNOUNCED : 1)) {
    chosen.push(...rest.splice(Math.floor(random.next() * rest.length), 1));
  }
  return chosen;
}

async function arrive({ tills }: Cast, phone: Phone, game: number): Promise<void> {
  if (phone.erased) return;
  const random = phone.chances(game, 0);
  if (!phone.enrolled) await phone.enroll();
  await phone.consent(game);
  const { scopes } = phone.guest.temper;
  const says = scopes.includes('PRESENCE_VENUE');
  if (random.chance(says ? 0.8 : 0.1)) await phone.checkIn(game, 1 + Math.floor(random.next() * SEATS));
  phone.memberCode = null;
  if (random.chance(scopes.includes('HISTORY_ATTENDANCE') ? 0.45 : 0.06)) {
    await phone.look(random.chance(0.01));
    await tills.confirmArrival(phone, game);
    if (random.chance(0.03)) await tills.confirmArrival(phone, game);
  }
}

async function enjoy(cast: Cast, phone: Phone, game: number, announced: readonly Running[]): Promise<void> {
  if (phone.erased) return;
  const { tills } = cast;
  const random = phone.chances(game, 2);
  phone.offers = [];
  if (random.chance(phone.guest.temper.scopes.includes('OFFERS_LIVE') ? 0.5 : 0.05)) await phone.seeOffers(game);
  for (const offer of phone.offers) {
    if (random.chance(0.3)) await phone.engage(offer, random.pick(['VIEW', 'VIEW', 'CLICK', 'DISMISS'] as const));
    if (random.chance(0.4)) await claimAndRedeem(cast, phone, game, offer, random);
  }
  // Something that nobody told this fan of, or that was withdrawn meanwhile.
  if (announced.length > 0 && random.chance(0.06)) {
    const { offer } = random.pick(announced);
    if (!phone.offers.includes(offer)) await phone.claim(offer, game);
    if (!phone.offers.includes(offer) && random.chance(0.5)) await phone.engage(offer, 'VIEW');
  }
  if (phone.memberCode && random.chance(0.35)) await tills.sell(phone, game, 300 + Math.floor(random.next() * 6_000));
  await takeReward(phone, random);
  if (random.chance(0.015)) await phone.sitOut(game);
  else if (random.chance(0.02)) await phone.takeBack(random);
}

async function claimAndRedeem(cast: Cast, phone: Phone, game: number, offer: string, random: Random): Promise<void> {
  const { tills } = cast;
  const key = phone.newKey();
  const claim = await phone.claim(offer, game, key);
  // Asked again, as a phone does that heard nothing; and once more, as somebody does who wants two.
  if (random.chance(0.05)) await phone.claim(offer, game, key);
  if (random.chance(0.1)) await phone.claim(offer, game);
  if (!claim || !random.chance(0.7)) return;
  const scan = { key: tills.newKey(), total: 400 + Math.floor(random.next() * 5_000), order: orderOf(phone, game) };
  // One code at two tills at once.
  if (random.chance(0.04))
    await Promise.all([
      tills.redeem(phone, claim, game, scan),
      tills.redeem(phone, claim, game, { ...scan, key: tills.newKey() }),
    ]);
  else await tills.redeem(phone, claim, game, scan);
  if (random.chance(0.05)) await tills.redeem(phone, claim, game, scan);
  if (random.chance(0.02))
    await tills.redeem(phone, { ...claim, id: 'none', code: 'WRONG-CODE-0000' }, game, {
      ...scan,
      key: tills.newKey(),
    });
  if (!claim.redemption || !random.chance(0.06)) return;
  const again = tills.newKey();
  await tills.rollBack(phone, claim.redemption, game, again);
  if (random.chance(0.3)) await tills.rollBack(phone, claim.redemption, game, again);
  if (random.chance(0.5)) await tills.redeem(phone, claim, game, { ...scan, key: tills.newKey() });
}

/** All that a fan buys at a game is one order. */
const orderOf = (phone: Phone, game: number) => `${game}-${phone.fan}`;

async function takeReward(phone: Phone, random: Random): Promise<void> {
  const affordable = [
    ['batting-practice', 600],
    ['cap', 200],
    ['pretzel', 60],
  ].find(([, points]) => phone.points >= Number(points));
  if (affordable && random.chance(0.25)) await phone.takeReward(String(affordable[0]));
  else if (random.chance(0.005)) await phone.takeReward('batting-practice');
}

async function goHome(cast: Cast, phone: Phone, game: number): Promise<void> {
  if (phone.erased) return;
  const { tills, scene } = cast;
  const random = phone.chances(game, 3);
  for (const claim of phone.claims.filter((each) => each.game === game && each.redemption === null)) {
    if (!random.chance(0.3)) continue;
    const scanned = random.chance(0.3) ? scene.journal.at - Math.floor(random.next() * 2 * HOUR_MS) : null;
    await tills.redeem(phone, claim, game, { total: 900, order: orderOf(phone, game), scanned });
  }
  const [bought] = phone.bought.filter((each) => each.left > 0 && each.game === game);
  if (bought && random.chance(0.12)) {
    await tills.refund(phone, bought, random.chance(0.5) ? bought.left : Math.ceil(bought.left / 3));
    if (bought.left > 0 && random.chance(0.5)) await tills.refund(phone, bought, bought.left);
  }
  for (const reward of phone.rewards.splice(0)) {
    await tills.settle(phone, reward, random.chance(0.2) ? 'RETURN' : 'HONOR', game);
    if (random.chance(0.1)) await tills.settle(phone, reward, random.pick(['RETURN', 'HONOR'] as const), game);
  }
  if (random.chance(0.1)) await phone.checkOut(game);
  if (random.chance(0.01)) await phone.erase();
  else if (random.chance(0.02)) await phone.takeBack(random);
}

async function inOrder<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await work(item);
}
