/** The nodes under test, each in a process of its own, killed and started again; and what their metrics say. */
import { OwnServer } from '../gameday/server.ts';
import type { Sample } from './heap.ts';

const HEAP = 'nodejs_heap_size_used_bytes';
/** Everything of a client that a node may hold. */
const CENSUS = ['open_sockets', 'open_event_streams', 'open_streams', 'topics', 'topic_listeners'].map(
  (name) => `tightrope_${name}`,
);

export class Nodes {
  readonly #settings: Readonly<Record<string, string>>;
  readonly #nodes: OwnServer[];
  /** Of each node that lives, since it was started. */
  readonly #heaps = new Map<OwnServer, Sample[]>();

  private constructor(settings: Readonly<Record<string, string>>, nodes: OwnServer[]) {
    this.#settings = settings;
    this.#nodes = nodes;
  }

  static async start(count: number, settings: Readonly<Record<string, string>>): Promise<Nodes> {
    const nodes = [await OwnServer.start(settings)];
    while (nodes.length < count) nodes.push(await OwnServer.start(settings));
    return new Nodes(settings, nodes);
  }

  get count(): number {
    return this.#nodes.length;
  }

  get urls(): readonly string[] {
    return this.#nodes.map(({ url }) => url);
  }

  /** Without a word, or told to leave; another is started in its place. */
  async replace(place: number, how: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const node = this.#nodes[place]!;
    await (how === 'SIGKILL' ? node.die() : node.stop());
    this.#heaps.delete(node);
    this.#nodes[place] = await OwnServer.start(this.#settings);
  }

  async sampleHeaps(): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node) => {
        const bytes = (await readMetrics(node.url).catch(() => null))?.get(HEAP);
        if (bytes === undefined) return;
        const samples = this.#heaps.get(node) ?? [];
        samples.push({ at: performance.now(), bytes });
        this.#heaps.set(node, samples);
      }),
    );
  }

  /** Of the nodes that live now. */
  get heaps(): readonly (readonly Sample[])[] {
    return this.#nodes.map((node) => this.#heaps.get(node) ?? []);
  }

  /** How much of its clients the nodes still hold. */
  async countLeft(): Promise<number> {
    const counts = await Promise.all(
      this.urls.map(async (url) => {
        const metrics = await readMetrics(url);
        return CENSUS.reduce((sum, name) => sum + metrics.get(name)!, 0);
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
  }
}

/** Those without labels. */
async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return new Map([...text.matchAll(/^(\w+) ([\d.e+-]+)$/gm)].map(([, name, value]) => [name!, Number(value)]));
}
