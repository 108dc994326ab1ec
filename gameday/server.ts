/** A server of the game day's own: the real one, as a child process, so that judge and judged do not share a processor's turn. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface OwnServer {
  readonly url: string;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export function startServer(): Promise<OwnServer> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PORT: '0', LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM');
    await ended;
  };
  process.once('exit', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const url = /GraphiQL\s+(\S+)/.exec(said)?.[1];
      if (url) resolve({ url, stop });
    });
    void ended.then(() => reject(new Error('The server did not start; what it said stands above.')));
  });
}
