/** The age from which one consents for oneself, by ISO 3166 code; `*` is everywhere else. Data, set by the operator. */
import { defineEntity, p } from '@mikro-orm/core';

export const AgeThreshold = defineEntity({
  name: 'AgeThreshold',
  tableName: 'age_threshold',
  properties: {
    jurisdiction: p.text().primary(),
    years: p.smallint(),
    /** The law it comes from. */
    source: p.text(),
  },
});
