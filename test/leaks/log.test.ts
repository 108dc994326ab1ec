/** What the log says of an error: its kind, its code and where it arose; never a value that the error was about. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('the log of an error', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const logged = (err: unknown) => {
    const lines: string[] = [];
    createLog('trace', { write: (line) => void lines.push(line) }).error({ err }, 'an operation failed');
    return lines.join('');
  };

  it.each([
    ['a value that is there already', `insert into fan (subject) values ('canary-value'), ('canary-value')`, '23505'],
    ['a value of the wrong kind', `select 1 from fan where id = 'canary-value'::text::bigint`, '22P02'],
    ['a row that breaks a rule', `insert into consent_clock (id, seq) values (7712, length('canary-value'))`, '23514'],
    ['a statement that is none', `selec 'canary-value'`, '42601'],
  ])('names nothing of the database: %s', async (_, statement, code) => {
    const error = await server.services.orm.em
      .fork()
      .execute(statement)
      .catch((cause: unknown) => cause);
    for (const err of [error, new Error(`it failed: ${(error as Error).message}`, { cause: error })]) {
      const line = logged(err);
      expect(line).toContain(code);
      expect(line).toContain(' at ');
      expect(line).not.toContain('canary-value');
      expect(line).not.toContain('7712');
    }
  });

  it('says what an error of ours says', () => {
    expect(logged(new Error('the lease is gone\nand more'))).toContain('"message":"the lease is gone"');
  });
});
