/** The wire between a node and its database, on which the answer to a commit is lost: the commit itself gets through. */
import { connect, createServer } from 'node:net';

export interface LosingWire {
  readonly url: string;
  /** The answer to the next commit of an event does not come back: its connection breaks once the server has answered. */
  loseNextCommit(): void;
  /** From now on so many of the answers to such statements do not come back, nor their connections. */
  loseAnswers(statement: RegExp, share: number): void;
  /** How many answers have been lost. */
  readonly lost: number;
  close(): Promise<void>;
}

const EMIT = /insert into outbox/;
const COMMIT = /commit\0/i;

export async function layLosingWire(databaseUrl: string): Promise<LosingWire> {
  const target = new URL(databaseUrl);
  const open = new Set<() => void>();
  let armed = false;
  let [statement, share, lost]: [RegExp | null, number, number] = [null, 0, 0];
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    let emits = false;
    let losing = false;
    const end = () => {
      near.destroy();
      far.destroy();
      open.delete(end);
    };
    open.add(end);
    near.on('data', (chunk) => {
      const said = chunk.toString('latin1');
      emits ||= EMIT.test(said);
      if (emits && COMMIT.test(said)) {
        losing = armed;
        armed = false;
        emits = false;
      }
      if (statement?.test(said)) losing = Math.random() < share;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (losing) {
        lost += 1;
        end();
      } else near.write(chunk);
    });
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url: url.href,
    loseNextCommit: () => {
      armed = true;
    },
    loseAnswers: (which, howOften) => {
      [statement, share] = [which, howOften];
    },
    get lost() {
      return lost;
    },
    close: async () => {
      for (const end of open) end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
