/**
 * Door one. Every field of a subject type names the scope that gates it, or `null`. Leaving it out is a TypeScript
 * error; what slips past that fails the schema build by name. At run time a gated field resolves to null, without an
 * error, unless the context's consent view shows it. It holds no rule of its own.
 */
import './global-types.ts';
import SchemaBuilder, {
  BasePlugin,
  type ObjectRef,
  type PothosOutputFieldConfig,
  PothosSchemaError,
  type SchemaTypes,
} from '@pothos/core';
import { type GraphQLFieldResolver, type GraphQLSchema, isNonNullType, isObjectType } from 'graphql';
import { CONSENT_SCOPES, type ConsentScope, type ConsentView } from '../../consent/index.ts';
import { SubjectFieldBuilder } from './subject-field-builder.ts';
import type { ConsentFieldOptions, FindSubject } from './types.ts';

const PLUGIN = 'consent';

interface GatedContext {
  consent: ConsentView;
}

const builderPrototype = SchemaBuilder.prototype as PothosSchemaTypes.SchemaBuilder<SchemaTypes>;

builderPrototype.subjectType = function subjectType(ref, { subject, fields, interfaces, ...options }) {
  return this.objectType(ref as ObjectRef<SchemaTypes, object>, {
    ...options,
    interfaces: interfaces as never,
    extensions: { ...options.extensions, subject },
    fields: () => fields(new SubjectFieldBuilder(this) as never) as never,
  }) as never;
};

export class ConsentPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const { consent, selfOnly } = field.pothosOptions as Partial<ConsentFieldOptions>;
    if (consent === undefined) return field;
    const directives = field.extensions?.directives as Record<string, unknown> | undefined;
    return {
      ...field,
      extensions: {
        ...field.extensions,
        consent,
        selfOnly,
        ...(consent === null ? {} : { directives: { ...directives, consent: { scope: consent } } }),
      },
    };
  }

  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    const { consent, selfOnly } = (field.extensions ?? {}) as Partial<ConsentFieldOptions>;
    if (!consent && !selfOnly) return resolve;
    return async (parent, args, context, info) => {
      const findSubject = info.parentType.extensions.subject as FindSubject<unknown, GatedContext> | undefined;
      const gated = context as unknown as GatedContext;
      const subject = findSubject?.(parent, gated) ?? null;
      if (!subject || (selfOnly && !(await gated.consent.isSelfOrGuardian(subject)))) return null;
      if (consent && !(await gated.consent.shows(subject, consent))) return null;
      return resolve(parent, args, context, info);
    };
  }

  override afterBuild(schema: GraphQLSchema): GraphQLSchema {
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type)) continue;
      const isSubject = type.extensions.subject !== undefined;
      for (const field of Object.values(type.getFields())) {
        const { consent, selfOnly } = field.extensions as Partial<ConsentFieldOptions>;
        const name = `${type.name}.${field.name}`;
        if (isSubject && consent === undefined) {
          throw new PothosSchemaError(`${name} is a field about a fan and does not say which consent gates it`);
        }
        if (!isSubject && consent)
          throw new PothosSchemaError(`${name} names a consent, but ${type.name} has no subject`);
        if (selfOnly && isNonNullType(field.type))
          throw new PothosSchemaError(`${name} is selfOnly and must be nullable`);
        if (!consent) continue;
        if (!CONSENT_SCOPES.includes(consent))
          throw new PothosSchemaError(`${name} names the unknown scope ${consent}`);
        if (isNonNullType(field.type))
          throw new PothosSchemaError(`${name} is gated by ${consent} and must be nullable`);
      }
    }
    return schema;
  }
}

SchemaBuilder.registerPlugin(PLUGIN, ConsentPlugin);

const gatedFieldsOf = new WeakMap<GraphQLSchema, ReadonlyMap<ConsentScope, string[]>>();

/** The schema coordinates that each scope gates, sorted, read from the built schema once. */
export function gatedFields(schema: GraphQLSchema): ReadonlyMap<ConsentScope, string[]> {
  const known = gatedFieldsOf.get(schema) ?? readGatedFields(schema);
  gatedFieldsOf.set(schema, known);
  return known;
}

function readGatedFields(schema: GraphQLSchema): ReadonlyMap<ConsentScope, string[]> {
  const fields = new Map<ConsentScope, string[]>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const consent = field.extensions.consent as ConsentScope | null | undefined;
      if (consent) fields.set(consent, [...(fields.get(consent) ?? []), `${type.name}.${field.name}`].sort());
    }
  }
  return fields;
}
