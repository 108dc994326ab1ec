/** Ids as the API has them, and keys as the database has them: the operator's side can open its own. */
import { createIdsFor, type NodeType } from '../src/graphql/ids.ts';

export class Names {
  readonly #ids: ReturnType<ReturnType<typeof createIdsFor>>;

  constructor(masterKey: string) {
    this.#ids = createIdsFor(masterKey)(null);
  }

  id(type: NodeType, key: string): string {
    return this.#ids.toGlobal(type, key);
  }

  /** @throws Error for what is no id of the operator's. */
  key(id: string): string {
    const parsed = this.#ids.parse(id);
    if (!parsed) throw new Error(`${id} is no id.`);
    return parsed.key;
  }
}
