/** Nodes of the game day's own: real servers, as child processes, over one database. They can be frozen and killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** None outlives the day. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

export class OwnServer {
  readonly url: string;
  readonly databaseUrl: string;
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #ended: Promise<void>;

  private constructor(
    said: { url: string; databaseUrl: string },
    kill: (signal: NodeJS.Signals) => void,
    ended: Promise<void>,
  ) {
    this.url = said.url;
    this.databaseUrl = said.databaseUrl;
    this.#kill = kill;
    this.#ended = ended;
  }

  /** @throws Error when it does not start; it says why on standard error. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<OwnServer> {
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, PORT: '0', LOG_LEVEL: process.env.LOG_LEVEL ?? 'error', ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const kill = (signal: NodeJS.Signals) => void child.kill(signal);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    running.add(child);
    void ended.then(() => running.delete(child));
    const started = Promise.withResolvers<{ url: string; databaseUrl: string }>();
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const url = /GraphiQL\s+(\S+)/.exec(said)?.[1];
      const databaseUrl = /Database\s+(\S+)\n/.exec(said)?.[1];
      if (url && databaseUrl) started.resolve({ url, databaseUrl });
    });
    void ended.then(() => started.reject(new Error('A server did not start; what it said stands above.')));
    return new OwnServer(await started.promise, kill, ended);
  }

  /** Stands still, as a suspended machine does, and goes on. */
  async freeze(ms: number): Promise<void> {
    this.#kill('SIGSTOP');
    await sleep(ms);
    this.#kill('SIGCONT');
  }

  /** Without a word. */
  async die(): Promise<void> {
    this.#kill('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#kill('SIGTERM');
    await this.#ended;
  }
}

/** Several nodes; the first brings up the database. */
export class Cluster {
  readonly nodes: OwnServer[];

  private constructor(nodes: OwnServer[]) {
    this.nodes = nodes;
  }

  static async start(count: number): Promise<Cluster> {
    const nodes = [await OwnServer.start()];
    while (nodes.length < count) nodes.push(await OwnServer.start());
    return new Cluster(nodes);
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** Kills a node, and starts another in its place. */
  async replace(place: number): Promise<void> {
    await this.nodes[place]!.die();
    this.nodes[place] = await OwnServer.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
