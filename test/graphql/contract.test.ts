/** The schema against the consumers' contract: what is said to work, validates; what is printed, is committed. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DefinitionNode, Kind, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import { buildSchema, printSchema } from '../../src/graphql/schema.ts';

const CONTRACT = fileURLToPath(new URL('../../../shared/contract/operations.graphql', import.meta.url));
const WORKING = [
  'PublicPolicy',
  'Venues',
  'Games',
  'TeamsAndPartners',
  'Rewards',
  'EnrollFan',
  'UpdateMe',
  'Me',
  'GrantConsent',
  'WithdrawConsent',
  'PauseForGame',
  'PreviewConsent',
  'EraseMe',
  'CheckIn',
  'CheckOut',
  'MyClaims',
  'ClaimOffer',
  'MyOffers',
  'WhyNot',
  'RecordEngagement',
  'RedeemReward',
  'CreateCampaign',
  'DryRunCampaign',
  'AnnounceOffer',
  'PauseCampaign',
  'EndCampaign',
  'LiveOffers',
  'OfferStream',
  'ConsentChanges',
  'RedeemClaim',
  'RollbackRedemption',
  'SetGameStatus',
  'WhoAmI',
  'ById',
];

describe('the schema', () => {
  const schema = buildSchema();

  it('is what schema.graphql says', () => {
    const committed = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8');
    expect(printSchema(schema)).toBe(committed);
  });

  it('names its gates in the SDL, as many as it has', () => {
    const printed = printSchema(schema).match(/@consent\(scope: [A-Z_]+\)/g) ?? [];
    expect(printed).toHaveLength([...gatedFields(schema).values()].flat().length);
    expect(printSchema(schema)).toContain('displayName: String @consent(scope: PROFILE)');
  });

  const present = existsSync(CONTRACT);
  it.skipIf(!present)(
    `validates the contract's documents${present ? '' : ' (skipped: the contract is not here)'}`,
    () => {
      const document = parse(readFileSync(CONTRACT, 'utf8'));
      const named = (definition: DefinitionNode) =>
        definition.kind === Kind.OPERATION_DEFINITION ? definition.name!.value : '';
      const mistakes = WORKING.map((name) => {
        const definitions = document.definitions.filter((definition) => named(definition) === name);
        return [name, definitions.length, validate(schema, { ...document, definitions })];
      });
      expect(mistakes).toEqual(WORKING.map((name) => [name, 1, []]));
    },
  );
});
