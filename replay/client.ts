/** Speaks to the server over HTTP as any client would, on connections that are kept. */
import { Agent, request } from 'node:http';
import { isUnsettled, type Json } from '../gameday/client.ts';
import { DOCUMENTS, type MutationName } from './documents.ts';

const PATIENCE = 50;
const RETRY_MS = 200;

export class ReplayClient {
  readonly url: string;
  readonly #agent: Agent;

  constructor(url: string) {
    this.url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64 });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Until it answers: every operation here is idempotent, or carries its key. @throws Error for anything but data. */
  async ask(token: string, query: string, variables: object, headers: Record<string, string> = {}): Promise<Json> {
    const body = JSON.stringify({ query, variables });
    for (let attempt = 1; ; attempt += 1) {
      const answer: Json = await this.#post(token, body, headers);
      if (answer.data && !isUnsettled(answer)) return answer.data;
      if (!isUnsettled(answer) || attempt === PATIENCE)
        throw new Error(`The server answered ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** The member of the result union, whichever it is. */
  async mutate(token: string, name: MutationName, input: object, headers?: Record<string, string>): Promise<Json> {
    return (await this.ask(token, DOCUMENTS[name], { input }, headers))[name];
  }

  /** @throws Error where the outcome is not success. */
  async must(token: string, name: MutationName, input: object): Promise<Json> {
    const result = await this.mutate(token, name, input);
    if (result.code) throw new Error(`${name}: ${result.code} ${result.message}`);
    return result;
  }

  #post(token: string, body: string, more: Record<string, string>): Promise<Json> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        authorization: `Bearer ${token}`,
        ...more,
      };
      const asked = request(this.url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString()));
          } catch (error) {
            reject(error);
          }
        });
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }
}
