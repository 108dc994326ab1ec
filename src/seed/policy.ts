/** The first policy, in plain language. What each scope gates stands on /policy, derived from the schema. */
export const FIRST_POLICY = {
  version: '2026-1',
  materialChange: false,
  effectiveAt: new Date('2026-01-01T00:00:00Z'),
  text: `You decide, purpose by purpose, and nothing is on until you switch it on by name.

When you enroll we keep your profile and your points, because that is what a loyalty programme is. Leaving is one step.

Everything else is a question we ask: whether we may know that you are here, where in the venue you are, send you offers during the game, remember the games you attended, or choose what fits you. You can say yes for one game, until a day, or until you say no.

A sponsor or vendor sees something about you only if you have named that sponsor for that purpose, and only what we may see ourselves.

When you say no, it stops at once, on screens that are already open too. You can also have what was collected erased. Points that you have earned stay yours.

You can always see what we hold, who looked at it, and why an offer reached you.
`,
} as const;
