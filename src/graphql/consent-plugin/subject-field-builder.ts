import { FieldBuilder, type SchemaTypes } from '@pothos/core';

/** The field builder of subject types: its kind makes `consent` mandatory in the options of every field. */
export class SubjectFieldBuilder<Types extends SchemaTypes, ParentShape> extends FieldBuilder<
  Types,
  ParentShape,
  'Subject'
> {
  constructor(builder: PothosSchemaTypes.SchemaBuilder<Types>) {
    super(builder, 'Subject', 'Object');
  }
}
