/** Leaving out `consent` on a field about a fan fails twice: in the compiler, and in the schema build, by name. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import { createBuilder, type Person } from './walls/builder.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

describe('the first wall, the compiler', () => {
  it('refuses every kind of field that leaves out its consent or misspells it, and none that declares it', () => {
    const tsc = spawnSync(path('../../node_modules/.bin/tsc'), ['--noEmit', '-p', path('./walls/tsconfig.json')], {
      encoding: 'utf8',
    });
    const lines = readFileSync(path('./walls/left-out.ts'), 'utf8').split('\n');
    const complaints = [...tsc.stdout.matchAll(/left-out\.ts[(:](\d+)/g)].map((match) => lines[Number(match[1]) - 1]!);
    const fields = complaints.map((line) => line.trim().split(':')[0]);
    expect([...new Set(fields)]).toEqual(['exposed', 'resolved', 'shorthand', 'listed', 'connected', 'misspelt']);
    expect(tsc.status).not.toBe(0);
  }, 120_000);
});

describe('the second wall, the schema build', () => {
  // biome-ignore lint/suspicious/noExplicitAny: this is how something slips past the first wall
  const build = (fields: (t: any) => any, interfaces: any[] = []) => {
    const { builder, person } = createBuilder();
    builder.subjectType(person, { subject: ({ fanId }: Person) => ({ fanId }), interfaces, fields });
    return builder.toSchema();
  };

  it('names the field that says nothing', () => {
    expect(() => build((t) => ({ nickname: t.exposeString('name', {}) }))).toThrow(/Person\.nickname/);
  });

  it('names the field that a subject type inherits from an interface without saying', () => {
    const { builder, person } = createBuilder();
    const named = builder
      .interfaceRef<Person>('Named')
      .implement({ fields: (t) => ({ alias: t.exposeString('name') }) });
    builder.subjectType(person, {
      subject: ({ fanId }) => ({ fanId }),
      interfaces: [named],
      fields: (t) => ({ name: t.exposeString('name', { consent: null }) }),
    });
    expect(() => builder.toSchema()).toThrow(/Person\.alias/);
  });

  it('names a field added to a subject type from elsewhere', () => {
    const { builder, person } = createBuilder();
    builder.subjectType(person, {
      subject: ({ fanId }) => ({ fanId }),
      fields: (t) => ({ name: t.exposeString('name', { consent: null }) }),
    });
    builder.objectField(person, 'extra', (t) => t.exposeString('name'));
    expect(() => builder.toSchema()).toThrow(/Person\.extra/);
  });

  it('names a gated field that is not nullable, and a scope that is not in the catalogue', () => {
    expect(() => build((t) => ({ name: t.exposeString('name', { consent: 'PROFILE' }) }))).toThrow(
      /Person\.name.*nullable/,
    );
    const unknown = { nullable: true, consent: 'PROFIL' };
    expect(() => build((t) => ({ name: t.exposeString('name', unknown) }))).toThrow(/Person\.name.*PROFIL/);
  });

  it('names a gate on a type that is about nobody', () => {
    const { builder } = createBuilder();
    const consent = { nullable: true, consent: 'PROFILE' } as never;
    builder.objectRef<Person>('Thing').implement({ fields: (t) => ({ name: t.exposeString('name', consent) }) });
    expect(() => builder.toSchema()).toThrow(/Thing\.name/);
  });

  it('derives what each scope gates from the schema', () => {
    const schema = build((t) => ({
      name: t.exposeString('name', { nullable: true, consent: 'PROFILE' }),
      open: t.exposeString('name', { consent: null }),
    }));
    expect([...gatedFields(schema)]).toEqual([['PROFILE', ['Person.name']]]);
  });
});
