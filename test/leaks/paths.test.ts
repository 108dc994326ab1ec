/** The suite that judges the schema, judged: it finds every way to a gated field, and is never silent about one. */
import {
  GraphQLBoolean,
  type GraphQLFieldConfigMap,
  GraphQLID,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { SHAPES, writeDocuments } from './documents.ts';
import { coordinateOf, findPaths } from './paths.ts';

const gated = { extensions: { consent: 'PROFILE', directives: { consent: { scope: 'PROFILE' } } } };
const Node = new GraphQLInterfaceType({ name: 'Node', fields: { id: { type: GraphQLID } } });
const Person: GraphQLObjectType = new GraphQLObjectType({
  name: 'Person',
  interfaces: [Node],
  extensions: { subject: () => null },
  fields: { id: { type: GraphQLID }, shoeSize: { type: GraphQLInt, ...gated } },
});
const Stone = new GraphQLObjectType({ name: 'Stone', interfaces: [Node], fields: { id: { type: GraphQLID } } });
const Thing = new GraphQLUnionType({ name: 'Thing', types: [Person, Stone] });
const Edge = new GraphQLObjectType({
  name: 'PeopleConnectionEdge',
  fields: { node: { type: Person }, cursor: { type: GraphQLString } },
});
const People = new GraphQLObjectType({
  name: 'PeopleConnection',
  fields: { edges: { type: new GraphQLList(Edge) }, totalCount: { type: GraphQLInt } },
});
const id = { id: { type: new GraphQLNonNull(GraphQLID) } };

const schemaWith = (fields: GraphQLFieldConfigMap<unknown, unknown>) =>
  new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }), types: [Person, Stone] });
const waysTo = (schema: GraphQLSchema, target: string) =>
  findPaths(schema, ['Person'])
    .filter((path) => path.target === target)
    .map(({ steps }) => steps.map(coordinateOf).join(' '));

const schema = schemaWith({
  node: { type: Node, args: id },
  thing: { type: Thing },
  people: { type: People, args: { first: { type: GraphQLInt } } },
  stone: { type: Stone },
});

describe('the paths of the leak suite', () => {
  it('lead to a gated field through node, unions and connections', () => {
    expect(waysTo(schema, 'Person.shoeSize')).toEqual([
      'Query.node Person.shoeSize',
      'Query.thing Person.shoeSize',
      'Query.people PeopleConnection.edges PeopleConnectionEdge.node Person.shoeSize',
    ]);
  });

  it('lead to what is public as well, which must not tell of anybody either', () => {
    expect(waysTo(schema, 'Query.stone')).toEqual(['Query.stone']);
  });

  it('are written in every shape, valid by the schema, the largest page among them', () => {
    const paths = findPaths(schema, ['Person']);
    const texts = SHAPES.map((shape) =>
      writeDocuments(schema, paths, shape, ['Person'])
        .map(({ text }) => text)
        .join('\n'),
    );
    for (const text of texts) expect(text).toContain('shoeSize');
    expect(texts[SHAPES.indexOf('largest page')]).toContain('people(first: 100)');
    expect(texts[SHAPES.indexOf('aliased twice')]).toContain('b__Person_shoeSize: shoeSize');
    expect(texts[SHAPES.indexOf('interface and union fragments')]).toMatch(/\.\.\. on (Node|Thing) { \.\.\. on/);
  });

  it('are refused by name where an argument cannot be filled', () => {
    const Odd = new GraphQLScalarType({ name: 'Odd' });
    const odd = (type: GraphQLScalarType) =>
      schemaWith({ person: { type: Person, args: { by: { type: new GraphQLNonNull(type) } } } });
    for (const type of [Odd, GraphQLString, GraphQLID]) {
      expect(() => findPaths(odd(type), ['Person'])).toThrow(/Query\.person\(by:\)/);
    }
    expect(() => findPaths(odd(GraphQLBoolean), ['Person'])).not.toThrow();
  });
});
