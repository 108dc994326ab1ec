/**
 * Documents of any schema, at random: fields under aliases, in fragments named and inline, under conditions, with
 * arguments left out, written out, null, or given by variables that are themselves given, left out, null or wrong.
 */
import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import type { Draw } from './draw.ts';

export interface Written {
  readonly text: string;
  readonly variables: Record<string, unknown>;
}

/** Values for a scalar: as a literal, and as JSON. Null: as for any other scalar. */
export type Values = (type: GraphQLNamedType, name: string, draw: Draw) => [literal: string, json: unknown] | null;

export interface WriteOptions {
  readonly schema: GraphQLSchema;
  readonly kind: 'query' | 'mutation';
  readonly values?: Values;
  readonly depth?: number;
  /** Fields that are not asked for, by coordinate. */
  readonly leftOut?: ReadonlySet<string>;
}

const ODD = ['1', '"x"', 'true', '[]', '{}', '-7'] as const;

export function writeDocument(draw: Draw, options: WriteOptions): Written {
  return new Writer(draw, options).write();
}

/** As JSON: what a client sends for a variable of that type. */
export const writeValue = (draw: Draw, options: WriteOptions, type: GraphQLInputType, name: string): unknown =>
  new Writer(draw, options).json(type, name);

class Writer {
  readonly #draw: Draw;
  readonly #options: WriteOptions;
  readonly #declared: string[] = [];
  readonly #variables: Record<string, unknown> = {};
  readonly #fragments: string[] = [];
  #count = 0;

  constructor(draw: Draw, options: WriteOptions) {
    this.#draw = draw;
    this.#options = options;
  }

