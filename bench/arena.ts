/** All contestants at once, with as many subscribers each: ours first, whose frames the others send copies of. */
import type { Options } from './benchmark.ts';
import { Contestant, PEERS, type PeerName } from './contestant.ts';
import { type Ground, layOutGround } from './ground/ground.ts';
import { renumbered, type Templates } from './live-offers.ts';
import { Ours } from './ours.ts';

export interface Arena {
  readonly ours: Ours;
  readonly peers: readonly Contestant[];
  readonly ground: Ground;
  close(): Promise<void>;
}

export interface ArenaOptions {
  /** How many of them subscribe at the beginning: all, if nothing else is said. */
  readonly joining?: number;
  /** Whether our own subscribers keep cursors, to resume from. */
  readonly keepsCursors?: boolean;
}

/** Room for so many subscribers of each contestant. */
export async function openArena(
  sockets: number,
  names: readonly PeerName[],
  { joining = sockets, keepsCursors = false }: ArenaOptions = {},
): Promise<Arena> {
  const ground = await layOutGround(sockets);
  const contestants: Contestant[] = [];
  const close = async () => {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
    await ground.remove();
  };
  try {
    const ours = await Ours.start(ground, keepsCursors);
    contestants.push(ours);
    await ours.join(joining);
    await ours.settle();
    const templates = await ours.templates();
    ours.announces = false;
    const peers: Contestant[] = [];
    for (const name of names) {
      const peer = await Contestant.ofPeer(name, templates);
      contestants.push(peer);
      peers.push(peer);
      await peer.join(joining);
      await peer.settle();
      await compare(peer, templates);
    }
    return { ours, peers, ground, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What ours sent, byte for byte; the envelope around it is the protocol's own, and may put its keys in another order. */
async function compare(peer: Contestant, templates: Templates): Promise<void> {
  const samples = await peer.samples();
  for (const [consentClass, template] of templates.entries()) {
    const data = dataOf(renumbered(template, peer.next - 1));
    const sample = samples[consentClass] ?? '';
    if (!sample.includes(data)) throw new Error(`${peer.name} sent class ${consentClass} ${sample} and not ${data}`);
  }
}

const dataOf = (frame: string): string => JSON.stringify(JSON.parse(frame).payload.data);

export function chosenPeers(options: Options, all: readonly PeerName[] = PEERS): readonly PeerName[] {
  return options.peers ? all.filter((name) => options.peers!.includes(name)) : all;
}
