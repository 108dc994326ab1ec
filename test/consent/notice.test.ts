/** The notice says what the code collects: generated, compared, and hashed together with the words around it. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE, CONSENT_SCOPES } from '../../src/consent/index.ts';
import { composeNotice, differences, listWhatIsCollected, undescribedFields } from '../../src/consent/notice.ts';
import { gatedFields } from '../../src/graphql/consent-plugin/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { FIRST_POLICY_FILE } from '../../src/seed/policy.ts';
import { createBuilder, type Person } from '../graphql/walls/builder.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const NOTICE = fileURLToPath(new URL('../../src/cli/notice.ts', import.meta.url));
const committed = readFileSync(FIRST_POLICY_FILE, 'utf8');

describe('the list of what is collected', () => {
  const schema = buildSchema();

  it('is the one that is committed, and every field in it has words', () => {
    expect(differences(committed, schema)).toEqual([]);
    expect(composeNotice(committed, schema)).toBe(committed);
    expect(undescribedFields(schema)).toEqual([]);
  });

  it('names every scope with its purpose and retention, and every gated field', () => {
    const list = listWhatIsCollected(schema);
    for (const scope of CONSENT_SCOPES) {
      const { title, description, purpose, retention } = CATALOGUE[scope];
      const [part] = list.split(`### ${title} \`${scope}\``).slice(1);
      for (const words of [description, `\`${purpose}\``, retention]) expect(part!.split('\n###')[0]).toContain(words);
    }
    for (const field of [...gatedFields(schema).values()].flat()) expect(list).toContain(`\`${field}\``);
  });

  /** The real plugin over a schema of one type, to which a field is added. */
  const withShoeSize = (more: object | null) => {
    const { builder, person } = createBuilder();
    builder.subjectType(person, {
      subject: ({ fanId }: Person) => ({ fanId }),
      fields: (t) => ({
        name: t.exposeString('name', { nullable: true, consent: 'PROFILE', description: 'Your name. As given.' }),
        ...(more ? { shoeSize: t.exposeString('name', { nullable: true, consent: 'PROFILE', ...more }) } : {}),
      }),
    });
    return builder.toSchema();
  };

  it('changes with a new gated field, which the difference names in words that fans read', () => {
    const published = composeNotice('You decide.', withShoeSize(null));
    expect(published).toContain('- What: Your name. `Person.name`');
    const added = withShoeSize({ description: 'The size of your shoes. In whole European sizes.' });
    expect(differences(published, added)).toEqual(['+ - What: The size of your shoes. `Person.shoeSize`']);
    expect(composeNotice(published, added).startsWith('You decide.\n\n## What is collected')).toBe(true);
    expect(differences(composeNotice(published, added), added)).toEqual([]);
  });

  it('asks by name for the words of a gated field that has none', () => {
    expect(undescribedFields(withShoeSize({}))).toEqual(['Person.shoeSize']);
  });

  it('fails the check, naming what differs, when the committed notice says something else', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'notice-')), 'notice.md');
    const check = () => spawnSync(process.execPath, [NOTICE, '--check', '--file', file], { encoding: 'utf8' });
    writeFileSync(file, committed);
    expect(check()).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(file, committed.replace(/^- What: .*`Fan\.email`\n/m, '').replace('Ninety days', 'A year'));
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('+ - What: Your e-mail address. `Fan.email`');
    expect(stderr).toContain('- - How long: A year.');
  });
});

describe('a published notice', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it('holds the list, and its hash covers it', async () => {
    const { data } = await server.ask(null, '{ currentPolicy { text sha256 scopes { code gatedFields } } }');
    const { text, sha256, scopes } = data.currentPolicy;
    expect(text).toContain(listWhatIsCollected(server.schema));
    expect(sha256).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
    expect(scopes.map(({ code }: { code: string }) => code)).toEqual(CONSENT_SCOPES);
  });
});
