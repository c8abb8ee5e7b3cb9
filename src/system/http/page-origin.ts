/**
 * Which pages a browser may show the feeds to: those of this machine. Any site could otherwise read and fill the feeds
 * of whoever looks at it, for browsers connect to loopback from everywhere.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { LOOPBACK } from './host-check.ts';

/** `origin` is the field of that name; programs that are no browsers send none. */
export function isOwnPage(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  const url = URL.parse(origin);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false; // also `null`: anybody's
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIPv4(host)) return LOOPBACK.check(host, 'ipv4');
  if (isIPv6(host)) return LOOPBACK.check(host, 'ipv6');
  return host === 'localhost' || host.endsWith('.localhost');
}

/** What a page of another port needs to be told (Fetch standard, CORS protocol). */
export function pageFields(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type, last-event-id, cache-control',
    'access-control-max-age': '600',
    vary: 'origin',
  };
}
