/** The schema: every slice adds its types to the builder, and here it is built once and printed. */
import '../consent/consent.graphql.ts';
import '../consent/consent-changes.graphql.ts';
import '../consent/pause.graphql.ts';
import '../consent/preview.graphql.ts';
import '../fans/fans.graphql.ts';
import '../fans/wards.graphql.ts';
import '../identity/viewer.graphql.ts';
import '../loyalty/purchases.graphql.ts';
import '../loyalty/redeem-reward.graphql.ts';
import '../offers/campaigns.graphql.ts';
import '../offers/claims/claims.graphql.ts';
import '../offers/claims/combining.graphql.ts';
import '../offers/claims/redemptions.graphql.ts';
import '../offers/contact/contact.graphql.ts';
import '../offers/dry-run.graphql.ts';
import '../offers/engagement.graphql.ts';
import '../offers/live-offers.graphql.ts';
import '../offers/my-offers.graphql.ts';
import '../offers/offer-stream.graphql.ts';
import '../offers/why-not.graphql.ts';
import '../partners/partner-home.graphql.ts';
import '../partners/partners.graphql.ts';
import '../rights/rights.graphql.ts';
import '../venues/games.graphql.ts';
import '../venues/venues.graphql.ts';
import '../visits/visits.graphql.ts';
import './errors.graphql.ts';
import './node.ts';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLEnumType,
  GraphQLNonNull,
  GraphQLSchema,
  lexicographicSortSchema,
} from 'graphql';
import { builder } from './builder.ts';

/** The built schema, with `@consent` among its directives, so that introspection explains it. */
export function buildSchema(): GraphQLSchema {
  const built = builder.toSchema();
  const consent = new GraphQLDirective({
    name: 'consent',
    description: 'Without this consent the field is null: the operator must hold it, and a partner who asks must too.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: { scope: { type: new GraphQLNonNull(built.getType('ConsentScope') as GraphQLEnumType) } },
  });
  const config = built.toConfig();
  return lexicographicSortSchema(new GraphQLSchema({ ...config, directives: [...config.directives, consent] }));
}

/** The SDL with every gated field's `@consent(scope:)`: what `schema.graphql` holds. */
export const printSchema = (schema: GraphQLSchema): string => `${printSchemaWithDirectives(schema)}\n`;
