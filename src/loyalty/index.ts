export type { EarningSource } from './points.entity.ts';
export { earnByRules, earnPoints, reverseEarnings } from './points.service.ts';
