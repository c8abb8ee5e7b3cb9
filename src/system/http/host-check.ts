/** What a host may look like in a proxied request, and which addresses no proxy connects to, whoever allows them. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Two lists: a BlockList takes IPv4 addresses for IPv6-mapped ones and the other way round. */
const NEVER_IPV4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8], // this host, whatever it listens on
  ['169.254.0.0', 16], // link-local, and there the metadata services of clouds
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
] as const) {
  NEVER_IPV4.addSubnet(network, prefix, 'ipv4');
}
const NEVER_IPV6 = new BlockList();
for (const [network, prefix] of [
  ['::', 96], // unspecified, and IPv4 in other clothes: compatible (::1 excepted),
  ['::ffff:0:0', 96], // mapped,
  ['64:ff9b::', 96], // translated,
  ['64:ff9b:1::', 48],
  ['2002::', 16], // 6to4,
  ['2001::', 32], // Teredo
  ['fe80::', 10], // link-local
  ['fec0::', 10], // site-local, no longer given
  ['ff00::', 8], // multicast
  ['fd00:ec2::254', 128], // a metadata service
] as const) {
  NEVER_IPV6.addSubnet(network, prefix, 'ipv6');
}

/** Whether `address` (an IP as a resolver writes it) is denied whatever is allowed. */
export function isNeverAllowed(address: string): boolean {
  if (isIPv4(address)) return NEVER_IPV4.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return true;
  return NEVER_IPV6.check(address, 'ipv6') && canonicalIPv6(address) !== '::1';
}

const NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** The last label makes resolvers take the whole for an IPv4 address: decimal, octal, hexadecimal, short. */
const LOOKS_NUMERIC = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/;

/** Why `host` (in lower case, without brackets) is neither a plain name nor an address in its one spelling, or `undefined`. */
export function findHostProblem(host: string): string | undefined {
  if (host.includes(':')) {
    if (isIPv6(host) && !host.includes('%') && canonicalIPv6(host) === host) return undefined;
    return `'${host}' is no IPv6 address in its canonical form`;
  }
  if (isIPv4(host)) return undefined;
  if (LOOKS_NUMERIC.test(host)) return `'${host}' is no IPv4 address in its canonical form`;
  if (NAME.test(host)) return undefined;
  if (NAME.test(host.replace(/\.$/, ''))) {
    return `'${host}' is no host name in its canonical form: that has no dot at its end`;
  }
  return `'${host}' is no host name`;
}

/** RFC 5952, as URLs have it. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

export interface Authority {
  /** Without brackets, in lower case. */
  readonly host: string;
  readonly port: number;
}

/** What may stand between brackets, and outside of them: whether it is an address or a name is looked at later. */
const AUTHORITY = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+)):([0-9]{1,5})$/i;

/**
 * `host:port` as CONNECT names its target (RFC 9112 §3.2.3), or what is wrong with it: no scheme, path, user, zone
 * id; the port is there and is 1 to 65535.
 */
export function parseAuthority(text: string): Authority | string {
  const match = AUTHORITY.exec(text);
  const port = Number(match?.[3]);
  if (match === null || !(port >= 1 && port <= 65_535)) {
    return 'CONNECT expects host:port, such as localhost:443 or [::1]:443';
  }
  return { host: (match[1] ?? match[2] ?? '').toLowerCase(), port };
}

/** The authority as it is written. */
export function formatAuthority({ host, port }: Authority): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
