/** Who pays for an operation and holds a connection: a signed-in subject in its role, or the network of whoever is not. */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Claims } from '../identity/tokens.ts';
import type { Role } from '../identity/viewer.ts';

export interface Caller {
  readonly role: Role;
  readonly key: string;
}

/** `proxies`: how many of one's own stand before this server, each of which appends to `X-Forwarded-For`. */
export function callerOf(claims: Claims | null | undefined, request: IncomingMessage, proxies: number): Caller {
  if (claims) return { role: claims.role, key: `${claims.role} ${claims.sub}` };
  return { role: 'ANONYMOUS', key: `ANONYMOUS ${networkOf(addressOf(request, proxies))}` };
}

/** Further left in the header stands what anybody can write. */
function addressOf({ headers, socket }: IncomingMessage, proxies: number): string {
  const said = String(headers['x-forwarded-for'] ?? '').split(',');
  const way = [...said.map((address) => address.trim()).filter(Boolean), socket.remoteAddress ?? ''];
  return way[Math.max(0, way.length - 1 - proxies)]!;
}

/** Of IPv6 a whole /64: whoever has one address there has them all. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [left = [], right = []] = plain.split('::').map((half) => half.split(':').filter(Boolean));
  const between = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return `${[...left, ...between, ...right].slice(0, 4).join(':')}::/64`;
}
