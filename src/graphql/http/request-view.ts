/** What plugins may ask of a request, without building one as browsers have it. */
import type { IncomingMessage } from 'node:http';

export class RequestView {
  readonly #request: IncomingMessage;
  readonly headers: { get(name: string): string | null };

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.headers = {
      get: (name) => {
        const value = request.headers[name.toLowerCase()];
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
      },
    };
  }

  get method(): string {
    return this.#request.method!;
  }

  get url(): string {
    return `http://${this.#request.headers.host ?? 'localhost'}${this.#request.url}`;
  }
}
