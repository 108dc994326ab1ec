/** What must not compile. The test runs the compiler over this file and reads its complaints. */
import { createBuilder } from './builder.ts';

const { builder, person } = createBuilder();

builder.subjectType(person, {
  subject: ({ fanId }) => ({ fanId }),
  fields: (t) => ({
    exposed: t.exposeString('name', { nullable: true }),
    resolved: t.field({ type: 'String', nullable: true, resolve: ({ name }) => name }),
    shorthand: t.string({ nullable: true, resolve: ({ name }) => name }),
    listed: t.stringList({ nullable: true, resolve: ({ name }) => [name] }),
    connected: t.connection({ type: person, nullable: true, resolve: () => null }),
    misspelt: t.string({ nullable: true, consent: 'PROFIL', resolve: ({ name }) => name }),
    declared: t.exposeString('name', { nullable: true, consent: 'PROFILE' }),
    open: t.exposeString('name', { consent: null }),
  }),
});
