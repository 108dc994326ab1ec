/** What the project means to reach, each with where in a benchmark's result it is read. A missed one is said to be missed. */
type Result = Readonly<Record<string, unknown>>;

export interface Target {
  readonly what: string;
  readonly target: string;
  readonly benchmark: string;
  /** Undefined: this run did not measure it. */
  readonly measure: (result: Result) => number | undefined;
  readonly meets: (measured: number) => boolean;
}

/** The number at a path such as `at5000/ratios/raw/perSecond`. */
function read(path: string): Target['measure'] {
  return (result) => {
    const value = path
      .split('/')
      .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Result)[key] : undefined), result);
    return typeof value === 'number' ? value : undefined;
  };
}

const atLeast = (what: string, least: number, benchmark: string, path: string, unit = ''): Target => ({
  what,
  target: `≥ ${least}${unit}`,
  benchmark,
  measure: read(path),
  meets: (measured) => measured >= least,
});
const atMost = (what: string, most: number, benchmark: string, path: string, unit: string): Target => ({
  what,
  target: `≤ ${most.toLocaleString('en')} ${unit}`,
  benchmark,
  measure: read(path),
  meets: (measured) => measured <= most,
});

export const TARGETS: readonly Target[] = [
  atLeast('fan-out to 5,000 sockets against raw `ws.send`', 0.95, 'fanout', 'at5000/ratios/raw/perSecond', ' x'),
  atLeast('against graphql-yoga and graphql-ws', 7, 'fanout', 'at5000/ratios/yoga/perSecond', ' x'),
  atLeast('CPU against graphql-yoga and graphql-ws', 8, 'fanout', 'at5000/ratios/yoga/cpu', ' x less'),
  atLeast('against mercurius', 5.5, 'fanout', 'at5000/ratios/mercurius/perSecond', ' x'),
  atLeast('against rooms of socket.io', 1.6, 'fanout', 'at5000/ratios/socket.io/perSecond', ' x'),
  atLeast('4 events a tick against raw `ws.send`', 3, 'burst', 'ratios/raw/perSecond', ' x'),
  atMost('memory of an idle subscription', 32, 'memory', 'figures/ours/rssKiB', 'KiB'),
  atMost('a decision: the bit test', 50, 'decision', 'testNs', 'ns'),
  atMost('a decision, with look-up, the lease read once for 64', 50, 'decision', 'cachedNs', 'ns'),
  atMost('a decision alone, with a lease of its own', 50, 'decision', 'aloneNs', 'ns'),
  atMost('withdrawal to silence, one node, p99', 50, 'withdrawal', 'oneNode/silentP99Ms', 'ms'),
  atMost('withdrawal to silence, three nodes, p99', 250, 'withdrawal', 'threeNodes/silentP99Ms', 'ms'),
  atMost('announcing to 40,000 present fans', 1_000, 'announce', 'milliseconds/median', 'ms'),
  atLeast(
    'nested query over HTTP against mercurius with jit',
    1,
    'http',
    'memory/ratios/ours/mercurius/perSecond',
    ' x',
  ),
  atLeast('its CPU against the same', 1, 'http', 'memory/ratios/ours/mercurius/cpu', ' x less'),
  atMost('ready from an empty data directory', 5_000, 'start', 'milliseconds/median', 'ms'),
];