  write(): Written {
    const { schema, kind, depth = 4 } = this.#options;
    const root = kind === 'query' ? schema.getQueryType()! : schema.getMutationType()!;
    const body = this.#selection(root, depth);
    const declared = this.#declared.length > 0 ? `(${this.#declared.join(', ')})` : '';
    return { text: `${kind} Any${declared} ${body} ${this.#fragments.join(' ')}`, variables: this.#variables };
  }

  json(type: GraphQLInputType, name: string): unknown {
    return this.#value(type, name, 3)[1];
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const parts = Array.from({ length: 1 + this.#draw.below(4) }, () => this.#part(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #part(type: GraphQLCompositeType, depth: number): string {
    const condition = this.#condition();
    const kind = this.#draw.below(12);
    if (kind === 0 || depth < -2) return `__typename ${condition}`;
    if (kind <= 2 || (isAbstractType(type) && kind <= 7)) {
      const on = this.#narrowed(type);
      const typeCondition = kind === 1 && on === type ? '' : `on ${on.name}`;
      return `... ${typeCondition} ${condition} ${this.#selection(on, depth - 1)}`;
    }
    if (kind === 3) {
      const on = this.#narrowed(type);
      const name = `F${this.#next()}`;
      this.#fragments.push(`fragment ${name} on ${on.name} ${this.#selection(on, depth - 1)}`);
      return this.#draw.chance(3) ? `...${name} ...${name} ${condition}` : `...${name} ${condition}`;
    }
    return this.#field(type, depth, condition);
  }

  #narrowed(type: GraphQLCompositeType): GraphQLCompositeType {
    if (isAbstractType(type)) return this.#draw.from([type, ...this.#options.schema.getPossibleTypes(type)]);
    return isObjectType(type) ? this.#draw.from([type, ...type.getInterfaces()]) : type;
  }

  #field(type: GraphQLCompositeType, depth: number, condition: string): string {
    const { leftOut } = this.#options;
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    const fitting = fields.filter(
      (field) =>
        !leftOut?.has(`${type.name}.${field.name}`) && (depth > 0 || !isCompositeType(getNamedType(field.type))),
    );
    if (fitting.length === 0) return `__typename ${condition}`;
    const field = this.#draw.from(fitting);
    const below = getNamedType(field.type);
    const given = field.args.flatMap((argument) => this.#argument(argument));
    const alias =
      given.length > 0 || this.#draw.chance(3) ? `${this.#draw.from(['a', 'b', 'then'])}${this.#next()}: ` : '';
    const selection = isCompositeType(below) ? this.#selection(below, depth - 1) : '';
    return `${alias}${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''} ${condition} ${selection}`;
  }

  #condition(): string {
    if (!this.#draw.chance(6)) return '';
    const name = this.#draw.from(['skip', 'include']);
    const way = this.#draw.below(4);
    if (way === 0) return `@${name}(if: ${this.#draw.chance(2)})`;
    return `@${name}(if: $${this.#variable('Boolean', way === 1 ? 'true' : null, way !== 1, this.#draw.chance(2), true)})`;
  }

  #argument(argument: GraphQLArgument): string[] {
    if (!isRequiredArgument(argument) && this.#draw.chance(3)) return [];
    return [`${argument.name}: ${this.#input(argument.type, argument.name, 3)}`];
  }

  #input(type: GraphQLInputType, name: string, depth: number): string {
    if (this.#draw.chance(3)) {
      const [literal, json] = this.#value(type, name, depth);
      const hasDefault = this.#draw.chance(3);
      const nullable = isNonNullType(type) && hasDefault ? String(type.ofType) : String(type);
      return `$${this.#variable(nullable.replace(/!$/, ''), hasDefault ? literal : null, nullable.endsWith('!'), json, false)}`;
    }
    return this.#literal(type, name, depth);
  }

  /** Written out, with variables here and there within. */
  #literal(type: GraphQLInputType, name: string, depth: number): string {
    if (isNonNullType(type)) return this.#literal(type.ofType, name, depth);
    if (isListType(type) && this.#draw.chance(2)) {
      const items = Array.from({ length: this.#draw.below(3) }, () => this.#input(type.ofType, name, depth - 1));
      return `[${items.join(', ')}]`;
    }
    if (isInputObjectType(type) && depth > 0) {
      const fields = Object.values(type.getFields());
      const chosen = type.isOneOf
        ? [this.#draw.from(fields)]
        : fields.filter((field) => isRequiredInputField(field) || this.#draw.chance(2));
      return `{ ${chosen.map((field) => `${field.name}: ${this.#input(field.type, field.name, depth - 1)}`).join(', ')} }`;
    }
    return this.#value(type, name, depth)[0];
  }

  #value(type: GraphQLInputType, name: string, depth: number): [string, unknown] {
    if (isNonNullType(type)) return this.#value(type.ofType, name, depth);
    if (depth > 0 && this.#draw.chance(12)) return ['null', null];
    if (isListType(type)) {
      const items = Array.from({ length: this.#draw.below(3) }, () => this.#value(type.ofType, name, 0));
      return [`[${items.map(([literal]) => literal).join(', ')}]`, items.map(([, json]) => json)];
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      const chosen = type.isOneOf
        ? [this.#draw.from(fields)]
        : fields.filter((field) => isRequiredInputField(field) || (depth > 0 && this.#draw.chance(2)));
      const inside = chosen.map((field) => [field.name, this.#value(field.type, field.name, depth - 1)] as const);
      return [
        `{ ${inside.map(([key, [literal]]) => `${key}: ${literal}`).join(', ')} }`,
        Object.fromEntries(inside.map(([key, [, json]]) => [key, json])),
      ];
    }
    if (isEnumType(type)) {
      const value = this.#draw.from(type.getValues()).name;
      return [value, value];
    }
    return this.#options.values?.(type, name, this.#draw) ?? this.#scalar(type.name);
  }

  #scalar(name: string): [string, unknown] {
    const value = {
      Int: this.#draw.below(50),
      Float: this.#draw.below(50) / 4,
      Boolean: this.#draw.chance(2),
      DateTime: `2026-07-0${1 + this.#draw.below(8)}T17:05:00.000Z`,
      URL: 'https://example.com/',
    }[name];
    const chosen = value ?? this.#draw.from(['x', 'demo', 'é"\\n', '']);
    return [JSON.stringify(chosen), chosen];
  }

  #variable(type: string, byDefault: string | null, isRequired: boolean, json: unknown, isCondition: boolean): string {
    const name = `v${this.#next()}`;
    this.#declared.push(`$${name}: ${type}${isRequired ? '!' : ''}${byDefault === null ? '' : ` = ${byDefault}`}`);
    const given = this.#draw.below(10);
    if (given === 0 && !isCondition) this.#variables[name] = null;
    else if (given === 1 && !isCondition) this.#variables[name] = JSON.parse(this.#draw.from(ODD));
    else if (given <= 7 || isRequired) this.#variables[name] = json;
    return name;
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}
