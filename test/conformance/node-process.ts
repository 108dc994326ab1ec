/** One node of a server under test: a child process that can be suspended, killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface NodeCommand {
  /** The module that `node` runs. */
  readonly module: string;
  readonly env: Readonly<Record<string, string>>;
  /** What it prints when it is ready; the first group is its GraphQL URL. */
  readonly ready: RegExp;
}

const READY_MS = 60_000;
/** None outlives the suite, not even one that is suspended. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class NodeProcess {
  readonly #command: NodeCommand;
  #child: ChildProcess | null = null;
  #url = '';

  constructor(command: NodeCommand) {
    this.#command = command;
  }

  get url(): string {
    return this.#url;
  }

  /** @throws Error with what it said, if it ends before it is ready. */
  async start(): Promise<void> {
    const { module, env, ready } = this.#command;
    const child = spawn(process.execPath, [module], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.#url = await new Promise((resolve, reject) => {
      let said = '';
      const listen = (chunk: Buffer) => {
        said = (said + chunk).slice(-20_000);
        const url = ready.exec(said)?.[1];
        if (url) resolve(url);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('exit', () => reject(new Error(`A node ended: ${said}`)));
      setTimeout(() => reject(new Error(`A node was not ready in time: ${said}`)), READY_MS).unref();
    });
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** At once, whatever state it is in. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}
