/**
 * In which of the two media types of GraphQL over HTTP an answer is given, by yoga's reading of `Accept`: the first that
 * is named, in UTF-8, whatever its quality. Null for anything else: streams, and what cannot be answered at all.
 */
export const MEDIA_TYPES = ['application/graphql-response+json', 'application/json'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** Clients send few different ones, and always the same. */
const known = new Map<string, MediaType | null>();
const MOST_KNOWN = 100;

export function mediaTypeFor(accept: string | undefined): MediaType | null {
  if (accept === undefined) return 'application/json';
  let type = known.get(accept);
  if (type === undefined) {
    type = choose(accept);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(accept, type);
  }
  return type;
}

function choose(accept: string): MediaType | null {
  const named = accept.replace(/\s/g, '').toLowerCase().split(',');
  if (named.some((range) => range.startsWith('text/event-stream'))) return null;
  for (const range of named) {
    const [type, ...parameters] = range.split(';');
    const charset = parameters.find((parameter) => parameter.includes('charset='));
    if (charset !== undefined && charset !== 'charset=utf-8') continue;
    const fitting = MEDIA_TYPES.findLast((each) => matches(type!, each));
    if (fitting) return fitting;
  }
  return null;
}

function matches(range: string, type: MediaType): boolean {
  const [kind, subtype] = range.split('/');
  const [ofKind, ofSubtype] = type.split('/');
  return (kind === '*' || kind === ofKind) && (subtype === '*' || subtype === ofSubtype);
}
