/**
 * What may be seen, decided by the rule as it is written for people and by nothing of the server's: a gated field shows
 * iff the viewer may see the fan at all, the operator holds its scope, and, where the viewer is a partner, the partner
 * holds it too. An event of a stream needs each scope without a gap since it was captured.
 */
import { CONSENT_SCOPES } from '../../src/consent/scopes.ts';

export type ViewerName =
  | 'the fan'
  | 'another fan'
  | 'this partner'
  | 'another partner'
  | 'staff of the venue'
  | 'staff of another venue'
  | 'a device'
  | 'nobody';

/** The scopes in force, as a state leaves them. */
export interface Truth {
  readonly operator: ReadonlySet<string>;
  readonly thisPartner: ReadonlySet<string>;
  readonly anotherPartner: ReadonlySet<string>;
  /** In force to the operator without a gap since the first announcement. */
  readonly unbroken: ReadonlySet<string>;
  /** In force to this partner again, after a gap since the first announcement. */
  readonly brokenToThisPartner?: ReadonlySet<string>;
  /** Whether the fan is recorded as present at the venue. */
  readonly present: boolean;
  /** Whether the visit is kept and its game still goes on. */
  readonly visitLasts: boolean;
  readonly visitKept: boolean;
  /** Scopes that the rule lets be seen or not, such as a standing one while one game is paused. */
  readonly unclear?: ReadonlySet<string>;
  readonly erased?: true;
}

export type Verdict = 'shown' | 'withheld' | 'either';

export const NONE: ReadonlySet<string> = new Set();
export const ALL: ReadonlySet<string> = new Set(CONSENT_SCOPES);
export const allBut = (...scopes: readonly string[]): ReadonlySet<string> => ALL.difference(new Set(scopes));

/** What one viewer may see of the fan in a state, on the whole and by scope. */
export class Oracle {
  readonly #truth: Truth;
  readonly viewer: ViewerName;

  constructor(truth: Truth, viewer: ViewerName) {
    this.#truth = truth;
    this.viewer = viewer;
  }

  get isSelf(): boolean {
    return this.viewer === 'the fan';
  }

  /** Whoever signs in as the fan was before is somebody new by now, or nobody. */
  get isGone(): boolean {
    return this.isSelf && this.#truth.erased === true;
  }

  sees(): Verdict {
    const { operator, present, unclear, erased } = this.#truth;
    switch (this.viewer) {
      case 'the fan':
        return erased ? 'withheld' : 'shown';
      case 'this partner':
      case 'another partner':
        if (this.#shared().size === 0) return 'withheld';
        return unclear ? 'either' : 'shown';
      case 'staff of the venue':
        // Nobody who is not there holds a claim in these states.
        if (!present) return 'withheld';
        return unclear?.has('PRESENCE_VENUE') ? 'either' : operator.has('PRESENCE_VENUE') ? 'shown' : 'withheld';
      default:
        return 'withheld';
    }
  }

  /** Whether what these scopes gate, one within the other, is shown. */
  shows(scopes: readonly string[], captured = false): Verdict {
    const seen = this.sees();
    if (seen === 'withheld') return 'withheld';
    const inForce = this.#shared();
    const held = scopes.map((scope): Verdict => {
      if (captured && !this.#unbroken(scope)) return 'withheld';
      if (this.#truth.unclear?.has(scope)) return 'either';
      return inForce.has(scope) ? 'shown' : 'withheld';
    });
    if (held.includes('withheld')) return 'withheld';
    return seen === 'either' || held.includes('either') ? 'either' : 'shown';
  }

  showsAnyOf(scopes: readonly string[]): Verdict {
    const verdicts = scopes.map((scope) => this.shows([scope]));
    return verdicts.includes('shown') ? 'shown' : verdicts.includes('either') ? 'either' : 'withheld';
  }

  /**
   * `node(id)` of a personal type: a visit, a purchase and points by their scopes, a grant and a claim to the fan alone,
   * what was announced by OFFERS_LIVE and to no partner but whose offer it is, all else to who sees the fan.
   */
  node(type: string): Verdict {
    const { visitLasts, visitKept } = this.#truth;
    const ofTheFanAlone = ['Consent', 'ConsentHistoryEntry', 'Claim'].includes(type);
    if (ofTheFanAlone) return this.isSelf ? this.sees() : 'withheld';
    if (type === 'Delivery') return this.viewer === 'another partner' ? 'withheld' : this.shows(['OFFERS_LIVE']);
    if (type === 'Purchase') return this.showsAnyOf(['HISTORY_PURCHASE']);
    if (type === 'PointsEntry' || type === 'RewardRedemption') return this.showsAnyOf(['LOYALTY']);
    if (type !== 'Visit') return this.sees();
    if (!visitKept) return 'withheld';
    return this.showsAnyOf(visitLasts ? ['HISTORY_ATTENDANCE', 'PRESENCE_VENUE'] : ['HISTORY_ATTENDANCE']);
  }

  /** A visit is told where it may be found. */
  visit(): Verdict {
    return this.node('Visit');
  }

  #unbroken(scope: string): boolean {
    const { unbroken, brokenToThisPartner } = this.#truth;
    return unbroken.has(scope) && !(this.viewer === 'this partner' && brokenToThisPartner?.has(scope));
  }

  /** The scopes in force towards this viewer. */
  #shared(): ReadonlySet<string> {
    const { operator, thisPartner, anotherPartner } = this.#truth;
    if (this.viewer === 'this partner') return operator.intersection(thisPartner);
    if (this.viewer === 'another partner') return operator.intersection(anotherPartner);
    return operator;
  }
}
