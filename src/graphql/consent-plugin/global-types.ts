import type {
  FieldNullability,
  InputFieldMap,
  ObjectFieldsShape,
  ObjectRef,
  SchemaTypes,
  TypeParam,
} from '@pothos/core';
import type { ConsentPlugin } from './index.ts';
import type { SubjectFieldBuilder } from './subject-field-builder.ts';
import type { ConsentFieldOptions, FindSubject } from './types.ts';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      consent: ConsentPlugin<Types>;
    }

    export interface PothosKindToGraphQLType {
      Subject: 'Object';
    }

    export interface FieldOptionsByKind<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      Subject: FieldOptionsByKind<
        Types,
        ParentShape,
        Type,
        Nullable,
        Args,
        ResolveShape,
        ResolveReturnShape
      >['Object'] &
        ConsentFieldOptions;
    }

    export interface SchemaBuilder<Types extends SchemaTypes> {
      /**
       * An object type about a fan: each of its fields must name its consent. `subject` finds the fan.
       */
      subjectType: <Shape extends object>(
        ref: ObjectRef<Types, Shape, Shape>,
        options: Omit<ObjectTypeOptions<Types, Shape>, 'fields' | 'interfaces'> & {
          subject: FindSubject<Shape, Types['Context']>;
          // biome-ignore lint/suspicious/noExplicitAny: an interface of any shape
          interfaces?: PothosSchemaTypes.InterfaceRef<Types, any, any>[];
          fields: (t: SubjectFieldBuilder<Types, Shape>) => ReturnType<ObjectFieldsShape<Types, Shape>>;
        },
      ) => ObjectRef<Types, Shape, Shape>;
    }
  }
}
